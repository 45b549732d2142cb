import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Connection from "../../src/Connection.ts"
import * as Observability from "../../src/Observability.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as RawServer from "../client/RawServer.ts"
import * as Certificate from "../server/Certificate.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Spans from "./Spans.ts"

/** Answers each message, within a span of its own. */
const Talk = WebSocketServer.handle(
  "/talk/*",
  { accept: () => Effect.withSpan(Effect.void, "accepting") },
  ({ messages, send }) => Effect.withSpan(Stream.runForEach(messages, (message) => send(message)), "talking")
)

const Closed = WebSocketServer.handle("/closed", {
  accept: () => Effect.fail(new WebSocketServer.Refusal({ status: 403 }))
}, () => Effect.void)

const Broken = WebSocketServer.handle("/broken", { accept: () => Effect.die("oops") }, () => Effect.void)

const start = (spans: Spans.Spans, ...others: ReadonlyArray<Layer.Layer<never>>) =>
  TestServer.start(Layer.merge(Talk, Closed)).pipe(Effect.provide(Layer.mergeAll(spans.layer, ...others)))

describe("spans", () => {
  it.live("of a server continue the client's trace, and hold what accept and the handler do", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { url } = yield* start(spans)
      yield* WebSocketClient.connect(`${url}/talk/ada?token=secret`).pipe(
        Effect.flatMap(({ close }) => close()),
        Effect.scoped,
        Effect.withSpan("program"),
        Effect.provide(spans.layer)
      )
      const server = ["websocket.handshake", "websocket.connection"].map((name) => spans.find(name, "server"))
      const client = ["websocket.handshake", "websocket.connection"].map((name) => spans.find(name, "client"))
      const [program, accepting, talking] = ["program", "accepting", "talking"].map((it) => spans.find(it, "internal"))
      assert.deepStrictEqual(
        yield* Effect.forEach([...server, ...client, talking], Spans.exitOf),
        Array(5).fill("Success")
      )
      assert.lengthOf(new Set(spans.all.map(({ traceId }) => traceId)), 1)
      assert.deepStrictEqual(
        [client[0], client[1], server[0], server[1], accepting, talking].map(Spans.parentOf),
        [program, client[0], client[0], server[0], server[0], server[1]].map(({ spanId }) => spanId)
      )
      assert.deepInclude(Spans.attributesOf(server[0]), {
        "http.request.method": "GET",
        "http.route": "/talk/*",
        "url.path": "/talk/ada",
        "url.scheme": "ws",
        "network.protocol.name": "http",
        "network.protocol.version": "1.1",
        "client.address": "127.0.0.1",
        "http.response.status_code": 101
      })
      assert.deepInclude(Spans.attributesOf(client[0]), {
        "server.address": "127.0.0.1",
        "server.port": Number(url.split(":")[2]),
        "url.path": "/talk/ada",
        "http.response.status_code": 101
      })
      for (const span of [server[1], client[1]]) {
        assert.deepInclude(Spans.attributesOf(span), {
          "network.protocol.name": "websocket",
          "websocket.close.code": 1000,
          "websocket.close.clean": true
        })
      }
      assert.isEmpty(spans.all.filter((span) => JSON.stringify(Spans.attributesOf(span)).includes("secret")))
    }))

  const parents = {
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "b3": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"
  }

  for (const [name, value] of Object.entries(parents)) {
    it.live(`of a server are children of what ${name} says`, () =>
      Effect.gen(function*() {
        const spans = Spans.make()
        const { port } = yield* start(spans)
        const { status } = yield* RawClient.ask(port, RawClient.handshake("/closed", { [name]: value }))
        const span = spans.find("websocket.handshake", "server")
        assert.deepStrictEqual([status, span.traceId], [403, "0af7651916cd43dd8448eb211c80319c"])
        assert.strictEqual(Spans.parentOf(span), "b7ad6b7169203331")
        assert.strictEqual(Spans.attributesOf(span)["http.response.status_code"], 403)
      }))
  }

  it.live("of a client fail with its handshake", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { url } = yield* start(spans)
      yield* WebSocketClient.connect(`${url}/closed`).pipe(Effect.flip, Effect.provide(spans.layer))
      const handshake = spans.find("websocket.handshake", "client")
      assert.strictEqual(yield* Spans.exitOf(handshake), "Failure")
      assert.strictEqual(Spans.attributesOf(handshake)["http.response.status_code"], 403)
      assert.notInclude(spans.names(), "websocket.connection")
    }))

  it.live("of a client fail without a status where nobody answered", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { url } = yield* RawServer.start(({ socket }) => socket.destroy())
      yield* WebSocketClient.connect(url).pipe(Effect.flip, Effect.provide(spans.layer))
      const handshake = spans.find("websocket.handshake", "client")
      assert.strictEqual(yield* Spans.exitOf(handshake), "Failure")
      assert.isUndefined(Spans.attributesOf(handshake)["http.response.status_code"])
    }))

  it.live("of a server's handshake fail where the server is to blame, and not where it refuses", () =>
    Effect.gen(function*() {
      const cases = [[Broken, "/broken", "500 Failure"], [Closed, "/closed", "403 Success"]] as const
      for (const [routes, path, outcome] of cases) {
        const spans = Spans.make()
        const { port } = yield* TestServer.start(routes).pipe(Effect.provide(spans.layer))
        yield* RawClient.ask(port, RawClient.handshake(path))
        const span = spans.find("websocket.handshake", "server")
        const exit = yield* Spans.exitOf(span)
        assert.strictEqual(`${Spans.attributesOf(span)["http.response.status_code"]} ${exit}`, outcome)
      }
    }))

  it.live("say wss on both sides where it is TLS", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { port } = yield* TestServer.start(Talk, { tls: Certificate.identity }).pipe(Effect.provide(spans.layer))
      yield* WebSocketClient.connect(`wss://localhost:${port}/talk/ada`, { tls: Certificate.trust }).pipe(
        Effect.flatMap(({ close }) => close()),
        Effect.scoped,
        Effect.provide(spans.layer)
      )
      const sides = (["client", "server"] as const).map((kind) => spans.find("websocket.handshake", kind))
      assert.deepStrictEqual(sides.map((span) => Spans.attributesOf(span)["url.scheme"]), ["wss", "wss"])
    }))

  it.live("of a client name the Unix socket it connects to, and no port", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const path = join(tmpdir(), "effect-ws-nobody-listens")
      yield* WebSocketClient.connect(`ws+unix:${path}`).pipe(Effect.flip, Effect.provide(spans.layer))
      const attributes = Spans.attributesOf(spans.find("websocket.handshake", "client"))
      assert.deepStrictEqual([attributes["server.address"], attributes["server.port"]], [path, undefined])
    }))

  it.live("of connections fail where these do", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { port } = yield* start(spans)
      const client = yield* RawClient.open(port, "/talk/ada")
      client.socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))
      yield* client.closeCode
      const connection = spans.find("websocket.connection", "server")
      assert.strictEqual(yield* Spans.exitOf(connection), "Failure")
      assert.strictEqual(Spans.attributesOf(connection)["websocket.close.clean"], false)
    }))

  it.live("are there for each message where that is wanted, until the reader is done with it", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { url } = yield* start(spans, Observability.layerSpans("Messages"))
      const { close, messages, sendAll } = yield* WebSocketClient.connect(`${url}/talk/ada`)
      yield* sendAll(["one", new Uint8Array(2)])
      yield* Stream.runDrain(Stream.take(messages, 2))
      yield* close()
      const ofMessages = [...spans.all].filter(({ kind }) => kind === "consumer" || kind === "producer")
      yield* Effect.forEach(ofMessages, Spans.exitOf)
      const seen = ofMessages.map((span) => {
        const { "websocket.message.size": size, "websocket.message.type": type } = Spans.attributesOf(span)
        return [span.name, type, size].join(" ")
      })
      assert.sameMembers(seen, [
        "websocket.receive text 3",
        "websocket.receive binary 2",
        "websocket.send text 3",
        "websocket.send binary 2"
      ])
      const { spanId } = spans.find("websocket.connection", "server")
      assert.deepStrictEqual(ofMessages.map(Spans.parentOf), Array(4).fill(spanId))
    }))

  it.live("are there for prepared messages and for streamed ones, whose size nobody knows before", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const { url } = yield* TestServer.start(Talk)
      const client = yield* WebSocketClient.connect(`${url}/talk/ada`).pipe(
        Effect.provide(Layer.merge(spans.layer, Observability.layerSpans("Messages")))
      )
      const sending = Effect.andThen(
        client.send(Connection.prepare("Grüße")),
        client.sendStream(Stream.make("in ", "parts"))
      )
      yield* Effect.provide(sending, spans.layer)
      const received = yield* Stream.runCollect(Stream.take(client.messages, 2))
      assert.deepStrictEqual(received, ["Grüße", "in parts"])
      const seen = spans.all.filter(({ kind }) => kind === "producer").map((span) => {
        const { "websocket.message.size": size, "websocket.message.type": type } = Spans.attributesOf(span)
        return [type, size]
      })
      assert.deepStrictEqual(seen, [["text", 7], [undefined, undefined]])
    }))

  it.live("are told the server of where there is a tracer, in the headers of the handshake, and not where there is none", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* RawServer.start((request) => request.socket.end(RawServer.answer(403)))
      const spans = Spans.make()
      const refused = Effect.flip(WebSocketClient.connect(url))
      yield* refused
      yield* Effect.provide(refused, spans.layer)
      const { spanId, traceId } = spans.find("websocket.handshake", "client")
      const told = requests.map(({ headers }) => [headers["traceparent"], headers["b3"]])
      assert.deepStrictEqual(told, [
        [undefined, undefined],
        [`00-${traceId}-${spanId}-01`, `${traceId}-${spanId}-1`]
      ])
    }))

  it.live("are not made where they are switched off, and no trace is sent then", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const off = Observability.layerSpans("None")
      const { url } = yield* start(spans, off)
      const others = Spans.make()
      yield* WebSocketClient.connect(`${url}/talk/ada`).pipe(
        Effect.flatMap(({ close }) => close()),
        Effect.scoped,
        Effect.provide(Layer.merge(others.layer, off))
      )
      assert.deepStrictEqual(others.names(), [])
      assert.notInclude(spans.names(), "websocket.handshake")
    }))
})
