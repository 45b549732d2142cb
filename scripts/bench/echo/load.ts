/**
 * The load: bare sockets that send prepared bytes and count what comes back, so that the server is the bottleneck.
 */
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"
import type { Case } from "./cases.ts"

interface Job {
  readonly port: number
  readonly case: Case
}

/** One masked frame, so many times. */
const frames = ({ depth, size, text }: Case): Buffer => {
  const payload = text ? Buffer.alloc(size, "{\"key\": \"value 0123456789\"} ") : randomBytes(size)
  const key = randomBytes(4)
  const masked = Buffer.from(payload.map((octet, i) => octet ^ key[i & 3]))
  const frame = Buffer.concat([header(size, text), key, masked])
  return Buffer.concat(Array.from({ length: depth }, () => frame))
}

const header = (size: number, text: boolean): Buffer => {
  const first = text ? 0x81 : 0x82
  if (size < 126) return Buffer.from([first, 0x80 | size])
  if (size < 65_536) return Buffer.from([first, 0xfe, size >> 8, size & 0xff])
  const bytes = Buffer.alloc(10)
  bytes[0] = first
  bytes[1] = 0xff
  bytes.writeBigUInt64BE(BigInt(size), 2)
  return bytes
}

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    const request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    socket.setNoDelay(true)
    socket.once("error", reject)
    socket.once("data", () => resolve(socket))
    socket.write(request)
  })

/** Keeps `depth` messages on the way until all came back. */
const drive = (socket: Socket, { depth, size }: Case, block: Buffer, messages: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = block.length / depth
    const received = size + header(size, false).length
    let toSend = messages - depth
    let bytes = 0
    let echoes = 0
    socket.on("error", reject)
    socket.on("data", (chunk) => {
      bytes += chunk.length
      const complete = Math.floor(bytes / received)
      bytes -= complete * received
      echoes += complete
      if (echoes >= messages) return resolve()
      const next = Math.min(complete, toSend)
      if (next === 0) return
      toSend -= next
      socket.write(block.subarray(0, next * sent))
    })
    socket.write(block)
  })

const run = async (job: Job): Promise<number> => {
  const block = frames(job.case)
  const sockets = await Promise.all(Array.from({ length: job.case.connections }, () => open(job.port)))
  const each = Math.floor(job.case.messages / job.case.connections)
  const start = process.hrtime.bigint()
  await Promise.all(sockets.map((socket) => drive(socket, job.case, block, each)))
  const elapsed = Number(process.hrtime.bigint() - start) / 1e9
  for (const socket of sockets) socket.destroy()
  return elapsed
}

process.on("message", (job: Job) => {
  void run(job).then((elapsed) => process.send?.({ elapsed }))
})
process.on("disconnect", () => process.exit(0))
