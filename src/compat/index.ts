/**
 * The face of ws: what the package `ws` 8 exports, on effect-ws.
 *
 * **When to use**
 *
 * To run a program that is written for ws. `import WebSocket from "effect-ws/compat"` is the only line that changes, or
 * `require("effect-ws/compat")`, which gives the class as well; with `effect-ws/register` none does, not even in the
 * program's dependencies. What is written for `@types/ws` compiles.
 *
 * **Example** (Echoing)
 *
 * ```ts
 * import WebSocket, { WebSocketServer } from "effect-ws/compat"
 * import { once } from "node:events"
 *
 * const server = new WebSocketServer({ port: 8080 })
 * server.on("connection", (socket) => {
 *   socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
 * })
 * await once(server, "listening")
 *
 * const socket = new WebSocket("ws://localhost:8080")
 * await once(socket, "open")
 * socket.send("hello")
 * const [data] = await once(socket, "message")
 * String(data) // => "hello"
 *
 * socket.close()
 * server.close()
 * ```
 *
 * @since 0.1.0
 */
import { WebSocket } from "./Face.ts"

export * from "./Face.ts"
export { PerMessageDeflate } from "./PerMessageDeflate.ts"
export { Receiver } from "./Receiver.ts"
export { Sender } from "./Sender.ts"
export type * from "./Settings.ts"
export { WebSocket as "module.exports", WebSocket as default }
