import { WebSocketServer } from "../../../../src/compat/index.ts"
import { report } from "../../report.ts"

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false, maxPayload: 0 })

server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }))
})
server.on("listening", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) report(address.port)
})
