import { connect, type Socket } from "node:net"
import type { Traffic } from "./cases.ts"
import { FrameReader } from "./frames.ts"
import type { Script } from "./script.ts"

const lost = (): never => {
  throw new Error("the server dropped a connection")
}

/** One connection of the load: keeps `depth` messages on the way. */
export class Peer {
  private readonly socket: Socket
  private readonly script: Script
  /** How many messages answer a request. */
  private readonly answers: number
  private readonly ahead: number
  private sent = 0
  private toSend = 0
  private received = 0
  private toReceive = 0
  private done: () => void = () => {}
  /** Octets of the payloads received. */
  octets = 0

  constructor(socket: Socket, script: Script, { depth, kind }: Traffic, keep?: Array<Buffer>) {
    const reader = new FrameReader((payload) => {
      keep?.push(Buffer.from(payload))
      this.received++
      this.octets += payload.length
    })
    this.socket = socket
    this.script = script
    this.answers = kind === "push" ? depth : 1
    this.ahead = depth / this.answers
    socket.once("close", lost)
    socket.on("data", (chunk) => {
      reader.push(chunk)
      this.goOn()
    })
  }

  /** Has so many messages sent and received, a multiple of `depth`. */
  exchange(messages: number): Promise<void> {
    return new Promise((resolve) => {
      this.done = resolve
      this.toSend += messages / this.answers
      this.toReceive += messages
      this.goOn()
    })
  }

  close(): void {
    this.socket.off("close", lost).destroy()
  }

  private goOn(): void {
    if (this.received === this.toReceive) return this.done()
    const answered = Math.floor(this.received / this.answers)
    const count = Math.min(this.toSend, answered + this.ahead) - this.sent
    if (count > 0) this.socket.write(this.script.take(this.sent, count))
    this.sent += count
  }
}

const request = ({ kind, takeover }: Traffic): string => {
  const params = takeover ? "" : "; server_no_context_takeover; client_no_context_takeover"
  return `GET /${kind} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
    `Sec-WebSocket-Extensions: permessage-deflate${params}\r\n\r\n`
}

/** Fails unless the server takes the offer as it is. */
const check = (response: string, { takeover }: Traffic): void => {
  const params = /^sec-websocket-extensions: permessage-deflate(.*)$/im.exec(response)?.[1]
  if (params?.includes("server_no_context_takeover") === !takeover) return
  throw new Error(`the server did not agree:\n${response}`)
}

/** Connects. `keep` gets all payloads. */
export const open = (port: number, script: Script, traffic: Traffic, keep?: Array<Buffer>): Promise<Peer> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true })
    socket.once("error", reject)
    socket.once("data", (chunk) => {
      check(`${chunk}`, traffic)
      resolve(new Peer(socket, script, traffic, keep))
    })
    socket.write(request(traffic))
  })
