import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { Outgoing } from "../../src/client/Outgoing.ts"
import * as Connection from "../../src/Connection.ts"
import type { WebSocketError } from "../../src/WebSocketError.ts"

const first = ({ messages }: Connection.Connection) => Stream.runCollect(Stream.take(messages, 1))

const upToLast = ({ messages }: Connection.Connection) =>
  Stream.runCollect(Stream.takeUntil(messages, (message) => message === "last"))

/** A connection of another's making, which does with what is given to it as it is told. */
const taking = (sendAll: Connection.Connection["sendAll"]) => ({ state: "Open", sendAll }) as Connection.Connection

describe("what is sent while there is no connection", () => {
  it.effect("goes to the one that is there by the time that the sender would wait", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      const outgoing = new Outgoing<never>({ capacity: 0, strategy: "suspend" })
      const sending = outgoing.send(["at once"])
      yield* outgoing.flush(client)
      yield* sending
      assert.deepStrictEqual(yield* first(server), ["at once"])
    }).pipe(Effect.scoped))

  it.effect("is kept for the next one if the peer of this one has said goodbye", () =>
    Effect.gen(function*() {
      const [leaving, leavingPeer] = yield* Connection.pair()
      const [next, nextPeer] = yield* Connection.pair()
      const outgoing = new Outgoing<never>({ capacity: 1, strategy: "fail" })
      yield* outgoing.send(["kept"])
      const closing = yield* Effect.forkChild(leavingPeer.close(1001), { startImmediately: true })
      yield* leaving.closed
      yield* outgoing.flush(leaving)
      outgoing.hold()
      yield* outgoing.flush(next)
      yield* outgoing.send(["last"])
      assert.deepStrictEqual(yield* upToLast(nextPeer), ["kept", "last"])
      yield* Stream.runDrain(leaving.messages).pipe(Effect.ignore)
      yield* Fiber.join(closing)
    }).pipe(Effect.scoped))

  it.effect("waits no more when its sender is interrupted, and those behind it go on", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      const outgoing = new Outgoing<WebSocketError>({ capacity: 0, strategy: "suspend" })
      const [one, other] = yield* Effect.forEach(["one", "other"], (message) =>
        Effect.forkChild(outgoing.send([message]), { startImmediately: true }))
      yield* Fiber.interrupt(one)
      yield* outgoing.flush(client)
      yield* Fiber.join(other)
      assert.deepStrictEqual(yield* first(server), ["other"])
    }).pipe(Effect.scoped))

  it.effect("is nothing where the oldest make room, and there is none", () =>
    Effect.gen(function*() {
      const outgoing = new Outgoing<never>({ capacity: 0, strategy: "sliding" })
      const given: Array<unknown> = []
      yield* outgoing.send(["one", "other"])
      yield* outgoing.flush(taking((messages) => Effect.sync(() => given.push(messages))))
      assert.deepStrictEqual(given, [])
    }))

  it.effect("is not kept if it is no message, and takes nothing with it that is one", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      const outgoing = new Outgoing<never>({ capacity: 9, strategy: "fail" })
      yield* outgoing.send(["one"])
      const error = yield* Effect.flip(outgoing.send(["two", {} as never]))
      assert.strictEqual(error.reason._tag, "UsageError")
      yield* outgoing.flush(client)
      assert.deepStrictEqual(yield* first(server), ["one"])
    }).pipe(Effect.scoped))

  it.effect("fails for the reason of the end if that cuts it off", () =>
    Effect.gen(function*() {
      const outgoing = new Outgoing<string>({ capacity: 0, strategy: "suspend" })
      const sending = yield* Effect.forkChild(Effect.flip(outgoing.send(["cut off"])), { startImmediately: true })
      const flushing = yield* Effect.forkChild(outgoing.flush(taking(() => Effect.never)), { startImmediately: true })
      yield* Fiber.interrupt(flushing)
      outgoing.end(Effect.fail("the end"))
      assert.strictEqual(yield* Fiber.join(sending), "the end")
    }))
})
