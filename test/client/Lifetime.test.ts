import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Scope, Stream } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import type * as WsPeer from "../interop/WsPeer.ts"
import * as WsServer from "../interop/WsServer.ts"
import * as Passing from "../Passing.ts"
import * as Certificate from "../server/Certificate.ts"
import { reasonFor } from "./Failure.ts"
import { leavingNothing } from "./Leaks.ts"
import * as RawServer from "./RawServer.ts"

const interrupted = Effect.fnUntraced(function*(url: string, when: Effect.Effect<void>, options = {}) {
  const fiber = yield* Effect.forkChild(
    Effect.scoped(Effect.andThen(WebSocketClient.connect(url, options), Effect.never))
  )
  yield* when
  yield* Passing.within(5000, Fiber.interrupt(fiber))
  assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
})

describe("interruption drops the attempt", () => {
  it.effect("before TCP is there", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start(() => {})
      yield* interrupted(server.url, Effect.void)
      yield* server.deserted
    })))

  it.effect("while the name is looked up", () => leavingNothing(interrupted("ws://effect-ws.invalid/", Effect.void)))

  it.effect("during TLS", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start(() => {})
      yield* interrupted(`wss://127.0.0.1:${server.port}`, server.connected(1))
      yield* server.deserted
    })))

  it.effect("while it waits for the answer", () =>
    leavingNothing(Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const server = yield* RawServer.start(() => Deferred.doneUnsafe(asked, Effect.void))
      yield* interrupted(server.url, Deferred.await(asked))
      yield* server.deserted
    })))

  it.effect("while it waits for the answer over TLS", () =>
    leavingNothing(Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const server = yield* RawServer.start(() => Deferred.doneUnsafe(asked, Effect.void), { secure: true })
      yield* interrupted(server.url, Deferred.await(asked), { tls: Certificate.trust })
      yield* server.deserted
    })))

  it.effect("while the body of a refusal comes", () =>
    leavingNothing(Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const server = yield* RawServer.start(({ socket }) => {
        socket.write("HTTP/1.1 403 No\r\nContent-Length: 10\r\n\r\nonly", () => Deferred.doneUnsafe(asked, Effect.void))
      })
      yield* interrupted(server.url, Deferred.await(asked))
      yield* server.deserted
    })))

  it.effect("in the very moment of the answer", () =>
    leavingNothing(Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const server = yield* RawServer.start((request) => {
        request.socket.end(RawServer.acceptance(request))
        Deferred.doneUnsafe(asked, Effect.void)
      })
      for (let turns = 0; turns < 20; turns++) {
        const wait = Effect.andThen(Deferred.await(asked), Effect.repeat(Effect.yieldNow, { times: turns }))
        yield* interrupted(server.url, wait)
      }
      yield* server.deserted
    })))

  it.effect("after it is open, with a goodbye of 1001", () =>
    leavingNothing(Effect.gen(function*() {
      const opened = yield* Deferred.make<WsPeer.WsPeer>()
      const { url } = yield* WsServer.start((peer) => Deferred.doneUnsafe(opened, Effect.succeed(peer)))
      const answered = Effect.flatMap(Deferred.await(opened), (peer) => {
        peer.socket.ping()
        return peer.until(() => peer.pongs.length > 0)
      })
      yield* interrupted(url, answered)
      const peer = yield* Deferred.await(opened)
      assert.strictEqual((yield* peer.closed).code, 1001)
    })))
})

describe("a server that resets the connection", () => {
  it.live("right behind its answer harms nobody", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start((request) => {
        request.socket.write(RawServer.acceptance(request), () => request.socket.resetAndDestroy())
      })
      for (let turns = 0; turns < 20; turns++) {
        const end = Effect.flatMap(WebSocketClient.connect(server.url), ({ closed }) => closed)
        const event = yield* Effect.catch(Effect.scoped(end), (error) => Effect.succeed({ code: 1006, error }))
        assert.deepInclude(event, { code: 1006 })
      }
      yield* server.deserted
    })))

  it.live("right behind a wrong answer harms nobody", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start((request) => {
        const answer = RawServer.acceptance(request, { "Sec-WebSocket-Accept": "wrong" })
        request.socket.write(answer, () => request.socket.resetAndDestroy())
      })
      for (let turns = 0; turns < 20; turns++) {
        assert.oneOf((yield* reasonFor(server.url))._tag, ["HandshakeError", "TransportError"])
      }
      yield* server.deserted
    })))
})

describe("the scope's end", () => {
  it.live("closes with 1000, and waits until the server has heard it", () =>
    leavingNothing(Effect.gen(function*() {
      const { peers, url } = yield* WsServer.start()
      const messages = Array.from({ length: 100 }, (_, i) => `message ${i}`)
      yield* Effect.scoped(Effect.flatMap(WebSocketClient.connect(url), ({ sendAll }) => sendAll(messages)))
      assert.deepStrictEqual(peers[0].messages, messages)
      assert.deepStrictEqual(yield* peers[0].closed, { code: 1000, reason: "" })
    })))

  it.live("closes with 1011 if it failed", () =>
    leavingNothing(Effect.gen(function*() {
      const { peers, url } = yield* WsServer.start()
      yield* Effect.ignore(Effect.scoped(Effect.andThen(WebSocketClient.connect(url), Effect.fail("no"))))
      assert.strictEqual((yield* peers[0].closed).code, 1011)
    })))

  it.effect("waits no longer than closeTimeout for a server that does not answer the Close", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start((request) => request.socket.write(RawServer.acceptance(request)))
      const scope = yield* Scope.make()
      yield* Scope.provide(WebSocketClient.connect(server.url, { closeTimeout: 60 }), scope)
      const [elapsed] = yield* Effect.timed(Passing.within(5000, Scope.close(scope, Exit.void)))
      assert.strictEqual(Duration.toMillis(elapsed), 60)
      yield* server.deserted
    })))

  it.effect("waits no longer than closeTimeout for a server that answers the Close and does not end TCP", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start(({ socket, ...request }) => {
        socket.write(RawServer.acceptance({ socket, ...request }))
        socket.once("data", () => socket.write(Buffer.from("880203e8", "hex")))
      })
      const scope = yield* Scope.make()
      const { closed } = yield* Scope.provide(WebSocketClient.connect(server.url, { closeTimeout: 60 }), scope)
      const [elapsed] = yield* Effect.timed(Passing.within(5000, Scope.close(scope, Exit.void)))
      assert.isAtLeast(Duration.toMillis(elapsed), 60)
      assert.deepInclude(yield* closed, { code: 1000, clean: true })
      yield* server.deserted
    })))

  it.live("is not needed for the socket to go when the server closes", () =>
    leavingNothing(Effect.gen(function*() {
      const { url } = yield* WsServer.start(({ socket }) => socket.close(4000, "full"))
      const { closed, messages } = yield* WebSocketClient.connect(url)
      const { reason } = yield* Effect.flip(Stream.runDrain(messages))
      assert.deepInclude(reason, { _tag: "CloseError", code: 4000, closeReason: "full" })
      assert.deepInclude(yield* closed, { code: 4000, reason: "full", clean: true })
    })))
})

/** A proxy that makes tunnels, and knows to where. */
const proxy = Effect.gen(function*() {
  const tunnels: Array<string> = []
  const server = Http.createServer()
  server.on("connect", ({ url = "" }: Http.IncomingMessage, client: Net.Socket) => {
    tunnels.push(url)
    const [host, port] = url.split(":")
    const target = Net.connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      target.pipe(client).pipe(target)
    })
    for (const socket of [client, target]) socket.on("error", () => {}).on("close", () => target.destroy())
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )
  return { port: (server.address() as Net.AddressInfo).port, tunnels }
})

/** An agent that reaches its hosts through a proxy (RFC 9110 §9.3.6). */
class ProxyAgent extends Http.Agent {
  readonly port: number

  constructor(port: number) {
    super()
    this.port = port
  }

  override createConnection(
    { host, port }: Http.ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void
  ): undefined {
    const connect = Http.request({ host: "127.0.0.1", port: this.port, method: "CONNECT", path: `${host}:${port}` })
    connect.on("connect", (_answer, socket) => callback?.(null, socket))
    connect.on("error", (error) => callback?.(error, undefined as never))
    connect.end()
  }
}

describe("an agent", () => {
  it.live("makes the connection", () =>
    leavingNothing(Effect.gen(function*() {
      const { port, url } = yield* WsServer.start(WsServer.echo)
      const agent = new Http.Agent()
      const asked: Array<unknown> = []
      agent.createConnection = (options) => {
        asked.push(options.host)
        return Net.connect(port, "127.0.0.1")
      }
      const { messages, send } = yield* WebSocketClient.connect("ws://chat.example.com/", { agent })
      yield* send("Hello")
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Hello"])
      assert.deepStrictEqual(asked, ["chat.example.com"])
      assert.isString(url)
    })))

  it.live("reaches the server through a proxy", () =>
    leavingNothing(Effect.gen(function*() {
      const { port, url } = yield* WsServer.start(WsServer.echo)
      const { port: proxyPort, tunnels } = yield* proxy
      const { messages, send } = yield* WebSocketClient.connect(url, { agent: new ProxyAgent(proxyPort) })
      yield* send("Hello")
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Hello"])
      assert.deepStrictEqual(tunnels, [`127.0.0.1:${port}`])
    })))

  it.live("that keeps sockets alive gets back that of a refusal", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start(({ socket }) => socket.write(RawServer.answer(403)))
      const agent = new Http.Agent({ keepAlive: true })
      assert.strictEqual((yield* reasonFor(server.url, { agent }))._tag, "HandshakeError")
      agent.destroy()
      yield* server.deserted
    })))

  it.live("that fails leads to a TransportError", () =>
    Effect.gen(function*() {
      const agent = new ProxyAgent(1)
      assert.strictEqual((yield* reasonFor("ws://localhost/", { agent }))._tag, "TransportError")
    }))
})
