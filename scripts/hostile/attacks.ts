/** What hostile connections do, each for as long as it is let. */
import { connect, type Socket } from "node:net"
import { constants, deflateRawSync } from "node:zlib"

const head = (path = "/"): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "",
    ""
  ].join("\r\n")

/** A frame that is masked with zeros. */
const frame = (first: number, payload: Uint8Array): Buffer => {
  const { length } = payload
  const size = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 255]
  return Buffer.concat([Buffer.of(first, ...size, 0, 0, 0, 0), payload])
}

/** Writes whenever the socket takes more. */
const flood = (socket: Socket, octets: Uint8Array): void => {
  const more = () => {
    if (socket.writable && socket.write(octets)) setTimeout(more, 1)
  }
  socket.on("drain", more)
  more()
}

const drip = (socket: Socket, octets: Uint8Array): void => {
  let at = 0
  const timer = setInterval(() => socket.write(octets.subarray(at % octets.length, at++ % octets.length + 1)), 50)
  socket.once("close", () => clearInterval(timer))
}

const bomb = deflateRawSync(Buffer.alloc(32 << 20), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
const pings = Buffer.concat(Array.from({ length: 200 }, () => frame(0x89, Buffer.alloc(125))))
const emptyFragments = Buffer.concat(Array.from({ length: 2000 }, () => frame(0, Buffer.alloc(0))))
const echo = frame(0x82, Buffer.alloc(60_000))

type Attack = (socket: Socket) => void

/** Opens the connection, and does it then. */
const opened = (attack: Attack): Attack => (socket) => {
  socket.write(head())
  socket.once("data", () => attack(socket))
}

export const attacks: Readonly<Record<string, Attack>> = {
  "says nothing": () => {},
  "sends its request octet by octet": (socket) => drip(socket, Buffer.from(head())),
  "sends headers without end": (socket) => {
    socket.write("GET / HTTP/1.1\r\n")
    flood(socket, Buffer.from(`X: ${"x".repeat(1000)}\r\n`))
  },
  "asks for what is not there": (socket) => socket.write(head("/nowhere")),
  "is gone at once": (socket) => socket.resetAndDestroy(),
  "is gone when it is connected": opened((socket) => socket.resetAndDestroy()),
  "sends garbage": opened((socket) => flood(socket, Buffer.alloc(1000, 0x5a))),
  "sends frames octet by octet": opened((socket) => drip(socket, frame(0x81, Buffer.from("slow")))),
  "announces 2^62 octets": opened((socket) => socket.write(Buffer.from("82ff400000000000000000000000", "hex"))),
  "announces a mebibyte and sends a little": opened((socket) => {
    socket.write(Buffer.from("82ff000000000010000000000000", "hex"))
    drip(socket, Buffer.alloc(10))
  }),
  "sends empty fragments": opened((socket) => {
    socket.write(frame(1, Buffer.alloc(0)))
    flood(socket, emptyFragments)
  }),
  "floods with pings and reads nothing": opened((socket) => {
    socket.pause()
    flood(socket, pings)
  }),
  "has much sent back and reads nothing": opened((socket) => {
    socket.pause()
    flood(socket, echo)
  }),
  "sends bombs": opened((socket) => socket.write(frame(0xc2, bomb.subarray(0, 65_000)))),
  "closes, and goes on": opened((socket) => {
    socket.write(frame(0x88, Buffer.of(3, 0xe8)))
    flood(socket, echo)
  })
}

/** Keeps one hostile connection up until it is told to stop: when it is dropped, the next one follows. */
export const keepUp = (port: number, attack: Attack, signal: AbortSignal): void => {
  if (signal.aborted) return
  const socket = connect({ port, host: "127.0.0.1" })
  const stop = () => socket.destroy()
  signal.addEventListener("abort", stop, { once: true })
  socket.on("error", () => {})
  socket.once("connect", () => attack(socket))
  socket.once("close", () => {
    signal.removeEventListener("abort", stop)
    setTimeout(() => keepUp(port, attack, signal), 500)
  })
  if (socket.isPaused() === false) socket.resume()
}
