/**
 * From the world of ws to that of Effect and back, so that a program can move piece by piece.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Connection from "../Connection.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as WebSocketError from "../WebSocketError.ts"
import type * as Face from "./Face.ts"
import { linkKey } from "./Link.ts"
import { over, WebSocket } from "./WebSocket.ts"

/**
 * The connection beneath a WebSocket that is open. It ends with the scope.
 *
 * **Details**
 *
 * Messages go to the connection from now on, instead of the WebSocket's listeners, and pings are answered by it. Both can
 * send, and both are told of the end. Convert a WebSocket when it opens, within the same turn of the event loop: what it
 * has emitted already is gone. Fails with a `UsageError` if the WebSocket is not open.
 *
 * **Example** (Handling the connections of a server of ws with Effect)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import WebSocket, { WebSocketServer } from "effect-ws/compat"
 * import { fromWebSocket } from "effect-ws/compat/Connection"
 * import { once } from "node:events"
 *
 * const server = new WebSocketServer({ port: 8080 })
 * server.on("connection", (socket) => {
 *   const echo = Effect.flatMap(fromWebSocket(socket), ({ messages, sink }) => Stream.run(messages, sink))
 *   Effect.runFork(Effect.scoped(echo))
 * })
 *
 * await once(server, "listening")
 * const client = new WebSocket("ws://localhost:8080")
 * await once(client, "open")
 * client.send("Hello")
 * const [data] = await once(client, "message")
 * client.close()
 * server.close()
 * data.toString() // => "Hello"
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromWebSocket = (
  websocket: object
): Effect.Effect<Connection.Connection, WebSocketError.WebSocketError, Scope.Scope> =>
  Effect.suspend(() => {
    const driver = websocket instanceof WebSocket && websocket.readyState === 1 ? websocket[linkKey]?.driver : undefined
    if (driver === undefined) return Effect.fail(WebSocketError.fromUsage("it is not an open WebSocket of effect-ws"))
    driver.setTap(undefined)
    const { _isServer, extensions, protocol } = websocket as WebSocket
    return Connection.fromDriver(driver, {
      role: _isServer ? "server" : "client",
      protocol: protocol === "" ? undefined : protocol,
      extensions: extensions === "" ? [] : [{ name: PerMessageDeflate.name, params: [] }]
    })
  })

/**
 * A WebSocket for a connection, for code that wants one of ws. The connection still ends with its scope.
 *
 * **Details**
 *
 * Messages go to the WebSocket's listeners from now on, beginning with those that nobody has read, in the next turn of
 * the event loop; do not read the connection as well.
 *
 * **Example** (Giving a connection to code that was written for ws)
 *
 * ```ts
 * import { Effect } from "effect"
 * import type WebSocket from "effect-ws/compat"
 * import { toWebSocket } from "effect-ws/compat/Connection"
 * import * as Connection from "effect-ws/Connection"
 *
 * const shout = (socket: WebSocket) => socket.on("message", (data) => socket.send(data.toString().toUpperCase()))
 *
 * const program = Effect.gen(function*() {
 *   const [client, server] = yield* Connection.pair()
 *   shout(yield* toWebSocket(server))
 *   yield* client.send("hello")
 *   return yield* client.pull
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => ["HELLO"]
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const toWebSocket = (
  connection: Connection.Connection
): Effect.Effect<Face.WebSocket, WebSocketError.WebSocketError> =>
  Effect.suspend(() => {
    const parts = connection.state === "Open" ? Connection.toDriver(connection) : undefined
    if (parts === undefined) return Effect.fail(WebSocketError.fromUsage("it is not an open connection of effect-ws"))
    return Effect.succeed(over(parts.driver, parts.agreement) as unknown as Face.WebSocket)
  })
