/** Array by array, as messages come; to all connections with a prepared message. */
import * as Connection from "effect-ws/Connection"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { push } from "../job.ts"
import { tally } from "../report.ts"
import { serve } from "./effect.ts"

const present = new Set<Connection.Connection>()

const join = (connection: Connection.Connection) =>
  Effect.acquireRelease(
    Effect.sync(() => present.add(connection)),
    () => Effect.sync(() => present.delete(connection))
  )

const sendToAll = (message: Connection.Prepared) =>
  Effect.forEach(present, ({ send }) => send(message), { concurrency: "unbounded", discard: true })

serve({
  echo: ({ messages, sink }) => Stream.run(messages, sink),
  count: ({ messages }) =>
    Stream.runForEachArray(messages, ({ length }) => Effect.sync(() => void (tally.messages += length))),
  broadcast: Effect.fnUntraced(function*(connection) {
    yield* join(connection)
    yield* Stream.runForEach(connection.messages, (message) => sendToAll(Connection.prepare(message)))
  }),
  push: ({ messages, sendAll }) =>
    Stream.runForEach(messages, (message) => {
      const burst = sendAll(Array.from({ length: push.burst }, () => message))
      return Effect.repeat(Effect.andThen(burst, Effect.yieldNow), { times: push.bursts - 1 })
    })
})
