import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Schema, Scope, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
import * as Http from "node:http"
import * as EffectRpc from "../../src/EffectRpc.ts"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Passing from "../Passing.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"
import * as TestApp from "./TestApp.ts"

/** Echoes as it is written for Effect's own WebSockets. */
const echo = Effect.gen(function*() {
  const { upgrade } = yield* HttpServerRequest.HttpServerRequest
  const socket = yield* upgrade
  const { pull } = yield* socket.reader
  const { writeAll } = yield* socket.writer
  yield* Effect.catchTag(Effect.forever(Effect.flatMap(pull, writeAll)), "SocketError", () => Effect.void)
  return HttpServerResponse.empty()
})

const Echo = HttpRouter.add("GET", "/echo", Effect.scoped(echo))

describe("HttpServerRequest.upgrade", () => {
  it.live("echoes, and is a response 101", () =>
    Effect.gen(function*() {
      const { log, url } = yield* TestApp.start(Echo)
      const peer = yield* WsPeer.connect(`${url}/echo`)
      peer.socket.send("text")
      peer.socket.send(Buffer.from("binary"))
      assert.deepStrictEqual(yield* peer.received(2), ["text", Buffer.from("binary")])
      peer.socket.close(4000, "enough")
      assert.deepStrictEqual(yield* peer.closed, { code: 4000, reason: "enough" })
      yield* Effect.repeat(Effect.sync(() => log.length), { until: (length) => length > 0 })
      assert.deepStrictEqual(log, ["Sent HTTP response 101"])
    }))

  it.live("takes the server's options", () =>
    Effect.gen(function*() {
      const server = TestApp.ours(Http.createServer(), {
        websocket: { compression: true, protocols: ["echo"], maxMessageSize: 10, origins: ["http://localhost"] }
      })
      const { port, url } = yield* TestApp.start(Echo, server)
      const peer = yield* WsPeer.connect(`${url}/echo`, {}, ["echo"])
      assert.strictEqual(peer.socket.protocol, "echo")
      assert.strictEqual(peer.socket.extensions, "permessage-deflate")
      peer.socket.send("more than ten octets")
      assert.strictEqual((yield* peer.closed).code, 1009)
      const foreign = RawClient.handshake("/echo", { Origin: "http://elsewhere.example" })
      assert.strictEqual((yield* RawClient.ask(port, foreign)).status, 403)
    }))

  it.live("refuses what breaks the rules, with the status that the RFC wants", () =>
    Effect.gen(function*() {
      const { port } = yield* TestApp.start(Echo)
      const old = yield* RawClient.ask(port, RawClient.handshake("/echo", { "Sec-WebSocket-Version": "7" }))
      assert.deepStrictEqual([old.status, old.headers["sec-websocket-version"]], [426, "13, 8"])
      const short = yield* RawClient.ask(port, RawClient.handshake("/echo", { "Sec-WebSocket-Key": "short" }))
      assert.strictEqual(short.status, 400)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/nowhere"))).status, 404)
    }))

  it.live("loses nothing of what a client sends before it is answered", () =>
    Effect.gen(function*() {
      const { port } = yield* TestApp.start(Echo)
      const client = yield* RawClient.connect({ host: "127.0.0.1", port })
      const frames = ["a", "b"].map(RawClient.textFrame)
      client.socket.write(Buffer.concat([Buffer.from(RawClient.handshake("/echo")), ...frames]))
      client.socket.write(RawClient.closeFrame(1000))
      const received = yield* client.framesToClose
      assert.deepStrictEqual(received.slice(0, 2).map(({ payload }) => payload.toString()), ["a", "b"])
    }))

  it.live("upgradeWith adds headers to the answer, also below a prefix", () =>
    Effect.gen(function*() {
      const greet = Effect.gen(function*() {
        const { upgradeWith } = yield* HttpServerRequest.HttpServerRequest
        const socket = yield* upgradeWith({ headers: { "X-Greeting": "hello" } })
        yield* socket.reader
        return HttpServerResponse.empty()
      })
      const routes = HttpRouter.use((router) => router.prefixed("/api").add("GET", "/greet", Effect.scoped(greet)))
      const { port } = yield* TestApp.start(routes)
      const { headers, status } = yield* RawClient.ask(port, RawClient.handshake("/api/greet"))
      assert.deepStrictEqual([status, headers["x-greeting"]], [101, "hello"])
    }))

  it.live("upgradeChannel talks", () =>
    Effect.gen(function*() {
      const shout = Stream.never.pipe(
        Stream.pipeThroughChannel(HttpServerRequest.upgradeChannel()),
        Stream.take(1),
        Stream.decodeText(),
        Stream.mkString
      )
      const routes = HttpRouter.add("GET", "/", Effect.map(shout, (text) => HttpServerResponse.text(text)))
      const { url } = yield* TestApp.start(routes)
      const peer = yield* WsPeer.connect(url)
      peer.socket.send("Hello")
      assert.strictEqual((yield* peer.closed).code, 1000)
    }))

  it.live("a socket is read once, as there is but one connection", () =>
    Effect.gen(function*() {
      const ends: Array<unknown> = []
      const twice = Effect.gen(function*() {
        const { upgrade } = yield* HttpServerRequest.HttpServerRequest
        const socket = yield* upgrade
        yield* Effect.scoped(socket.reader)
        ends.push(yield* Effect.flip(Effect.scoped(socket.reader)))
        return HttpServerResponse.empty()
      })
      const { url } = yield* TestApp.start(HttpRouter.add("GET", "/", twice))
      const peer = yield* WsPeer.connect(url)
      assert.strictEqual((yield* peer.closed).code, 1000)
      yield* Effect.repeat(Effect.sync(() => ends.length), { until: (length) => length > 0 })
      assert.match(JSON.stringify(ends), /SocketOpenError/)
    }))

  it.live("a request is upgraded once, however often it is asked to be", () =>
    Effect.gen(function*() {
      const outcome = yield* Deferred.make<string>()
      // Closed only if all is well: the first of two connections on one socket would wait for its end for ever
      const readers = yield* Scope.make()
      const twice = Effect.gen(function*() {
        const { upgrade } = yield* HttpServerRequest.HttpServerRequest
        const [first, second] = [yield* upgrade, yield* upgrade]
        yield* Scope.provide(first.reader, readers)
        const again = Effect.match(Scope.provide(second.reader, readers), {
          onFailure: ({ reason }) => String(reason.cause),
          onSuccess: () => "a second connection"
        })
        yield* Deferred.succeed(outcome, yield* again)
        return HttpServerResponse.empty()
      })
      const { url } = yield* TestApp.start(HttpRouter.add("GET", "/", twice))
      const peer = yield* WsPeer.connect(url)
      assert.match(yield* Deferred.await(outcome), /the request was upgraded before/)
      yield* Scope.close(readers, Exit.void)
      assert.strictEqual((yield* peer.closed).code, 1000)
    }))

  it.live("a header that would break the answer is the app's mistake, and the client gets none of it", () =>
    Effect.gen(function*() {
      const broken = Effect.gen(function*() {
        const { upgradeWith } = yield* HttpServerRequest.HttpServerRequest
        const socket = yield* upgradeWith({ headers: { "X-Greeting": "hello\r\nX-Evil: yes" } })
        const { reason } = yield* Effect.flip(socket.reader)
        return HttpServerResponse.text(String(reason.cause), { status: 500, headers: { connection: "close" } })
      })
      const { port } = yield* TestApp.start(HttpRouter.add("GET", "/", Effect.scoped(broken)))
      const { body, headers, status } = yield* RawClient.ask(port, RawClient.handshake("/"))
      assert.deepStrictEqual([status, headers["x-evil"]], [500, undefined])
      assert.match(body, /x-greeting/i)
    }))

  it.live("other protocols are upgraded as ever", () =>
    Effect.gen(function*() {
      const raw = Effect.gen(function*() {
        const { upgrade } = yield* HttpServerRequest.HttpServerRequest
        const socket = yield* upgrade
        const { pull } = yield* socket.reader
        const { writeAll } = yield* socket.writer
        yield* Effect.flatMap(pull, writeAll)
        return HttpServerResponse.empty()
      })
      const { port } = yield* TestApp.start(HttpRouter.add("GET", "/", Effect.scoped(raw)))
      const client = yield* RawClient.connect({ host: "127.0.0.1", port })
      client.socket.write(`${RawClient.handshake("/", { Upgrade: "chargen" })}raw octets`)
      const received = (yield* client.toEnd).toString()
      assert.match(received, /^HTTP\/1.1 101 .*raw octets$/s)
    }))
})

class Numbers extends RpcGroup.make(
  Rpc.make("Double", { payload: { of: Schema.Number }, success: Schema.Number }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true })
) {}

describe("RpcServer.layerHttp", () => {
  it.live("runs as it is", () =>
    Effect.gen(function*() {
      const Handlers = Numbers.toLayer({
        Double: ({ of }) => Effect.succeed(2 * of),
        Count: ({ to }) => Stream.range(1, to)
      })
      const routes = RpcServer.layerHttp({ group: Numbers, path: "/rpc" }).pipe(
        Layer.provide([Handlers, RpcSerialization.layerNdjson])
      )
      const { url } = yield* TestApp.start(routes)
      const calls = Effect.gen(function*() {
        const { Count, Double } = yield* RpcClient.make(Numbers)
        return [yield* Double({ of: 21 }), yield* Stream.runCollect(Count({ to: 3 }))]
      }).pipe(
        Effect.scoped,
        Effect.provide(EffectRpc.layerClient(`${url}/rpc`)),
        Effect.provide(RpcSerialization.layerNdjson)
      )
      assert.deepStrictEqual(yield* calls, [42, [1, 2, 3]])
    }))
})

/** Starts an app, and stops it once a client is there. */
const stopping = (serving: Layer.Layer<never, never, HttpServer.HttpServer>) =>
  Effect.gen(function*() {
    const scope = yield* TestServer.scope
    const app = TestApp.startOn(TestApp.ours(Http.createServer()), serving)
    const { port, url } = yield* Scope.provide(app, scope)
    const peer = yield* WsPeer.connect(url)
    const gone = yield* RawClient.open(port, "/")
    gone.socket.resetAndDestroy()
    yield* Passing.within(10_000, Scope.close(scope, Exit.void))
    return yield* peer.closed
  })

describe("a server of apps that upgrade by themselves", () => {
  it.effect("stops at once where there is a router", () =>
    Effect.gen(function*() {
      const Root = HttpRouter.add("GET", "/", Effect.scoped(echo))
      const closed = yield* stopping(HttpRouter.serve(Root, { disableListenLog: true, disableLogger: true }))
      assert.strictEqual(closed.code, 1001)
    }))

  it.live("takes no more connections while it stops", () =>
    Effect.gen(function*() {
      const [asked, stopped] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const late = Effect.gen(function*() {
        const { upgrade } = yield* HttpServerRequest.HttpServerRequest
        const socket = yield* upgrade
        yield* Deferred.succeed(asked, undefined)
        yield* Deferred.await(stopped)
        yield* socket.reader
        return HttpServerResponse.empty()
      })
      const scope = yield* TestServer.scope
      const routes = HttpRouter.add("GET", "/", Effect.uninterruptible(Effect.scoped(late)))
      const host = Http.createServer()
      const { port } = yield* Scope.provide(TestApp.start(routes, TestApp.ours(host)), scope)
      const asking = yield* Effect.forkChild(RawClient.ask(port, RawClient.handshake("/")))
      yield* Deferred.await(asked)
      const stopping = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* Effect.repeat(Effect.andThen(Effect.yieldNow, Effect.sync(() => host.listening)), { until: (is) => !is })
      yield* Deferred.succeed(stopped, undefined)
      assert.strictEqual((yield* Fiber.join(asking)).status, 503)
      yield* Fiber.join(stopping)
    }))

  it.effect("stops at once where there is none", () =>
    Effect.gen(function*() {
      const closed = yield* stopping(HttpServer.serve(Effect.scoped(echo)))
      assert.strictEqual(closed.code, 1001)
    }))
})

describe("NodeWebSocketServer.layerFrom beside an HTTP app", () => {
  it.live("serves its paths, and leaves the others to the app", () =>
    Effect.gen(function*() {
      const host = Http.createServer()
      const Page = HttpRouter.add("GET", "/page", HttpServerResponse.text("the page"))
      const { log, port, url } = yield* TestApp.start(Layer.mergeAll(Echo, Page), TestApp.ours(host))
      const Other = WebSocketServer.handle("/other", ({ messages, sink }) => Stream.run(messages, sink))
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Other)
      for (const path of ["/echo", "/other", "/other"]) {
        const peer = yield* WsPeer.connect(url + path)
        peer.socket.send(path)
        assert.deepStrictEqual(yield* peer.received(1), [path])
      }
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/nowhere"))).status, 404)
      const page = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/page`).then((it) => it.text()))
      assert.strictEqual(page, "the page")
      assert.lengthOf(log.filter((line) => /Die|Fail/.test(line)), 1, "of /nowhere")
    }))
})
