import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as Members from "../hub/Members.ts"
import * as Loopback from "../Loopback.ts"

const first = (client: Connection.Connection) => Stream.runCollect(Stream.take(client.messages, 1))

describe("a broadcast", () => {
  it.live("reaches every connection that is open, of whatever make, and passes over the others", () =>
    Effect.gen(function*() {
      const [one, other, closed] = yield* Effect.all([Loopback.pair(), Loopback.pair(), Loopback.pair()])
      yield* Effect.forkChild(closed.client.close())
      yield* closed.server.closed
      const { send } = other.server
      const foreign = { send } as Connection.Connection
      yield* Connection.broadcast(new Set([one.server, closed.server, foreign]), "Hello")
      assert.deepStrictEqual(yield* first(one.client), ["Hello"])
      assert.deepStrictEqual(yield* first(other.client), ["Hello"])
    }).pipe(Effect.scoped))

  it.live("waits for its turn, and for a peer that does not read, but not for one that is gone", () =>
    Effect.gen(function*() {
      const [slow, quick] = yield* Effect.all([Loopback.pair(), Loopback.pair()])
      yield* Members.stall(slow)
      const second = yield* Deferred.make<string>()
      const parts = Stream.concat(Stream.make("a"), Stream.fromEffect(Deferred.await(second)))
      const streaming = yield* Effect.forkChild(quick.server.sendStream(parts), { startImmediately: true })
      const sending = Connection.broadcast([slow.server, quick.server], "Hello")
      const broadcasting = yield* Effect.forkChild(sending, { startImmediately: true })
      yield* Deferred.succeed(second, "b")
      const messages = yield* Stream.runCollect(Stream.take(quick.client.messages, 2))
      assert.deepStrictEqual(messages, ["ab", "Hello"])
      yield* Fiber.join(streaming)
      assert.isUndefined(broadcasting.pollUnsafe())
      slow.clientSocket.resetAndDestroy()
      yield* Fiber.join(broadcasting)
    }).pipe(Effect.scoped))
})
