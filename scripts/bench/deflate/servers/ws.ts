import { WebSocketServer } from "ws"
import { report } from "../../report.ts"
import { pushed } from "../cases.ts"
import { messages } from "../messages.ts"

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: { threshold: 0 } })

/** Sends as many messages as it is asked for. */
const feed = messages(pushed)

server.on("connection", (socket, { url }) => {
  let next = 0
  socket.on("message", (data, isBinary) => {
    if (url !== "/push") return socket.send(data, { binary: isBinary })
    for (let i = Number(data); i > 0; i--) socket.send(feed[next++ % feed.length])
  })
})
server.on("listening", () => {
  const address = server.address()
  if (typeof address === "object" && address !== null) report(address.port)
})
