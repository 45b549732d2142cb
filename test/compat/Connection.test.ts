import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import * as compat from "effect-ws/compat"
import { fromWebSocket, toWebSocket } from "effect-ws/compat/Connection"
import * as Connection from "effect-ws/Connection"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import * as ws from "ws"
import { WsPeer } from "../interop/WsPeer.ts"
import * as Loopback from "../Loopback.ts"

const { WebSocket, WebSocketServer } = compat as unknown as typeof ws

const settings = { perMessageDeflate: true, handleProtocols: () => "chat" } as const

/** A WebSocket of ours that is open, in one role, and the peer of ws on the other side. */
const facing = (role: "client" | "server", options: ws.ServerOptions = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const [Server, Client] = role === "server" ? [WebSocketServer, ws.WebSocket] : [ws.WebSocketServer, WebSocket]
      const server = new Server({ ...options, port: 0, host: "localhost" })
      await once(server, "listening")
      const protocols = options.handleProtocols === undefined ? [] : ["chat"]
      const client = new Client(`ws://localhost:${(server.address() as AddressInfo).port}`, protocols)
      const opening = once(client, "open")
      const [accepted] = await once(server, "connection") as [ws.WebSocket]
      const peer = new WsPeer(role === "server" ? client : accepted)
      await opening
      return { server, websocket: role === "server" ? accepted : client, peer }
    }),
    ({ peer, server }) =>
      Effect.sync(() => {
        peer.socket.terminate()
        server.close()
      })
  )

const refusal = <A>(effect: Effect.Effect<A, { readonly reason: { readonly _tag: string } }, Scope.Scope>) =>
  Effect.map(Effect.flip(Effect.scoped(effect)), ({ reason }) => reason._tag)

for (const role of ["client", "server"] as const) {
  describe(`the connection beneath a ${role}'s WebSocket`, () => {
    it.live("has the messages from now on, sends, and tells the WebSocket of the end of its scope", () =>
      Effect.gen(function*() {
        const { peer, websocket } = yield* facing(role)
        const heard: Array<unknown> = []
        websocket.on("message", (data) => heard.push(data))
        const closed = once(websocket, "close")
        const scope = yield* Scope.make()
        const { messages, send } = yield* Scope.provide(fromWebSocket(websocket), scope)
        peer.socket.send("to the connection")
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["to the connection"])
        yield* send("from the connection")
        websocket.send("from the WebSocket")
        assert.deepStrictEqual(yield* peer.received(2), ["from the connection", "from the WebSocket"])
        peer.socket.ping("?")
        yield* peer.until(() => peer.pongs.length > 0)
        assert.deepStrictEqual(peer.pongs, ["?"])
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual((yield* Effect.promise(() => closed))[0], 1000)
        assert.strictEqual((yield* peer.closed).code, 1000)
        assert.deepStrictEqual(heard, [])
      }).pipe(Effect.scoped))

    it.live("knows its role: only a client says that an extension is missing (RFC 6455 §7.4.1)", () =>
      Effect.gen(function*() {
        const { peer, websocket } = yield* facing(role)
        const { close } = yield* fromWebSocket(websocket)
        const end = yield* Effect.exit(close(1010))
        assert.strictEqual(Exit.isSuccess(end), role === "client")
        if (role === "client") assert.strictEqual((yield* peer.closed).code, 1010)
      }).pipe(Effect.scoped))

    it.live("knows what was agreed on", () =>
      Effect.gen(function*() {
        const agreed = yield* fromWebSocket((yield* facing(role, settings)).websocket)
        assert.deepStrictEqual([agreed.protocol, agreed.extensions.map(({ name }) => name)], [
          "chat",
          ["permessage-deflate"]
        ])
        const plain = yield* fromWebSocket((yield* facing(role)).websocket)
        assert.deepStrictEqual([plain.protocol, plain.extensions], [undefined, []])
      }).pipe(Effect.scoped))
  })
}

describe("a peer that sends more than the connection beneath a WebSocket reads", () => {
  it.live("is held back", () =>
    Effect.gen(function*() {
      const { peer, websocket } = yield* facing("server")
      const connection = yield* fromWebSocket(websocket)
      const { driver } = Connection.toDriver(connection)!
      const message = Buffer.alloc(65_536, 1)
      const sent = Array.from({ length: 512 }, () => new Promise((resolve) => peer.socket.send(message, resolve)))
      while (driver.isReading) yield* Effect.promise(() => new Promise(setImmediate))
      assert.isAbove(peer.socket.bufferedAmount, 0)
      const received = yield* Stream.runCollect(Stream.take(connection.messages, sent.length))
      assert.strictEqual(received.reduce((sum, { length }) => sum + length, 0), sent.length * message.length)
      yield* Effect.promise(() => Promise.all(sent))
    }).pipe(Effect.scoped))
})

describe("what is no open WebSocket of ours", () => {
  it.live("has no connection beneath it", () =>
    Effect.gen(function*() {
      const { peer, websocket } = yield* facing("server")
      assert.strictEqual(yield* refusal(fromWebSocket(peer.socket)), "UsageError")
      websocket.close()
      assert.strictEqual(yield* refusal(fromWebSocket(websocket)), "UsageError")
      yield* Effect.promise(() => once(websocket, "close"))
      assert.strictEqual(yield* refusal(fromWebSocket(websocket)), "UsageError")
    }).pipe(Effect.scoped))
})

describe("the WebSocket of a connection", () => {
  it.live("of a WebSocket's leaves the process's exit to others when it is closed", () =>
    Effect.gen(function*() {
      const before = process.listenerCount("exit")
      const { peer, websocket } = yield* facing("server")
      const again = yield* toWebSocket(yield* fromWebSocket(websocket))
      assert.strictEqual(process.listenerCount("exit"), before + 1)
      const closed = once(again, "close")
      peer.socket.close()
      yield* Effect.promise(() => closed)
      assert.strictEqual(process.listenerCount("exit"), before)
    }).pipe(Effect.scoped))

  it.effect("has the messages that nobody has read, and those that come, sends, and hears of the end", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      yield* client.send("before")
      const websocket = yield* toWebSocket(server)
      const heard: Array<string> = []
      websocket.on("message", (data) => {
        heard.push(data.toString())
        websocket.send(`not ${data.toString()}`)
      })
      yield* client.send("after")
      const answers = yield* Stream.runCollect(Stream.take(client.messages, 2))
      assert.deepStrictEqual([heard, answers], [["before", "after"], ["not before", "not after"]])
      const closed = once(websocket, "close")
      const end = yield* client.close(4000, "enough")
      const [code, reason] = yield* Effect.promise(() => closed)
      assert.deepStrictEqual([end.code, code, reason.toString()], [4000, 4000, "enough"])
      assert.strictEqual(websocket.readyState, WebSocket.CLOSED)
    }).pipe(Effect.scoped))

  it.effect("has its messages before its end, also if that comes at once", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      yield* client.sendAll(["one", "two"])
      const websocket = yield* toWebSocket(server)
      const heard: Array<string> = []
      websocket.on("message", (data) => heard.push(data.toString()))
      websocket.on("close", (code) => heard.push(`closed with ${code}`))
      const closed = once(websocket, "close")
      yield* client.close(4001)
      yield* Effect.promise(() => closed)
      assert.deepStrictEqual(heard, ["one", "two", "closed with 4001"])
    }).pipe(Effect.scoped))

  it.effect("has no socket where there is none, and nothing that was agreed on where nothing was", () =>
    Effect.gen(function*() {
      const [, server] = yield* Connection.pair()
      const websocket = yield* toWebSocket(server)
      const { extensions, protocol, readyState } = websocket
      assert.deepStrictEqual([extensions, protocol, readyState], ["", "", WebSocket.OPEN])
      assert.isNull(Reflect.get(websocket, "_socket"))
    }).pipe(Effect.scoped))

  it.live("over TCP has its socket, and ends when that is lost", () =>
    Effect.gen(function*() {
      const { client, clientSocket, server, serverSocket } = yield* Loopback.pair()
      const websocket = yield* toWebSocket(server)
      assert.strictEqual(Reflect.get(websocket, "_socket"), serverSocket)
      const closed = once(websocket, "close")
      const reading = yield* Effect.forkChild(Effect.exit(Stream.runDrain(client.messages)))
      clientSocket.resetAndDestroy()
      assert.strictEqual((yield* Effect.promise(() => closed))[0], 1006)
      yield* Fiber.join(reading)
    }).pipe(Effect.scoped))

  it.effect("is not to be had of a connection that is closed, or of another's making", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      assert.strictEqual(yield* refusal(toWebSocket({ state: "Open" } as Connection.Connection)), "UsageError")
      yield* Effect.all([client.close(), Effect.exit(Stream.runDrain(server.messages))], { concurrency: 2 })
      assert.strictEqual(yield* refusal(toWebSocket(server)), "UsageError")
    }).pipe(Effect.scoped))
})
