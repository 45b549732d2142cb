/** The floor: TCP sockets that take any request for an upgrade, and do not look at what comes. */
import { type AddressInfo, createServer, type Socket } from "node:net"
import { job } from "../job.ts"
import { report, tally } from "../report.ts"

const { frameSize, work } = job()
const accepted = Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
/** As the load sends them. */
const [ping, goodbye] = [Buffer.of(0x89, 0x80, 1, 2, 3, 4), Buffer.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8)]
const pong = Buffer.of(0x8a, 0)
const present = new Set<Socket>()
let octets = 0

const count = (socket: Socket, chunk: Buffer): void => {
  const isLast = chunk.subarray(-ping.length).equals(ping)
  octets += isLast ? chunk.length - ping.length : chunk.length
  tally.messages = octets / frameSize
  if (isLast) socket.write(pong)
}

const works = {
  echo: (socket: Socket, chunk: Buffer) => chunk.equals(goodbye) ? socket.end() : socket.write(chunk),
  broadcast: (_: Socket, chunk: Buffer) => present.forEach((socket) => socket.write(chunk)),
  count
}

const handle = works[work as keyof typeof works]

const server = createServer({ noDelay: true }, (socket) => {
  present.add(socket)
  socket.once("data", () => {
    socket.write(accepted)
    socket.on("data", (chunk) => handle(socket, chunk))
  })
  socket.on("error", () => socket.destroy())
  socket.on("close", () => present.delete(socket))
})
server.listen(0, "127.0.0.1", () => report((server.address() as AddressInfo).port))
