import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope, Stream } from "effect"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo } from "node:net"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Certificate from "./Certificate.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))

/** A host that listens until the end of the test. */
const listen = (server: Http.Server | Https.Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

const site: Http.RequestListener = ({ url }, response) => {
  response.setHeader("Connection", "close").end(`the page ${url}`)
}

const plain = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n"

const echoes = (url: string, options = {}) =>
  Effect.gen(function*() {
    const peer = yield* WsPeer.connect(url, options)
    peer.socket.send("Hello")
    assert.deepStrictEqual(yield* peer.received(1), ["Hello"])
  }).pipe(Effect.scoped)

describe("a server on an HTTP server that is there", () => {
  it.live("serves its paths, and leaves requests to the host", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      const port = yield* listen(host)
      const { url } = yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo)
      yield* echoes(`${url}/echo`)
      assert.deepInclude(yield* RawClient.ask(port, plain), { status: 200, body: "the page /page" })
    }))

  it.live("serves on an HTTPS server", () =>
    Effect.gen(function*() {
      const host = Https.createServer(Certificate.identity, site)
      const port = yield* listen(host)
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo)
      yield* echoes(`wss://localhost:${port}/echo`, Certificate.trust)
      const client = yield* RawClient.connect({ host: "localhost", port }, Certificate.trust)
      client.socket.write(plain)
      assert.deepInclude(yield* client.wholeAnswer, { status: 200, body: "the page /page" })
    }))

  it.live("serves a host that starts to listen later", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      yield* Layer.build(Layer.provide(Echo, NodeWebSocketServer.layerFrom(host)))
      const port = yield* listen(host)
      yield* echoes(`ws://127.0.0.1:${port}/echo`)
    }))

  it.live("answers an unknown path with 404 if nobody else listens for upgrades", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      const port = yield* listen(host)
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/other"))).status, 404)
    }))

  it.live("leaves an unknown path to other upgrade listeners", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      host.on("upgrade", ({ url }, socket) => {
        if (url === "/other") socket.end("HTTP/1.1 418 Teapot\r\n\r\n")
      })
      const port = yield* listen(host)
      const { url } = yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/other"))).status, 418)
      yield* echoes(`${url}/echo`)
    }))

  it.live("shares the host with another one of its kind", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      yield* listen(host)
      const { url } = yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo)
      const Other = WebSocketServer.handle("/other", ({ messages, sink }) => Stream.run(messages, sink))
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Other)
      yield* echoes(`${url}/echo`)
      yield* echoes(`${url}/other`)
    }))

  it.live("says no to an unknown path once, if there are several of its kind", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      const port = yield* listen(host)
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo)
      yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), Layer.empty)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/nowhere"))).status, 404)
    }))

  it.live("gives the host back as it was", () =>
    Effect.gen(function*() {
      const host = Http.createServer(site)
      const port = yield* listen(host)
      const listeners = () => host.eventNames().map((name) => [name, host.listenerCount(name)])
      const before = listeners()
      const scope = yield* TestServer.scope
      const { url } = yield* Scope.provide(TestServer.startOn(NodeWebSocketServer.layerFrom(host), Echo), scope)
      const peer = yield* WsPeer.connect(`${url}/echo`)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* peer.closed).code, 1001)
      assert.deepStrictEqual(listeners(), before)
      assert.deepInclude(yield* RawClient.ask(port, plain), { status: 200, body: "the page /page" })
    }))
})
