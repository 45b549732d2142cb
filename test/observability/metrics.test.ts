import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Stream } from "effect"
import { once } from "node:events"
import CompatWebSocket, { WebSocketServer as CompatServer } from "../../src/compat/index.ts"
import * as Connection from "../../src/Connection.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as Loopback from "../Loopback.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Metrics from "./Metrics.ts"

const Echo = WebSocketServer.handle("/", ({ messages, sink }) => Stream.run(messages, sink))

const Closed = WebSocketServer.handle("/", {
  accept: () => Effect.fail(new WebSocketServer.Refusal({ status: 401 }))
}, () => Effect.void)

const Slow = WebSocketServer.handle("/slow", { accept: () => Effect.never }, () => Effect.void)

describe("the metrics", () => {
  it.live("tell of connections, messages, handshakes and closes, by role", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { url } = yield* TestServer.start(Echo)
      const client = yield* WebSocketClient.connect(url)
      yield* client.sendAll(["one", "two"])
      yield* Stream.runDrain(Stream.take(client.messages, 2))
      const open = {
        "connections": 1,
        "connections_total": 1,
        "handshake_seconds": 1,
        "messages_total in": 2,
        "messages_total out": 2
      }
      assert.deepStrictEqual(yield* Metrics.since(before, "client"), open)
      assert.deepStrictEqual(yield* Metrics.since(before, "server"), open)
      yield* client.close(4001)
      const { connections: _, ...closed } = { ...open, "closes_total 4xxx": 1 }
      assert.deepStrictEqual(yield* Metrics.since(before, "client"), closed)
      assert.deepStrictEqual(yield* Metrics.since(before, "server"), closed)
    }))

  it.live("count octets with their frame headers, as both sides see them", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const before = yield* Metrics.read
      yield* client.send("Hello")
      yield* server.pull
      assert.strictEqual(yield* Metrics.growth(before, "client bytes_total out"), 11)
      assert.strictEqual(yield* Metrics.growth(before, "server bytes_total in"), 11)
    }))

  it.live("count streamed and compressed messages as messages", () =>
    Effect.gen(function*() {
      for (const compression of [false, { threshold: 0 }]) {
        const [client, server] = yield* Connection.pair({ compression })
        assert.lengthOf(client.extensions, compression ? 1 : 0)
        const before = yield* Metrics.read
        yield* client.sendStream(Stream.make("a", "message"))
        yield* client.send("another")
        yield* Stream.runDrain(Stream.take(server.messages, 2))
        assert.strictEqual(yield* Metrics.growth(before, "client messages_total out"), 2)
        assert.strictEqual(yield* Metrics.growth(before, "server messages_total in"), 2)
      }
    }))

  it.live("count messages that are read as frames", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const before = yield* Metrics.read
      yield* client.sendStream(Stream.make("a", "message"))
      const ends = yield* server.frames.pipe(Stream.filter(({ fin }) => fin), Stream.take(1), Stream.runCollect)
      assert.lengthOf(ends, 1)
      assert.strictEqual(yield* Metrics.growth(before, "client messages_total out"), 1)
      assert.strictEqual(yield* Metrics.growth(before, "server messages_total in"), 1)
    }))

  it.live("measure the round trips of pings", () =>
    Effect.gen(function*() {
      const { client } = yield* Loopback.pair()
      const before = yield* Metrics.read
      yield* client.ping()
      assert.strictEqual(yield* Metrics.growth(before, "client ping_seconds"), 1)
    }))

  it.live("name the rule that a peer broke, and the limit that it went over", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { client, server } = yield* Loopback.pair({ maxMessageSize: 10 })
      yield* client.send("much too long")
      yield* server.closed
      const changed = yield* Metrics.since(before, "server")
      assert.deepInclude(changed, {
        "closes_total 1009": 1,
        "violations_total MessageTooBig": 1,
        "limits_total maxMessageSize": 1
      })
    }))

  it.live("tell of peers that leave the closing handshake to its time-out", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { connection } = yield* Loopback.facing({ closeTimeout: 10 })
      yield* connection.close()
      assert.deepInclude(yield* Metrics.since(before, "client"), {
        "closes_total 1006": 1,
        "limits_total closeTimeout": 1
      })
    }))

  it.live("tell of peers that were silent for too long", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { connection } = yield* Loopback.facing({ heartbeat: { interval: 10, timeout: 10 } })
      yield* connection.closed
      assert.deepInclude(yield* Metrics.since(before, "client"), { "limits_total heartbeat": 1 })
    }))

  it.live("tell what waits for a reader that does not read, and for how long peers are held back", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { client, server } = yield* Loopback.pair({ inboxSize: 1000 })
      yield* client.send(new Uint8Array(5000))
      yield* Effect.repeat(Metrics.growth(before, "server paused_connections"), { until: (count) => count === 1 })
      assert.isAtLeast(yield* Metrics.growth(before, "server inbox_bytes"), 5000)
      const paused = yield* Metrics.growth(before, "server backpressure_seconds_total in")
      assert.isAbove(yield* Metrics.growth(before, "server backpressure_seconds_total in"), paused)
      yield* server.pull
      assert.strictEqual(yield* Metrics.growth(before, "server inbox_bytes"), 0)
      assert.strictEqual(yield* Metrics.growth(before, "server paused_connections"), 0)
      const total = yield* Metrics.growth(before, "server backpressure_seconds_total in")
      assert.isAbove(total, paused)
      assert.strictEqual(yield* Metrics.growth(before, "server backpressure_seconds_total in"), total)
    }))

  it.live("tell how long senders wait for a peer that does not read", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { client, server } = yield* Loopback.pair({ inboxSize: 1000 })
      const sent = yield* Deferred.make<void>()
      const sending = Effect.forever(client.send(new Uint8Array(65_536)))
      yield* Effect.forkScoped(Effect.ensuring(sending, Deferred.succeed(sent, undefined)))
      yield* Effect.repeat(Metrics.growth(before, "client outbox_bytes"), { until: (octets) => octets > 0 })
      yield* server.terminate
      yield* Deferred.await(sent)
      assert.isAbove(yield* Metrics.growth(before, "client backpressure_seconds_total out"), 0)
      assert.strictEqual(yield* Metrics.growth(before, "client outbox_bytes"), 0)
    }))

  it.live("count handshakes that fail, by status and by limit", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const { port, url } = yield* TestServer.start(Closed, { handshakeTimeout: 20 })
      const slow = yield* TestServer.start(Slow, { handshakeTimeout: 20 })
      yield* Effect.flip(WebSocketClient.connect(url))
      yield* RawClient.ask(port, RawClient.handshake("/nowhere"))
      yield* RawClient.ask(slow.port, RawClient.handshake("/slow"))
      const full = yield* TestServer.start(Echo, { maxConnections: 0 })
      yield* RawClient.ask(full.port, RawClient.handshake("/"))
      yield* Effect.flip(WebSocketClient.connect("ws://127.0.0.1:1"))
      assert.deepStrictEqual(yield* Metrics.since(before, "server"), {
        "handshake_failures_total 401": 1,
        "handshake_failures_total 404": 1,
        "handshake_failures_total 503": 2,
        "limits_total handshakeTimeout": 1,
        "limits_total maxConnections": 1
      })
      assert.deepStrictEqual(yield* Metrics.since(before, "client"), {
        "handshake_failures_total 401": 1,
        "handshake_failures_total TransportError": 1
      })
    }))

  it.live("are the same for the face of ws", () =>
    Effect.gen(function*() {
      const before = yield* Metrics.read
      const server = new CompatServer({ port: 0, host: "127.0.0.1", path: "/here" })
      server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)))
      yield* Effect.promise(() => once(server, "listening"))
      const { port } = server.address() as { readonly port: number }
      const lost = new CompatWebSocket(`ws://127.0.0.1:${port}/there`)
      yield* Effect.promise(() => once(lost, "error"))
      const socket = new CompatWebSocket(`ws://127.0.0.1:${port}/here`)
      yield* Effect.promise(() => once(socket, "open"))
      socket.send("Hello")
      yield* Effect.promise(() => once(socket, "message"))
      socket.close(1000)
      yield* Effect.promise(() => once(socket, "close"))
      server.close()
      const all = {
        "connections_total": 1,
        "closes_total 1000": 1,
        "handshake_failures_total 400": 1,
        "handshake_seconds": 1,
        "messages_total in": 1,
        "messages_total out": 1
      }
      assert.deepStrictEqual(yield* Metrics.since(before, "client"), all)
      assert.deepStrictEqual(yield* Metrics.since(before, "server"), all)
    }))
})
