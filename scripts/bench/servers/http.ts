/** Node's HTTP server and the shortest answer to an upgrade: the floor for handshakes of all that is built on it. */
import { hash } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { report } from "../report.ts"

const accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
const goodbye = Buffer.of(0x88, 0x02, 0x03, 0xe8)

const acceptValue = (key: string | undefined): string =>
  hash("sha1", `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, "base64")

const server = createServer()
server.on("upgrade", ({ headers }, socket) => {
  socket.on("error", () => socket.destroy())
  socket.on("data", () => socket.end(goodbye))
  socket.write(`${accepted}Sec-WebSocket-Accept: ${acceptValue(headers["sec-websocket-key"])}\r\n\r\n`)
})
server.listen(0, "127.0.0.1", () => report((server.address() as AddressInfo).port))
