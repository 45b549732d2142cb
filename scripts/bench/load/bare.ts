/** The bare server where there is no C compiler: see `bare.c`. */
import { createHash } from "node:crypto"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { createInterface } from "node:readline"

const most = 1024
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
const close = Buffer.of(0x88, 0)

const answerTo = (request: string): string => {
  const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1]
  const accept = createHash("sha1").update(`${key}${guid}`).digest("base64")
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
}

const answer = (socket: Socket, request: string): void => {
  const size = Number(/^GET \/(\d+)/.exec(request)?.[1])
  const header = size < 126 ? [0x82, size] : [0x82, 126, size >> 8, size & 0xff]
  const frame = Buffer.concat([Buffer.from(header), Buffer.alloc(size, 1)])
  const block = Buffer.concat(Array.from({ length: most }, () => frame))
  const maskedSize = frame.length + 4
  let octets = 0
  socket.write(answerTo(request))
  socket.on("data", (chunk) => {
    if (octets === 0 && chunk[0] === close[0]) return socket.end(close)
    octets += chunk.length
    const complete = Math.floor(octets / maskedSize)
    octets -= complete * maskedSize
    if (complete > 0) socket.write(block.subarray(0, complete * frame.length))
  })
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy())
  socket.once("data", (request) => answer(socket, request.toString("latin1")))
})
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })))

createInterface({ input: process.stdin }).on("close", () => process.exit()).on("line", () => {
  const { system, user } = process.cpuUsage()
  console.log(JSON.stringify({ cpu: (user + system) / 1e6 }))
})
