import { assert, describe, it } from "@effect/vitest"
import { Data, Deferred, Effect, Layer, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import * as NodeHttpWebSocket from "../../src/NodeHttpWebSocket.ts"
import { Refusal } from "../../src/WebSocketServer.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestApp from "./TestApp.ts"

const Echo = NodeHttpWebSocket.add("/", ({ messages, sink }) => Stream.run(messages, sink))

/** Asks an app, in one write. */
const ask = <E>(routes: Parameters<typeof TestApp.start<E>>[0], request: string) =>
  Effect.flatMap(TestApp.start(routes), ({ port }) => RawClient.ask(port, request))

const plain = (method: string, path = "/") =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`

const refusing = <E>(error: E) => NodeHttpWebSocket.add("/", { accept: () => Effect.fail(error) }, () => Effect.void)

describe("a route refuses", () => {
  it.live("a request that does not ask for a WebSocket with 426", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* ask(Echo, plain("GET"))
      assert.deepStrictEqual([status, headers["upgrade"]], [426, "websocket"])
    }))

  it.live("other methods and paths as the router does", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask(Echo, plain("POST"))).status, 404)
      assert.strictEqual((yield* ask(Echo, RawClient.handshake("/other"))).status, 404)
      assert.strictEqual((yield* ask(Echo, RawClient.handshake("/", {}, "POST / HTTP/1.1"))).status, 404)
    }))

  it.live("HEAD with 405 if it asks for an upgrade", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask(Echo, RawClient.handshake("/", {}, "HEAD / HTTP/1.1"))).status, 405)
    }))

  it.live("what breaks the rules of the handshake, with the status that the RFC wants", () =>
    Effect.gen(function*() {
      const old = yield* ask(Echo, RawClient.handshake("/", { "Sec-WebSocket-Version": "7" }))
      assert.strictEqual(old.status, 426)
      assert.strictEqual(old.headers["sec-websocket-version"], "13, 8")
      assert.strictEqual((yield* ask(Echo, RawClient.handshake("/", { "Sec-WebSocket-Key": "short" }))).status, 400)
    }))

  it.live("browsers from elsewhere with 403", () =>
    Effect.gen(function*() {
      const Ours = NodeHttpWebSocket.add("/", { origins: "same" }, () => Effect.void)
      const from = (origin: string) => ask(Ours, RawClient.handshake("/", { Origin: origin }))
      assert.strictEqual((yield* from("http://elsewhere.example")).status, 403)
      assert.strictEqual((yield* from("http://localhost")).status, 101)
    }))

  it.live("by a Refusal", () =>
    Effect.gen(function*() {
      const refusal = new Refusal({ status: 401, headers: { "WWW-Authenticate": "Bearer" }, body: "a token, please" })
      const { body, headers, status } = yield* ask(refusing(refusal), RawClient.handshake("/"))
      assert.deepStrictEqual({ body, status }, { body: "a token, please", status: 401 })
      assert.strictEqual(headers["www-authenticate"], "Bearer")
    }))

  it.live("by any response, with a body that streams, too", () =>
    Effect.gen(function*() {
      const text = Stream.make("no ", "way").pipe(Stream.encodeText)
      const { body, status } = yield* ask(
        refusing(HttpServerResponse.stream(text, { status: 402 })),
        RawClient.handshake("/")
      )
      assert.strictEqual(status, 402)
      assert.match(body, /no [^]*way/)
    }))

  it.live("by an error that knows its response", () =>
    Effect.gen(function*() {
      class Gone extends Data.TaggedError("Gone")<{}> implements HttpServerRespondable.Respondable {
        [HttpServerRespondable.symbol]() {
          return Effect.succeed(HttpServerResponse.empty({ status: 410 }))
        }
      }
      assert.strictEqual((yield* ask(refusing(new Gone()), RawClient.handshake("/"))).status, 410)
    }))

  it.live("by an error that middleware handles", () =>
    Effect.gen(function*() {
      const Banned = HttpRouter.middleware<{ handles: "banned" }>()((app) =>
        Effect.catch(app, (error) =>
          error === "banned" ? Effect.succeed(HttpServerResponse.empty({ status: 403 })) : Effect.fail(error))
      )
      const routes = Layer.provide(refusing("banned" as const), Banned.layer)
      assert.strictEqual((yield* ask(routes, RawClient.handshake("/"))).status, 403)
    }))

  it.live("with 500 if accepting fails otherwise, dies, or gives a header that is none", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask(refusing("no idea"), RawClient.handshake("/"))).status, 500)
      const Dying = NodeHttpWebSocket.add("/", { accept: () => Effect.die("a bug") }, () => Effect.void)
      assert.strictEqual((yield* ask(Dying, RawClient.handshake("/"))).status, 500)
      const Split = NodeHttpWebSocket.add("/", { headers: () => ({ "X-A": "a\r\nX-B: b" }) }, () => Effect.void)
      assert.strictEqual((yield* ask(Split, RawClient.handshake("/"))).status, 500)
    }))

  it.live("options that cannot be, before it serves", () =>
    Effect.gen(function*() {
      const Wrong = NodeHttpWebSocket.add("/", { compression: { serverMaxWindowBits: 3 } }, () => Effect.void)
      const error = yield* Effect.flip(TestApp.start(Wrong))
      assert.strictEqual(error._tag === "WebSocketError" ? error.reason._tag : error._tag, "UsageError")
    }))
})

describe("a client that does not wait for the answer", () => {
  for (const [name, asking] of [["at once", Effect.void], ["in a while", Effect.sleep(50)]] as const) {
    it.live(`loses nothing where it is accepted ${name}`, () =>
      Effect.gen(function*() {
        const Slow = NodeHttpWebSocket.add("/", {
          accept: () => asking
        }, ({ messages, sink }) => Stream.run(messages, sink))
        const { port } = yield* TestApp.start(Slow)
        const client = yield* RawClient.connect({ host: "127.0.0.1", port })
        const frames = ["a", "b"].map(RawClient.textFrame)
        client.socket.write(Buffer.concat([Buffer.from(RawClient.handshake("/")), ...frames, frames[0].subarray(0, 3)]))
        yield* Effect.sleep(10)
        client.socket.write(Buffer.concat([frames[0].subarray(3), RawClient.closeFrame(1000)]))
        const received = yield* client.framesToClose
        assert.deepStrictEqual(
          received.slice(0, 3).map(({ payload }) => payload.toString()),
          ["a", "b", "a"]
        )
      }))
  }

  it.live("has its connection end where it has gone before it is accepted", () =>
    Effect.gen(function*() {
      const code = yield* Deferred.make<number>()
      const gone = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ source }) =>
        Effect.promise(() => once((source as IncomingMessage).socket, "end")))
      const Slow = NodeHttpWebSocket.add("/", {
        accept: () =>
          gone
      }, ({ closed }) => Effect.flatMap(closed, (event) => Deferred.succeed(code, event.code)))
      const { port } = yield* TestApp.start(Slow)
      const { socket } = yield* RawClient.connect({ host: "127.0.0.1", port })
      socket.end(RawClient.handshake("/"))
      assert.strictEqual(yield* Deferred.await(code), 1006)
    }))
})
