import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Queue, Schedule, Scope, Stream } from "effect"
import { RpcSerialization, type RpcServer } from "effect/rpc"
import * as EffectRpc from "../src/EffectRpc.ts"
import * as NodeWebSocketServer from "../src/NodeWebSocketServer.ts"
import * as WebSocketClient from "../src/WebSocketClient.ts"
import { leavingNothing } from "./client/Leaks.ts"
import * as RawServer from "./client/RawServer.ts"
import * as Endpoints from "./rpc/Endpoints.ts"
import { Procedures } from "./rpc/Procedures.ts"

const { connect, serve, serveAgain } = Endpoints

const inNdjson = <A, E>(test: Effect.Effect<A, E, Scope.Scope | RpcSerialization.RpcSerialization>) =>
  Effect.provide(leavingNothing(test), RpcSerialization.layerNdjson)

const soon = { retryPolicy: Schedule.spaced(5) }

describe("a stream", () => {
  it.live("is produced no faster than it is read", () =>
    inNdjson(Effect.gen(function*() {
      const { seen, url } = yield* serve()
      const { Count } = yield* connect(url)
      const total = 100_000
      const numbers = yield* Count({ to: total }, { asQueue: true, streamBufferSize: 16 })
      let received = 0
      while (received < 1000) {
        received += (yield* Queue.takeAll(numbers)).length
        assert.isAtMost(seen.counted, received + 16 + 3 * 10)
      }
    })))

  it.live("ends on the server when its reader ends", () =>
    inNdjson(Effect.gen(function*() {
      const { seen, url } = yield* serve()
      const { Watch } = yield* connect(url)
      yield* Stream.runDrain(Stream.take(Watch(), 1))
      assert.deepStrictEqual([yield* Queue.take(seen.calls), yield* Queue.take(seen.calls)], ["Watch", "Watch!"])
    })))
})

describe("compression", () => {
  it.live("is agreed on if both sides want it, and calls know it", () =>
    inNdjson(Effect.gen(function*() {
      const { url } = yield* serve()
      assert.deepStrictEqual(yield* (yield* connect(url)).Extensions(), ["permessage-deflate"])
      assert.deepStrictEqual(yield* (yield* connect(url, { compression: false })).Extensions(), [])
    })))
})

describe("a client whose connection ends", () => {
  it.live("fails the calls under way, interrupts them on the server, and connects again for later ones", () =>
    inNdjson(Effect.gen(function*() {
      const { seen, url } = yield* serve()
      const { Drop, Root, Wait } = yield* connect(url, soon)
      assert.strictEqual(yield* Root({ of: 4 }), 2)
      const waiting = yield* Effect.forkChild(Effect.flip(Wait()))
      assert.strictEqual(yield* Queue.take(seen.calls), "Wait")
      const dropping = yield* Effect.flip(Drop())
      for (const { reason } of [dropping, yield* Fiber.join(waiting)]) {
        assert.deepInclude(reason, { _tag: "SocketCloseError", code: 1006 })
      }
      assert.strictEqual(yield* Queue.take(seen.calls), "Wait!")
      assert.strictEqual(yield* Effect.retry(Root({ of: 9 }), Schedule.spaced(5)), 3)
    })))

  it.live("connects as soon as there is a server", () =>
    inNdjson(Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { url } = yield* Scope.provide(serve(), scope)
      yield* Scope.close(scope, Exit.void)
      const { Root } = yield* connect(url, { ...soon, retryTransientErrors: true })
      const calling = yield* Effect.forkChild(Root({ of: 16 }), { startImmediately: true })
      yield* serveAgain(url)
      assert.strictEqual(yield* Fiber.join(calling), 4)
    })))

  it.live("fails the calls under way if the server falls silent", () =>
    inNdjson(Effect.gen(function*() {
      const server = yield* RawServer.start((request) => request.socket.write(RawServer.acceptance(request)))
      const { Wait } = yield* connect(server.url, { pingInterval: 50, closeTimeout: 50 })
      const { reason } = yield* Effect.flip(Effect.catchTag(Wait(), "RpcClientError", (error) => Effect.fail(error)))
      assert.strictEqual(reason._tag, "SocketReadError")
    })))
})

describe("a server", () => {
  it.live("closes with 1009 on a message that is longer than it takes", () =>
    Effect.gen(function*() {
      const { url } = yield* serve()
      const { closed, send } = yield* WebSocketClient.connect(url)
      yield* send("x".repeat(1001))
      assert.strictEqual((yield* closed).code, 1009)
    }).pipe(Effect.scoped, Effect.provide(RpcSerialization.layerNdjsonWith({ maxBufferSize: 1000 }))))

  it.live("interrupts the calls of a client that is gone, whatever they write to it", () =>
    inNdjson(Effect.gen(function*() {
      const { seen, url } = yield* serve()
      const scope = yield* Scope.make()
      const { Count, Wait, Watch } = yield* Scope.provide(connect(url), scope)
      yield* Effect.forkScoped(Effect.exit(Wait()))
      yield* Effect.forkScoped(Effect.exit(Stream.runDrain(Watch())))
      yield* Effect.forkScoped(Effect.exit(Stream.runDrain(Count({ to: 1e9 }))))
      const began = [yield* Queue.take(seen.calls), yield* Queue.take(seen.calls)]
      yield* Scope.close(scope, Exit.void)
      const ended = [yield* Queue.take(seen.calls), yield* Queue.take(seen.calls)]
      assert.deepStrictEqual([...began, ...ended].toSorted(), ["Wait", "Wait!", "Watch", "Watch!"])
    })))
})

describe("MessagePack", () => {
  it.effect("takes a message alone or several in an array, also as text", () =>
    Effect.gen(function*() {
      const { makeUnsafe } = yield* RpcSerialization.RpcSerialization
      const { decode, encode } = makeUnsafe()
      const ping = { _tag: "Ping" }
      const octets = (value: unknown) => encode(value) as Uint8Array
      assert.deepStrictEqual(decode(octets(ping)), [ping])
      assert.deepStrictEqual(decode(octets([ping, { _tag: "Eof" }])), [ping, { _tag: "Eof" }])
      assert.deepStrictEqual(decode("*"), [42], "the code of the character is a number in MessagePack")
    }).pipe(Effect.provide(EffectRpc.layerMsgPack)))
})

describe("the types", () => {
  it("want to know how messages are written, and who serves", () => {
    const client = EffectRpc.layerClient("ws://localhost/rpc")
    // @ts-expect-error: without a serialization
    const alone: Layer.Layer<RpcServer.Protocol> = client
    const server = Layer.provide(EffectRpc.layerServer("/rpc"), RpcSerialization.layerJson)
    // @ts-expect-error: without a WebSocketServer
    const unserved: Layer.Layer<RpcServer.Protocol, unknown> = server
    const served: Layer.Layer<RpcServer.Protocol, unknown> = Layer.provide(
      server,
      NodeWebSocketServer.layer({ port: 0 })
    )
    assert.isTrue([alone, unserved, served].every(Layer.isLayer))
    assert.isNotEmpty([...Procedures.requests.keys()])
  })
})
