import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope, Stream } from "effect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { once } from "node:events"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { reasonFor } from "../client/Failure.ts"
import { leavingNothing } from "../client/Leaks.ts"
import * as Certificate from "../server/Certificate.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"

/** A server that does something with each connection as soon as octets come. */
const listen = (onData: (socket: Net.Socket) => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = Net.createServer((socket) => socket.on("error", () => {}).once("data", () => onData(socket)))
        await once(server.listen(0, "127.0.0.1"), "listening")
        return server
      }),
      (server) => Effect.sync(() => void server.close())
    ),
    (server) => (server.address() as Net.AddressInfo).port
  )

/** The first octets of a server's part of a TLS handshake: the head of a record, of which the rest never comes. */
const halfRecord = Buffer.from("160303007a0200007603", "hex")

const breaks: Readonly<Record<string, (socket: Net.Socket) => void>> = {
  "is reset": (socket) => socket.resetAndDestroy(),
  "ends": (socket) => socket.end(),
  "ends in the middle of a record": (socket) => socket.end(halfRecord),
  "is reset in the middle of a record": (socket) => socket.write(halfRecord, () => socket.resetAndDestroy()),
  "is answered with something else": (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
}

describe("a client's TLS handshake", () => {
  for (const [how, act] of Object.entries(breaks)) {
    it.live(`that ${how} is a TransportError`, () =>
      leavingNothing(Effect.gen(function*() {
        const port = yield* listen(act)
        const reason = yield* reasonFor(`wss://localhost:${port}`, { tls: Certificate.trust })
        assert.strictEqual(reason._tag, "TransportError", reason.message)
      })))
  }

  it.live("that does not go on is a TimeoutError", () =>
    leavingNothing(Effect.gen(function*() {
      const sockets: Array<Net.Socket> = []
      const port = yield* listen((socket) => sockets.push(socket))
      const reason = yield* reasonFor(`wss://localhost:${port}`, { tls: Certificate.trust, handshakeTimeout: 50 })
      assert.deepInclude(reason, { _tag: "TimeoutError", operation: "handshake" })
      for (const socket of sockets) socket.destroy()
    })))

  it.live("with a server that demands a certificate is a TransportError", () =>
    leavingNothing(Effect.gen(function*() {
      const tls = { ...Certificate.identity, requestCert: true, rejectUnauthorized: true, ...Certificate.trust }
      const { port } = yield* TestServer.start(WebSocketServer.handle("/", () => Effect.never), { tls })
      const reason = yield* reasonFor(`wss://localhost:${port}`, { tls: Certificate.trust })
      assert.strictEqual(reason._tag, "TransportError", reason.message)
    })))
})

const Echo = WebSocketServer.handle("/", ({ messages, sink }) => Stream.run(messages, sink))

/** A client over TLS, and the TCP connection beneath it. */
const dial = (port: number) =>
  Effect.gen(function*() {
    const tcp = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const socket = Net.connect(port, "127.0.0.1")
        await once(socket, "connect")
        return socket.on("error", () => {})
      }),
      (socket) => Effect.sync(() => socket.destroy())
    )
    const secure = Tls.connect({ socket: tcp, servername: "localhost", ...Certificate.trust })
    const connection = yield* WebSocketClient.connect("wss://localhost").pipe(
      Effect.provideService(WebSocketClient.Dialer, () => Effect.succeed(secure))
    )
    return { connection, tcp }
  })

describe("a server over TLS goes on", () => {
  const garbage: Readonly<Record<string, (socket: Net.Socket) => void>> = {
    "a handshake that is reset": (socket) => socket.resetAndDestroy(),
    "a handshake that ends": (socket) => socket.end(),
    "half a record": (socket) => socket.end(halfRecord),
    "plain HTTP": (socket) => socket.end("GET / HTTP/1.1\r\n\r\n")
  }
  for (const [what, act] of Object.entries(garbage)) {
    it.live(`after ${what}`, () =>
      leavingNothing(Effect.gen(function*() {
        const { errors, port } = yield* TestServer.start(Echo, { tls: Certificate.identity })
        const { socket } = yield* RawClient.connect({ host: "127.0.0.1", port })
        act(socket)
        yield* Effect.promise(async () => void (socket.closed || await once(socket, "close")))
        const { connection: { messages, send } } = yield* dial(port)
        yield* send("Hello")
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Hello"])
        assert.deepStrictEqual(errors, [])
      })))
  }

  for (const how of ["end", "resetAndDestroy", "destroy"] as const) {
    it.live(`and ends a connection with 1006 whose TCP is gone by ${how}() without TLS having ended`, () =>
      leavingNothing(Effect.gen(function*() {
        const { errors, port, service } = yield* TestServer.start(Echo, { tls: Certificate.identity })
        const { connection: { closed, messages }, tcp } = yield* dial(port)
        tcp[how]()
        const exit = yield* Effect.exit(Stream.runDrain(messages))
        assert.strictEqual(exit._tag, "Failure")
        assert.deepInclude(yield* closed, { code: 1006, clean: false })
        yield* Effect.repeat(Effect.andThen(Effect.sleep(2), service.connections), { until: (count) => count === 0 })
        assert.deepStrictEqual(errors, [])
      })))
  }
})

describe("a name", () => {
  it.live("that nobody knows is a TransportError with Node's error", () =>
    leavingNothing(Effect.gen(function*() {
      const reason = yield* reasonFor("ws://effect-ws.invalid/")
      assert.strictEqual(reason._tag, "TransportError")
      assert.match(reason.message, /getaddrinfo/)
    })))

  it.live("that cannot be looked up in time is a TimeoutError", () =>
    leavingNothing(Effect.gen(function*() {
      const tls = { ...Certificate.trust, lookup: () => {} } // a resolver that never answers
      const reason = yield* reasonFor("wss://effect-ws.invalid/", { tls, handshakeTimeout: 50 })
      assert.deepInclude(reason, { _tag: "TimeoutError", operation: "handshake" })
    })))
})
