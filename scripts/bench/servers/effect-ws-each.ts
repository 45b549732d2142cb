/** In the plain style: an effect for each message, and a PubSub for what goes to all connections. */
import * as Connection from "effect-ws/Connection"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { push } from "../job.ts"
import { tally } from "../report.ts"
import { serve } from "./effect.ts"

const talk = Effect.runSync(PubSub.sliding<Connection.Prepared>(256))

serve({
  echo: ({ messages, send }) => Stream.runForEach(messages, (message) => send(message)),
  count: ({ messages }) => Stream.runForEach(messages, () => Effect.sync(() => void tally.messages++)),
  broadcast: ({ messages, send }) =>
    Effect.raceFirst(
      Stream.runForEach(Stream.fromPubSub(talk), (message) => send(message)),
      Stream.runForEach(messages, (message) => PubSub.publish(talk, Connection.prepare(message)))
    ),
  push: ({ messages, send }) =>
    Stream.runForEach(messages, (message) => {
      const burst = Effect.forEach(Array.from({ length: push.burst }), () => send(message), { discard: true })
      return Effect.repeat(Effect.andThen(burst, Effect.yieldNow), { times: push.bursts - 1 })
    })
})
