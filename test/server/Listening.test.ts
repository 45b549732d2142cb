import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import { leavingNothing } from "../client/Leaks.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Certificate from "./Certificate.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))

const echoes = (url: string, options = {}) =>
  Effect.gen(function*() {
    const peer = yield* WsPeer.connect(url, options)
    peer.socket.send("Hello")
    assert.deepStrictEqual(yield* peer.received(1), ["Hello"])
  }).pipe(Effect.scoped)

/** The url that it says it has, but for the port. */
const urlOf = (options: NodeWebSocketServer.ListenOptions) =>
  Effect.flatMap(
    TestServer.start(Echo, options),
    ({ port, service }) => Effect.map(service.url, (url) => url.replace(`:${port}`, ":port"))
  )

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.flip(Effect.scoped(effect))

describe("a server of its own", () => {
  it.live("serves TCP", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(Echo)
      yield* echoes(`${url}/echo`)
    }))

  it.live("serves TLS", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo, { tls: Certificate.identity })
      yield* echoes(`wss://localhost:${port}/echo`, Certificate.trust)
    }))

  it.live("serves a Unix socket", () =>
    Effect.gen(function*() {
      const path = join(yield* directory, "socket")
      const { service } = yield* TestServer.start(Echo, { path })
      assert.deepInclude(yield* service.address, { _tag: "UnixPathAddress", path })
      yield* echoes(`ws+unix:${path}:/echo`)
    }))

  it.live("listens on every address by default", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo, { host: undefined })
      yield* echoes(`ws://127.0.0.1:${port}/echo`)
      yield* echoes(`ws://localhost:${port}/echo`)
    }))

  it.live("says where it listens", () =>
    Effect.gen(function*() {
      const { service } = yield* TestServer.start(Echo)
      assert.include(JSON.stringify(yield* service.address), "127.0.0.1")
    }))

  it.live("has a url that clients can use: of every address, of TLS, and of a Unix socket", () =>
    Effect.gen(function*() {
      const path = join(yield* directory, "socket")
      assert.strictEqual(yield* urlOf({}), "ws://127.0.0.1:port")
      assert.strictEqual(yield* urlOf({ host: "0.0.0.0" }), "ws://localhost:port")
      assert.strictEqual(yield* urlOf({ tls: Certificate.identity }), "wss://127.0.0.1:port")
      assert.strictEqual(yield* urlOf({ path }), `ws+unix:${path}`)
      assert.strictEqual(yield* urlOf({ path: `${path}s`, tls: Certificate.identity }), `wss+unix:${path}s`)
      yield* echoes(`ws+unix:${path}:/echo`)
    }))

  it.live("fails with a TransportError if its port is taken", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo)
      const { reason } = yield* failure(TestServer.start(Echo, { port }))
      assert.strictEqual(reason._tag, "TransportError")
      assert.include(reason.message, "EADDRINUSE")
    }))

  const impossible: Readonly<Record<string, NodeWebSocketServer.ListenOptions>> = {
    "its port cannot be": { port: 65_536 },
    "its certificate cannot be": { tls: { key: "secret", cert: "public" } },
    "its time for handshakes cannot be": { handshakeTimeout: -1 },
    "its number of connections cannot be": { maxConnections: -1 },
    "its number of connections is none": { maxConnections: Number.NaN }
  }

  for (const [name, options] of Object.entries(impossible)) {
    it.live(`fails with a UsageError if ${name}`, () =>
      Effect.gen(function*() {
        const { reason } = yield* failure(TestServer.start(Echo, options))
        assert.strictEqual(reason._tag, "UsageError")
      }))
  }

  for (const handshakeTimeout of [Duration.infinity, "40 days", 1000.5] as const) {
    it.live(`leaves clients ${Duration.format(Duration.fromInputUnsafe(handshakeTimeout))} to ask, with and without TLS`, () =>
      Effect.gen(function*() {
        yield* echoes((yield* TestServer.start(Echo, { handshakeTimeout })).url + "/echo")
        const { port } = yield* TestServer.start(Echo, { handshakeTimeout, tls: Certificate.identity })
        yield* echoes(`wss://localhost:${port}/echo`, Certificate.trust)
      }))
  }

  it.live("answers plain HTTP with 426", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo)
      const answer = yield* RawClient.ask(port, "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")
      assert.strictEqual(answer.status, 426)
      assert.strictEqual(answer.headers["upgrade"], "websocket")
    }))

  it.live("answers unknown paths with 404", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/other"))).status, 404)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/echo/more"))).status, 404)
    }))

  for (const secure of [false, true]) {
    it.live(`frees its port with the scope, and leaves no socket, server or timer, ${secure ? "with" : "without"} TLS`, () =>
      leavingNothing(Effect.gen(function*() {
        const options = secure ? { tls: Certificate.identity } : {}
        const scope = yield* TestServer.scope
        const { port } = yield* Scope.provide(TestServer.start(Echo, options), scope)
        const url = `${secure ? "wss" : "ws"}://localhost:${port}/echo`
        const peer = yield* WsPeer.connect(url, Certificate.trust)
        yield* Scope.close(scope, Exit.void)
        assert.deepInclude(yield* peer.closed, { code: 1001 })
        yield* Effect.scoped(TestServer.start(Echo, { port }))
      })))
  }
})

const padded = (size: number) => RawClient.handshake("/other", { "X-Padding": "x".repeat(size) })

describe("limits of a server", () => {
  it.live("refuses clients over maxConnections with 503 until another one has left", () =>
    Effect.gen(function*() {
      const { port, service, url } = yield* TestServer.start(Echo, { maxConnections: 2 })
      const first = yield* WsPeer.connect(`${url}/echo`)
      yield* WsPeer.connect(`${url}/echo`)
      assert.strictEqual(yield* service.connections, 2)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/echo"))).status, 503)
      first.socket.close()
      yield* first.closed
      yield* Effect.repeat(service.connections, { until: (count) => count === 1 })
      yield* echoes(`${url}/echo`)
    }))

  it.live("refuses a head over maxHeaderSize with 431", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo, { maxHeaderSize: 2000 })
      assert.strictEqual((yield* RawClient.ask(port, padded(3000))).status, 431)
      assert.strictEqual((yield* RawClient.ask(port, padded(1000))).status, 404)
    }))

  it.live("cuts off a client that sends its request octet by octet", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo, { handshakeTimeout: 100 })
      const client = yield* RawClient.connect({ port })
      const drip = Effect.sync(() =>
        client.socket.write("GET /echo HTTP/1.1\r\nX: ".charAt(client.socket.bytesWritten))
      )
      yield* Effect.forkScoped(Effect.forever(Effect.delay(drip, 20)))
      assert.strictEqual((yield* client.wholeAnswer).status, 408)
    }))

  it.live("cuts off a client that sends nothing", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo, { handshakeTimeout: 100 })
      const client = yield* RawClient.connect({ port })
      yield* client.toEnd
    }))

  it.live("cuts off a client that does not shake hands in TLS", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Echo, { handshakeTimeout: 100, tls: Certificate.identity })
      const client = yield* RawClient.connect({ port })
      yield* client.toEnd
    }))

  it.live("does not wait for a client that has not shaken hands in TLS when it stops", () =>
    Effect.gen(function*() {
      const scope = yield* TestServer.scope
      const { port } = yield* Scope.provide(TestServer.start(Echo, { tls: Certificate.identity }), scope)
      const client = yield* RawClient.connect({ port })
      yield* Effect.timeout(Scope.close(scope, Exit.void), 1000)
      yield* client.toEnd
    }))

  it.live("does not wait for a client that has not asked for anything when it stops", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make() // not the test's: a server that waits for the client does so for ever
      const { port } = yield* Scope.provide(TestServer.start(Echo), scope)
      const client = yield* RawClient.connect({ port })
      const stopping = yield* Effect.forkDetach(Scope.close(scope, Exit.void), { startImmediately: true })
      client.socket.write(RawClient.handshake("/echo"))
      assert.strictEqual((yield* Effect.timeout(client.toEnd, 10_000)).toString(), "")
      yield* Fiber.join(stopping)
    }))
})

describe("a server on an HTTP server that is there", () => {
  for (const options of [{ maxConnections: Number.NaN }, { handshakeTimeout: -1 }]) {
    it.live(`fails with a UsageError for ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        const { createServer } = yield* Effect.promise(() => import("node:http"))
        const layer = NodeWebSocketServer.layerFrom(createServer(), options)
        const { reason } = yield* failure(TestServer.startOn(layer, Layer.empty))
        assert.strictEqual(reason._tag, "UsageError")
        assert.include(reason.message, Object.keys(options)[0])
      }))
  }
})

describe("address", () => {
  it.live("fails with a UsageError while the HTTP server does not listen", () =>
    Effect.gen(function*() {
      const { createServer } = yield* Effect.promise(() => import("node:http"))
      const layer = NodeWebSocketServer.layerFrom(createServer())
      const { reason } = yield* failure(TestServer.startOn(layer, Layer.empty))
      assert.strictEqual(reason._tag, "UsageError")
    }))
})

describe("a client that resets its connection", () => {
  it.live("harms nobody, before the request and after it", () =>
    Effect.gen(function*() {
      const { port, service, url } = yield* TestServer.start(Echo)
      const early = yield* RawClient.connect({ port })
      early.socket.resetAndDestroy()
      const late = yield* RawClient.open(port, "/echo")
      late.socket.resetAndDestroy()
      yield* Effect.repeat(service.connections, { until: (count) => count === 0 })
      yield* echoes(`${url}/echo`)
    }))
})
