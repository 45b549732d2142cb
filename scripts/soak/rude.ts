/** Peers that know nothing of manners: they reset, half-close, vanish, or send what is no frame. */
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"
import * as RawClient from "../../test/server/RawClient.ts"
import { acceptOf } from "./accept.ts"

/** A message of 300 octets that ends in its middle. */
const half = Buffer.from([0x82, 0xfe, 0x01, 0x2c, 0, 0, 0, 0, 1, 2, 3])
const garbage = Buffer.from([0xf7, 0x80, 0, 0, 0, 0])

type Farewell = (socket: Socket) => void

/** How such a client goes, and such a server: what it is sent unmasked does not matter any more then. */
const farewells: ReadonlyArray<Farewell> = [
  (socket) => socket.resetAndDestroy(),
  (socket) => void socket.end(),
  (socket) => socket.destroy(),
  (socket) => void socket.write(half, () => socket.destroy()),
  (socket) => void socket.write(half, () => socket.resetAndDestroy()),
  (socket) => void socket.end(garbage),
  (socket) => void socket.write(garbage)
]

export const ways = farewells.length

/** Shakes hands or does not even get that far, says hello, and goes. Waits until the server is gone, too. */
export const visit = async (port: number, path: string, way: number): Promise<void> => {
  const socket = connect(port, "127.0.0.1").on("error", () => {})
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  await once(socket, "connect")
  const request = RawClient.handshake(path)
  const isHasty = way % 4 === 3
  socket.write(isHasty ? request.slice(0, 40) : request)
  if (!isHasty) {
    await Promise.race([once(socket, "data"), closed])
    socket.write(RawClient.textFrame("hello"))
    socket.resume()
  }
  farewells[way % ways](socket)
  setTimeout(() => socket.destroy(), 2000).unref()
  await closed
}

/** A server whose path says how it goes when hands are shaken: `/0`, `/1`...; all others are left without an answer. */
export const startServer = async (): Promise<number> => {
  const server = createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", (head: Buffer) => answer(socket, head.toString("latin1")))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

const answer = (socket: Socket, head: string): void => {
  const way = Number(/^GET \/(\d+) /.exec(head)?.[1] ?? NaN)
  if (Number.isNaN(way)) return void socket.destroy()
  socket.write(acceptOf(head), () => farewells[way % ways](socket))
  socket.resume()
}
