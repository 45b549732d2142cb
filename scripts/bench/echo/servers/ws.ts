import type * as Ws from "ws"
import { report } from "../../report.ts"

/** ws, or with the argument `compat` our face of it. */
const name = process.argv[2] === "compat" ? "effect-ws/compat" : "ws"
const { WebSocketServer } = await import(name) as typeof Ws

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false, maxPayload: 0 })

server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
})
server.on("listening", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) report(address.port)
})
