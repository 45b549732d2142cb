import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import type { Message } from "effect-ws/protocol"
import * as Frames from "../conformance/Frames.ts"
import { json, makePool } from "../transport/DeflateSamples.ts"
import * as RawPeer from "./RawPeer.ts"

const roles = ["client", "server"] as const

/** All for the thread pool, one of them for longer. */
const large = [json(50_000), json(500_000, 2), json(40_000, 3)]

const options = { compression: { pool: makePool() }, inboxSize: 1000 }

const areSame = (messages: ReadonlyArray<Message.Message>, wanted: ReadonlyArray<Buffer>): void => {
  const same = messages.map((message, i) => wanted[i]?.equals(Buffer.from(message as Uint8Array)))
  assert.deepStrictEqual(same, wanted.map(() => true))
}

/** The messages before the Close that comes, which is answered. */
const messagesToClose = (peer: RawPeer.RawPeer) =>
  Effect.map(peer.until((frames) => frames.some(({ opcode }) => opcode === 8)), (frames) => {
    peer.end(Frames.closing(Frames.codeAndReason(1000)))
    assert.isTrue(frames.slice(0, -1).every(({ fin, opcode, rsv }) => fin && opcode === 2 && rsv === 4))
    return frames.slice(0, -1).map(({ payload }) => peer.reader.read(payload))
  })

describe.each(roles)("what a %s sends before it closes", (role) => {
  it.live("is out before the Close, though it is still being compressed", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* RawPeer.facing(role, options)
      yield* Effect.forkChild(connection.send(large[0]), { startImmediately: true })
      yield* Effect.forkChild(connection.close(), { startImmediately: true })
      areSame(yield* messagesToClose(peer), large.slice(0, 1))
    }))

  it.live("is out before the Close, though it waits behind what is still being compressed", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* RawPeer.facing(role, options)
      for (const message of large) yield* Effect.forkChild(connection.send(message), { startImmediately: true })
      yield* Effect.forkChild(connection.close(), { startImmediately: true })
      areSame(yield* messagesToClose(peer), large)
    }))

  it.live("is out before the Close of a scope that ends", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { connection, peer } = yield* Scope.provide(RawPeer.facing(role, options), scope)
      yield* connection.sendAll(large)
      yield* connection.send(Connection.prepare(large[0]))
      yield* Effect.forkChild(Scope.close(scope, Exit.void))
      areSame(yield* messagesToClose(peer), [...large, large[0]])
    }))
})

const endings = [
  { does: "closes", frames: [Frames.closing(Frames.codeAndReason(1000))], code: 1000 },
  { does: "ends TCP", frames: [], code: 1006 }
]

describe.each(roles)("a %s", (role) => {
  for (const { code, does, frames } of endings) {
    it.live(`delivers what is still being decompressed when the peer ${does}`, () =>
      Effect.gen(function*() {
        const { connection, peer } = yield* RawPeer.facing(role, options, RawPeer.plain, true)
        for (const message of large) {
          peer.send(Frames.binary(yield* Effect.promise(() => peer.writer.write(message)), { rsv: 4 }))
        }
        peer.end(...frames)
        const messages: Array<Message.Message> = []
        const slowly = (message: Message.Message) =>
          Effect.andThen(Effect.yieldNow, Effect.sync(() => messages.push(message)))
        const exit = yield* Effect.exit(Stream.runForEach(connection.messages, slowly))
        areSame(messages, large)
        assert.strictEqual(Exit.isSuccess(exit), code === 1000)
        assert.strictEqual((yield* connection.closed).code, code)
      }))
  }

  it.live("delivers what is still being decompressed when it has said that it closes", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* RawPeer.facing(role, options, RawPeer.plain, true)
      for (const message of large) {
        peer.send(Frames.binary(yield* Effect.promise(() => peer.writer.write(message)), { rsv: 4 }))
      }
      const reading = yield* Effect.forkChild(Stream.runCollect(connection.messages), { startImmediately: true })
      yield* Effect.forkChild(connection.close(), { startImmediately: true })
      peer.end(...yield* peer.until((frames) => frames.length > 0))
      areSame(yield* Fiber.join(reading), large)
      assert.isTrue((yield* connection.closed).clean)
    }))
})
