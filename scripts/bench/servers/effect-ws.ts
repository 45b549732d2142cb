/** Array by array, as messages come; to all connections through a hub. */
import * as Hub from "effect-ws/Hub"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { push } from "../job.ts"
import { tally } from "../report.ts"
import { serve } from "./effect.ts"

const hub = Effect.runSync(Effect.scoped(Hub.make({ strategy: "suspend" })))

serve({
  echo: ({ messages, sink }) => Stream.run(messages, sink),
  count: ({ messages }) =>
    Stream.runForEachArray(messages, ({ length }) => Effect.sync(() => void (tally.messages += length))),
  broadcast: Effect.fnUntraced(function*(connection) {
    yield* hub.join("all", connection)
    yield* Stream.runForEach(connection.messages, (message) => hub.publish("all", message))
  }),
  push: ({ messages, sendAll }) =>
    Stream.runForEach(messages, (message) => {
      const burst = sendAll(Array.from({ length: push.burst }, () => message))
      return Effect.repeat(Effect.andThen(burst, Effect.yieldNow), { times: push.bursts - 1 })
    })
})
