/** Array by array, as messages come. */
import type * as Connection from "effect-ws/Connection"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Meter, serve, type Task } from "./meter.ts"

/** What comes is sent again, until the time is over and the last message has come. */
const keepSending = Effect.fnUntraced(
  function*({ messages, sendAll }: Connection.Connection, { depth, size }: Task, meter: Meter) {
    const done = yield* Deferred.make<void>()
    let onTheWay = depth
    yield* sendAll(Array.from({ length: depth }, () => new Uint8Array(size).fill(1)))
    const answering = Stream.runForEachArray(messages, (batch) => {
      meter.messages += batch.length
      if (!meter.isOver) return sendAll(batch)
      onTheWay -= batch.length
      return onTheWay > 0 ? Effect.void : Deferred.succeed(done, undefined)
    })
    yield* Effect.raceFirst(answering, Deferred.await(done))
  }
)

const exchange = Effect.fnUntraced(function*(task: Task) {
  const connect = WebSocketClient.connect(task.url, { compression: false })
  const connections = yield* Effect.all(Array.from({ length: task.connections }, () => connect), { concurrency: 16 })
  const meter = new Meter(task)
  yield* Effect.forEach(connections, (own) => keepSending(own, task, meter), { concurrency: "unbounded" })
  return meter.stop()
}, Effect.scoped)

serve((task) => Effect.runPromise(exchange(task)))
