import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import { TestNetwork } from "effect-ws/testing"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import type { WebSocketError } from "effect-ws/WebSocketError"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { TestClock } from "effect/testing"
import { leavingNothing } from "../client/Leaks.ts"

const Echo = WebSocketServer.handle(
  "/echo",
  {
    protocols: ["shout", "whisper"],
    origins: ["https://example.com"],
    compression: true,
    headers: ({ path }) => ({ "X-Path": path }),
    accept: ({ cookies, remoteAddress, searchParams }) =>
      searchParams.has("refuse")
        ? Effect.fail(new WebSocketServer.Refusal({ status: 401, headers: { "X-Why": "no" }, body: "who are you?" }))
        : Effect.succeed(`${cookies["name"]} at ${remoteAddress}`)
  },
  ({ messages, send, sink }, name) => Effect.andThen(send(name), Stream.run(messages, sink))
)

const onTestNetwork = <A, E, R>(
  routes: Layer.Layer<never, WebSocketError, WebSocketServer.WebSocketServer>,
  test: Effect.Effect<A, E, R>,
  options?: TestNetwork.Options
) => Effect.provide(Effect.scoped(test), Layer.provideMerge(routes, TestNetwork.layer(options)))

const link = Effect.map(TestNetwork.TestNetwork.use(({ links }) => links), (links) => links[links.length - 1])

const failing = (url: string) => Effect.flip(Effect.asVoid(WebSocketClient.connect(url)))

/** What a client sees of a server; the same program for both kinds. */
const visit = Effect.gen(function*() {
  const url = yield* WebSocketServer.WebSocketServer.use((server) => server.url)
  const { extensions, messages, protocol, sendAll } = yield* WebSocketClient.connect(`${url}/echo`, {
    protocols: ["whisper"],
    headers: { Cookie: "name=Ada" },
    origin: "https://example.com"
  })
  yield* sendAll(["Hello", "x".repeat(200_000)])
  const received = yield* Stream.runCollect(Stream.take(messages, 3))
  const refusals = yield* Effect.forEach(
    [`${url}/echo?refuse`, `${url}/nowhere`],
    (url) => Effect.flip(WebSocketClient.connect(url))
  )
  const stranger = yield* Effect.flip(WebSocketClient.connect(`${url}/echo`, { origin: "https://evil.example" }))
  const answers = [...refusals, stranger].map(({ reason }) =>
    reason._tag === "HandshakeError" ? [reason.status, reason.body, reason.headers?.["x-why"]] : reason._tag
  )
  return { extensions, protocol, received: received.map((message) => message.slice(0, 20)), answers }
})

describe("a server in memory", () => {
  it.effect("is to clients what a server with a port is: routes, refusals, subprotocols, origins, compression", () =>
    Effect.gen(function*() {
      const ported = Layer.provideMerge(Echo, NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }))
      const expected = yield* Effect.provide(Effect.scoped(visit), ported)
      assert.deepStrictEqual(yield* onTestNetwork(Echo, visit), expected)
      assert.deepStrictEqual(expected.received[0], "Ada at 127.0.0.1")
      assert.deepStrictEqual(expected.answers.map(([status]) => status), [401, 404, 403])
    }))

  it.effect("is at its port, and no other", () =>
    onTestNetwork(
      Echo,
      Effect.gen(function*() {
        yield* WebSocketClient.connect("ws://chat.example.com:8080/echo")
        const { reason } = yield* failing("ws://localhost/echo")
        assert.deepInclude(reason, { _tag: "TransportError", message: "connect ECONNREFUSED localhost:80" })
        const second = yield* Effect.flip(Layer.build(TestNetwork.layerServer({ port: 8080 })))
        assert.strictEqual(second.reason._tag, "UsageError")
      }),
      { port: 8080 }
    ))

  it.effect("has a port, or all that are left, to itself", () =>
    Effect.gen(function*() {
      yield* Layer.build(Layer.mergeAll(TestNetwork.layerServer(), TestNetwork.layerServer({ port: 8080 })))
      const messages = yield* Effect.forEach([undefined, { port: 8080 }], (options) =>
        Effect.map(Effect.flip(Layer.build(TestNetwork.layerServer(options))), ({ message }) => message))
      assert.deepStrictEqual(messages, ["port any is taken", "port 8080 is taken"])
    }).pipe(Effect.scoped, Effect.provide(TestNetwork.layerNetwork)))

  it.effect("is reached by wss: URLs, too", () =>
    onTestNetwork(
      Echo,
      Effect.gen(function*() {
        const { messages } = yield* WebSocketClient.connect("wss://example.com/echo", {
          headers: { Cookie: "name=Eve" }
        })
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Eve at 127.0.0.1"])
      })
    ))

  it.effect("says 1001 when it stops, and can be started again", () =>
    Effect.gen(function*() {
      const Waiting = WebSocketServer.handle("/", () => Effect.never)
      const start = Effect.fnUntraced(function*() {
        const scope = yield* Scope.make()
        yield* Scope.provide(Layer.build(Layer.provide(Waiting, TestNetwork.layerServer())), scope)
        return Scope.close(scope, Exit.void)
      })
      const stop = yield* start()
      const { closed } = yield* WebSocketClient.connect("ws://localhost")
      yield* stop
      assert.deepInclude(yield* closed, { code: 1001, clean: true })
      const { reason } = yield* failing("ws://localhost")
      assert.strictEqual(reason._tag, "TransportError")
      const stopAgain = yield* start()
      yield* WebSocketClient.connect("ws://localhost")
      yield* stopAgain
    }).pipe(Effect.scoped, Effect.provide(TestNetwork.layerNetwork)))

  it.effect("drops what has not shaken hands when it stops", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      yield* Scope.provide(Layer.build(TestNetwork.layerServer()), scope)
      const { dial } = yield* TestNetwork.TestNetwork
      const { link, socket } = yield* dial({ hostname: "localhost", port: 80, secure: false, socketPath: undefined })
      socket.on("error", () => {}).resume().write("GET / HT")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.repeat(Effect.andThen(Effect.yieldNow, link.isOver), { until: (isOver) => isOver })
    }).pipe(Effect.provide(TestNetwork.layerNetwork)))
})

describe("time on the network is that of the Clock", () => {
  it.effect("a slow handshake fails when the client's time is up", () =>
    onTestNetwork(
      Echo,
      Effect.gen(function*() {
        const network = yield* TestNetwork.TestNetwork
        yield* network.prepare((link) => link.set({ latency: "6 seconds" }))
        const attempt = yield* Effect.forkChild(failing("ws://localhost/echo"))
        yield* TestClock.adjust("10 seconds")
        const { reason } = yield* Fiber.join(attempt)
        assert.deepInclude(reason, { _tag: "TimeoutError", operation: "handshake" })
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(yield* network.links, [])
      })
    ))

  it.effect("accept has no longer than the server's handshakeTimeout", () => {
    const Slow = WebSocketServer.handle("/", { accept: () => Effect.never }, () => Effect.void)
    const test = Effect.gen(function*() {
      const attempt = yield* Effect.forkChild(failing("ws://localhost/"))
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      yield* TestClock.adjust("2 seconds")
      const { reason } = yield* Fiber.join(attempt)
      assert.deepInclude(reason, { _tag: "HandshakeError", status: 503 })
    })
    return onTestNetwork(Slow, test, { handshakeTimeout: "2 seconds" })
  })

  it.effect("a server that lost the client waits for closeTimeout", () => {
    const test = Effect.gen(function*() {
      const ended = yield* Deferred.make<Exit.Exit<unknown, unknown>>()
      const Leaving = WebSocketServer.handle(
        "/",
        { closeTimeout: "5 seconds" },
        ({ closed }) => Effect.andThen(Effect.addFinalizer((exit) => Deferred.succeed(ended, exit)), closed)
      )
      const services = yield* Layer.build(Layer.provideMerge(Leaving, TestNetwork.layerServer()))
      const server = Context.get(services, WebSocketServer.WebSocketServer)
      const { link } = yield* TestNetwork.connect("ws://localhost", { closeTimeout: "1 second" })
      yield* link.silence
      assert.strictEqual(yield* server.connections, 1)
    })
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.scoped(test))
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      yield* TestClock.adjust("999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.join(fiber)
    }).pipe(Effect.provide(TestNetwork.layerNetwork))
  })
})

describe("faults on the network", () => {
  it.effect("a reset in the handshake is a TransportError", () =>
    onTestNetwork(
      Echo,
      Effect.gen(function*() {
        const network = yield* TestNetwork.TestNetwork
        for (const octets of [0, 1, 50]) {
          yield* network.prepare(({ toClient }) => toClient.breakAfter(octets, "Reset"))
          const { reason } = yield* failing("ws://localhost/echo")
          assert.deepInclude(reason, { _tag: "TransportError", message: "read ECONNRESET" })
        }
      })
    ))

  it.effect("a client that is interrupted, or dies, while its link is prepared leaves nothing of it", () =>
    onTestNetwork(
      Echo,
      Effect.gen(function*() {
        const network = yield* TestNetwork.TestNetwork
        yield* network.prepare(({ set }) => Effect.andThen(set({ stalled: true }), Effect.never))
        const attempt = yield* Effect.forkChild(failing("ws://localhost/echo"), { startImmediately: true })
        assert.lengthOf(yield* network.links, 1)
        yield* Fiber.interrupt(attempt)
        yield* network.prepare(() => Effect.die("a test's mistake"))
        yield* Effect.exit(WebSocketClient.connect("ws://localhost/echo"))
        yield* Effect.yieldNow
        assert.deepStrictEqual(yield* network.links, [])
      })
    ))

  it.effect("a connection that is reset ends with 1006 on both sides, and nothing is left of it", () =>
    leavingNothing(onTestNetwork(
      Echo,
      Effect.gen(function*() {
        const { closed, messages } = yield* WebSocketClient.connect("ws://localhost/echo")
        yield* (yield* link).reset
        yield* Effect.flip(Stream.runDrain(messages))
        assert.deepInclude(yield* closed, { code: 1006, clean: false })
        const { connections } = yield* WebSocketServer.WebSocketServer
        yield* Effect.repeat(Effect.andThen(Effect.yieldNow, connections), { until: (count) => count === 0 })
        assert.deepStrictEqual(yield* TestNetwork.TestNetwork.use(({ links }) => links), [])
      })
    )))

  it.effect("a server that is stalled holds its clients back", () =>
    onTestNetwork(
      WebSocketServer.handle("/", ({ messages }) => Stream.runDrain(messages)),
      Effect.gen(function*() {
        const { connection: { send }, link } = yield* TestNetwork.connect("ws://localhost/")
        yield* link.toServer.set({ stalled: true })
        let sent = 0
        const sending = yield* Effect.forkChild(
          Effect.forever(Effect.andThen(send(new Uint8Array(10_000)), Effect.sync(() => sent++)))
        )
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        const held = sent
        assert.isBelow(held, 30)
        yield* link.toServer.set({ stalled: false })
        yield* Effect.repeat(Effect.yieldNow, { times: 100 })
        assert.isAbove(sent, held)
        yield* Fiber.interrupt(sending)
      })
    ))
})
