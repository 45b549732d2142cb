/** A peer that writes whatever it is told, as a client or as a server. Nothing is noted of it by itself. */
import { hash } from "node:crypto"
import * as net from "node:net"
import * as Frame from "./Frame.ts"
import * as Wire from "./Wire.ts"

interface Fields {
  readonly [name: string]: unknown
}

interface FrameOptions {
  readonly fin?: boolean
  readonly rsv?: number
  readonly masked?: boolean
}

const key = "dGhlIHNhbXBsZSBub25jZQ=="
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

const requestFields = {
  "Host": "raw",
  "Upgrade": "websocket",
  "Connection": "Upgrade",
  "Sec-WebSocket-Key": key,
  "Sec-WebSocket-Version": "13"
}

/** A value may be a list, for several headers of the same name, or `null` for none. */
const head = (start: string, fields: Fields): string => {
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [value].flat().map((one) => `${name}: ${String(one)}`)
  )
  return [start, ...lines, "", ""].join("\r\n")
}

export class Raw {
  port: number | undefined
  private readonly networkPort: () => number
  private readonly note: (line: string) => void
  private socket: net.Socket | undefined
  private listener: net.Server | undefined
  private received = ""

  constructor(networkPort: () => number, note: (line: string) => void) {
    this.networkPort = networkPort
    this.note = note
  }

  private adopt(socket: net.Socket): void {
    this.socket = socket
    this.received = ""
    socket.on("data", (chunk) => this.received += chunk.toString("latin1"))
    socket.on("error", () => {})
  }

  connect(): void {
    this.adopt(net.connect({ port: this.networkPort(), host: "127.0.0.1", allowHalfOpen: true, noDelay: true }))
  }

  listen(): void {
    this.listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.adopt(socket))
    this.listener.listen(0, "127.0.0.1", () => {
      this.port = (this.listener!.address() as net.AddressInfo).port
    })
  }

  /** Writes octets, or a text in which `\n` stands for a line's end. */
  write(octets: string | Uint8Array): void {
    this.socket?.write(octets)
  }

  /** Asks for a WebSocket, but for what is changed. */
  upgrade(changed: Fields = {}, start = "GET / HTTP/1.1"): void {
    this.write(head(start, { ...requestFields, ...changed }))
  }

  /** Accepts the request that came, but for what is changed. */
  accept(changed: Fields = {}, start = "HTTP/1.1 101 Switching Protocols"): void {
    const [, asked] = /^sec-websocket-key: (.*)\r$/im.exec(this.received) ?? []
    const accept = hash("sha1", asked + guid, "base64")
    this.write(
      head(start, { "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept, ...changed })
    )
  }

  answer(status: number, fields: Fields = {}, body = ""): void {
    this.write(head(`HTTP/1.1 ${status} Raw`, { "Content-Length": body.length, ...fields }) + body)
  }

  frame(opcode: number, data: string | Uint8Array = "", { fin = true, masked, rsv = 0 }: FrameOptions = {}): void {
    const isMasked = masked ?? this.listener === undefined
    const mask = isMasked ? "01020304" : undefined
    this.write(Frame.encode({ fin, rsv, opcode, mask, payload: Buffer.from(data) }))
  }

  /** Tells what it was sent, for when that did not come through the network. */
  tell(): void {
    const wire = new Wire.Wire({ connection: { key: undefined }, keepMask: false, note: this.note })
    wire.push(Buffer.from(this.received, "latin1"))
    wire.flush()
  }

  end(): void {
    this.socket?.end()
  }

  reset(): void {
    this.socket?.resetAndDestroy()
  }

  close(): void {
    this.listener?.close()
  }
}
