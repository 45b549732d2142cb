import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger, Queue, Scope, Stream } from "effect"
import { type Socket, SocketServer } from "effect/socket"
import { createServer } from "node:http"
import * as EffectSocketServer from "../src/EffectSocketServer.ts"
import * as NodeWebSocketServer from "../src/NodeWebSocketServer.ts"
import * as WebSocketClient from "../src/WebSocketClient.ts"
import * as WebSocketServer from "../src/WebSocketServer.ts"
import { leavingNothing } from "./client/Leaks.ts"
import * as RawClient from "./server/RawClient.ts"

const listening = NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })

/** A server of sockets on a path, until the scope ends. */
const start = Effect.fnUntraced(function*(options?: WebSocketServer.HandleOptions<void, never>) {
  const context = yield* Layer.build(Layer.provideMerge(EffectSocketServer.layer("/", options), listening))
  const url = yield* Context.get(context, WebSocketServer.WebSocketServer).url
  return { ...Context.get(context, SocketServer.SocketServer), url }
})

const echo = Effect.fnUntraced(function*(socket: Socket.Socket) {
  const { pull } = yield* socket.reader
  const { writeAll } = yield* socket.writer
  while (true) yield* writeAll(yield* pull)
}, Effect.scoped)

const echoQuietly = (socket: Socket.Socket) => Effect.ignore(echo(socket))

/** Greets, and then does what it is told to. */
const greet = (greeting: string, then: Effect.Effect<unknown, unknown> = Effect.never) => (socket: Socket.Socket) =>
  Effect.gen(function*() {
    const { write } = yield* socket.writer
    yield* write(greeting)
    yield* then
  }).pipe(Effect.scoped)

/** What a new client is greeted with, and how to wait for the end. */
const visit = Effect.fnUntraced(function*(url: string) {
  const { closed, pull } = yield* WebSocketClient.connect(url)
  return { greeting: (yield* pull)[0], code: Effect.map(closed, ({ code }) => code) }
})

/** Why the server cannot be. */
const openFailure = (layer: Layer.Layer<SocketServer.SocketServer, unknown>) =>
  Effect.map(Effect.flip(Effect.scoped(Layer.build(layer))), (error) => {
    assert.instanceOf(error, SocketServer.SocketServerError)
    return [error.reason._tag, String(error.reason.cause)]
  })

describe("the address", () => {
  it.live("is the server's", () =>
    Effect.gen(function*() {
      const { address, url } = yield* start()
      assert.strictEqual(url, `ws://127.0.0.1:${"port" in address ? address.port : 0}`)
    }).pipe(Effect.scoped))

  it.live("is not there if the server does not listen, which is an error", () =>
    Effect.gen(function*() {
      const sleeping = NodeWebSocketServer.layerFrom(createServer())
      const [tag, cause] = yield* openFailure(Layer.provide(EffectSocketServer.layer("/"), sleeping))
      assert.strictEqual(tag, "SocketServerOpenError")
      assert.include(cause, "the server does not listen")
    }))

  it.live("is not there if the path is taken, which is an error", () =>
    Effect.gen(function*() {
      const first = WebSocketServer.handle("/", () => Effect.void)
      const both = Layer.flatMap(first, () => EffectSocketServer.layer("/"))
      const [tag, cause] = yield* openFailure(Layer.provide(both, listening))
      assert.strictEqual(tag, "SocketServerOpenError")
      assert.include(cause, "has a handler already")
    }))

  it.live("is not there if the options make no sense, which is an error", () =>
    Effect.gen(function*() {
      const senseless = EffectSocketServer.layer("/", { heartbeat: { timeout: 0 } })
      const [tag, cause] = yield* openFailure(Layer.provide(senseless, listening))
      assert.strictEqual(tag, "SocketServerOpenError")
      assert.include(cause, "heartbeat: timeout must be longer than nothing")
    }))
})

describe("run", () => {
  it.live("serves everybody, each in a fiber of its own", () =>
    leavingNothing(Effect.gen(function*() {
      const { run, url } = yield* start()
      yield* Effect.forkScoped(run(echoQuietly))
      const clients = yield* Effect.all([1, 2, 3].map(() => WebSocketClient.connect(url)))
      for (const [i, { send }] of clients.entries()) yield* send(`I am ${i}`)
      for (const [i, { pull }] of clients.entries()) assert.deepStrictEqual(yield* pull, [`I am ${i}`])
    })))

  it.live("gives handlers the services that it was given, and the connection", () =>
    Effect.gen(function*() {
      const { run, url } = yield* start({ protocols: ["chat"] })
      const handler = (socket: Socket.Socket) =>
        Effect.gen(function*() {
          const connection = yield* EffectSocketServer.CurrentConnection
          const name = yield* Name
          const { write } = yield* socket.writer
          yield* write(`${name} ${connection?.request.path} ${connection?.protocol}`)
        }).pipe(Effect.scoped)
      yield* Effect.forkScoped(Effect.provideService(run(handler), Name, "Ada"))
      const { pull } = yield* WebSocketClient.connect(url, { protocols: ["chat"] })
      assert.deepStrictEqual(yield* pull, ["Ada / chat"])
    }).pipe(Effect.scoped))

  it.live("alone knows of a connection", () =>
    Effect.gen(function*() {
      assert.isUndefined(yield* EffectSocketServer.CurrentConnection)
    }))

  it.live("has those wait who come before it, and loses nothing of what they say", () =>
    leavingNothing(Effect.gen(function*() {
      const { run, url } = yield* start()
      const { pull, sendAll } = yield* WebSocketClient.connect(url)
      yield* sendAll(["early", "bird"])
      yield* Effect.forkScoped(run(echoQuietly))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(Stream.fromPull(Effect.succeed(pull)), 2)), [
        "early",
        "bird"
      ])
    })))

  it.live("forgets those who left before it", () =>
    leavingNothing(Effect.gen(function*() {
      const { run, url } = yield* start()
      yield* Effect.scoped(WebSocketClient.connect(url))
      yield* Effect.forkScoped(run(greet("hello")))
      assert.strictEqual((yield* visit(url)).greeting, "hello")
    })))

  it.live("interrupts its handlers when it is interrupted, says 1001, and waits for them", () =>
    leavingNothing(Effect.gen(function*() {
      const { run, url } = yield* start()
      const released = yield* Queue.unbounded<string>()
      const handler = greet("hello", Effect.onInterrupt(Effect.never, () => Queue.offer(released, "released")))
      const running = yield* Effect.forkScoped(run(handler))
      const { code } = yield* visit(url)
      yield* Fiber.interrupt(running)
      assert.strictEqual(yield* Queue.size(released), 1)
      assert.strictEqual(yield* code, 1001)
    })))

  it.live("hands over to the last one, and back", () =>
    leavingNothing(Effect.gen(function*() {
      const { run, url } = yield* start()
      const first = yield* Effect.forkScoped(run(greet("first")))
      assert.strictEqual((yield* visit(url)).greeting, "first")
      const second = yield* Effect.forkScoped(run(greet("second")))
      const visitor = yield* visit(url)
      assert.strictEqual(visitor.greeting, "second")
      yield* Fiber.interrupt(second)
      assert.strictEqual(yield* visitor.code, 1001)
      assert.strictEqual((yield* visit(url)).greeting, "first")
      yield* Fiber.interrupt(first)
      const { closed, pull } = yield* WebSocketClient.connect(url)
      yield* Effect.forkScoped(run(greet("third", Effect.void)))
      assert.deepStrictEqual(yield* pull, ["third"])
      assert.strictEqual((yield* closed).code, 1000)
    })))
})

class Name extends Context.Service<Name, string>()("Name") {}

describe("a handler", () => {
  const ends = [
    ["is done", Effect.void, 1000],
    ["fails", Effect.fail("no"), 1011],
    ["dies", Effect.die("no"), 1011]
  ] as const

  for (const [what, then, code] of ends) {
    it.live(`that ${what} closes its connection with ${code}, and the server goes on`, () =>
      Effect.gen(function*() {
        const messages: Array<unknown> = []
        const logger = Logger.make<unknown, void>(({ message }) => void messages.push(message))
        const { run, url } = yield* start()
        yield* run(greet("hello", then)).pipe(
          Effect.provide(Logger.layer([logger])),
          Effect.forkScoped
        )
        for (let i = 0; i < 2; i++) assert.strictEqual(yield* (yield* visit(url)).code, code)
        assert.lengthOf(messages.filter((message) => String(message).includes("Unhandled")), code === 1000 ? 0 : 2)
      }).pipe(Effect.scoped))
  }

  it.live("ends when the client closes, and when the client is gone", () =>
    leavingNothing(Effect.gen(function*() {
      const { run, url } = yield* start()
      const ends = yield* Queue.unbounded<string>()
      const handler = (socket: Socket.Socket) => Effect.catch(echo(socket), ({ message }) => Queue.offer(ends, message))
      yield* Effect.forkScoped(run(handler))
      yield* Effect.scoped(WebSocketClient.connect(url))
      assert.strictEqual(yield* Queue.take(ends), "1000")
      const { socket } = yield* RawClient.open(Number(new URL(url).port), "/")
      socket.resetAndDestroy()
      assert.strictEqual(yield* Queue.take(ends), "1006: read ECONNRESET")
    })))
})

describe("the end of the layer", () => {
  it.live("says 1001 to everybody, those who still wait for a run, too", () =>
    leavingNothing(Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { url } = yield* Scope.provide(start(), scope)
      const { closed } = yield* WebSocketClient.connect(url)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* closed).code, 1001)
    })))
})
