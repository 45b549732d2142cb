/** What one side writes on a connection, as lines: heads of HTTP, bodies, and frames, however they come. */
import { hash } from "node:crypto"
import * as zlib from "node:zlib"
import * as Digest from "./Digest.ts"
import * as Frame from "./Frame.ts"

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

const isKey = (value: string): boolean => /^[+/0-9A-Za-z]{22}==$/.test(value)

/** What two sides know of each other. */
export interface Connection {
  key: string | undefined
}

const normal = (connection: Connection, line: string): string => {
  const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? []
  switch (name?.toLowerCase()) {
    case "date":
      return `${name}: <date>`
    case "sec-websocket-key":
      connection.key = value
      return isKey(value) ? `${name}: <key>` : line
    case "sec-websocket-accept":
      return value === hash("sha1", connection.key + guid, "base64") ? `${name}: <accept>` : line
    default:
      return line
  }
}

/** Its mask is another one each time, and how much the operating system has taken, too. */
const partOf = ({ length }: Buffer): string => `${length > 1_000_000 ? "much" : `${length} octets`} of a frame`

const tail = Buffer.from("0000ffff", "hex")
const windowSize = 32_768

/** Follows compressed messages, without which they tell a reader little. */
class Inflater {
  private window = Buffer.alloc(0)
  private parts: Array<Buffer> = []

  private inflate(octets: Buffer, dictionary: Buffer): Buffer | undefined {
    const finishFlush = zlib.constants.Z_SYNC_FLUSH
    try {
      return zlib.inflateRawSync(octets, { finishFlush, ...(dictionary.length > 0 && { dictionary }) })
    } catch {
      return undefined
    }
  }

  /** How zlib has cut its blocks does not matter, but how much it has saved does. */
  push(payload: Buffer, fin: boolean): string {
    this.parts.push(payload)
    if (!fin) return `${payload.length} octets of deflated data`
    const octets = Buffer.concat([...this.parts.splice(0), tail])
    const inflated = this.inflate(octets, this.window) ?? this.inflate(octets, Buffer.alloc(0))
    if (inflated === undefined) return `${Digest.octets(payload)}, which is no deflated data`
    this.window = Buffer.concat([this.window, inflated]).subarray(-windowSize)
    return `${payload.length} octets, inflated ${Digest.octets(inflated)}`
  }
}

export interface Options {
  readonly connection: Connection
  readonly keepMask: boolean
  readonly note: (line: string) => void
}

export class Wire {
  private rest: Buffer = Buffer.alloc(0)
  private readonly chunks: Array<Buffer> = []
  private reads: "head" | "body" | "frames" = "head"
  private readonly inflater = new Inflater()
  private isDeflated = false
  private told = 0
  private readonly options: Options

  constructor(options: Options) {
    this.options = options
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk)
  }

  /** Tells what came. Whatever is left over is told as it is, but only once. */
  flush(): void {
    this.rest = Buffer.concat([this.rest, ...this.chunks.splice(0)])
    if (this.reads === "head") this.readHead()
    if (this.reads === "frames") this.readFrames()
    if (this.rest.length > 0 && this.rest.length !== this.told) {
      this.options.note(`sends ${this.reads === "frames" ? partOf(this.rest) : Digest.octets(this.rest)}`)
    }
    if (this.reads === "body") this.rest = Buffer.alloc(0)
    this.told = this.rest.length
  }

  private readHead(): void {
    const end = this.rest.indexOf("\r\n\r\n")
    if (end < 0) return
    const head = this.rest.subarray(0, end).toString("latin1")
    this.rest = this.rest.subarray(end + 4)
    const [start, ...lines] = head.split("\r\n")
    this.options.note(`sends ${start}`)
    for (const line of lines) this.options.note(`      ${normal(this.options.connection, line)}`)
    if (start.startsWith("HTTP/1.1 1")) this.reads = "frames"
    else this.reads = start.startsWith("HTTP") ? "body" : "frames"
  }

  private readFrames(): void {
    for (let found = Frame.decode(this.rest); found !== undefined; found = Frame.decode(this.rest)) {
      const [frame, rest] = found
      this.rest = rest
      this.options.note(`sends ${this.describe(frame)}`)
    }
  }

  private describe({ fin, mask, opcode, payload, rsv }: Frame.Frame): string {
    const shownMask = this.options.keepMask && mask !== undefined ? `masked with ${mask}` : mask && "masked"
    const words = [Frame.nameOf(opcode), !fin && "unfinished", rsv > 0 && `rsv ${rsv}`, shownMask]
    if (opcode === 1 || opcode === 2) this.isDeflated = rsv === 4
    const shown = opcode < 3 && this.isDeflated ? this.inflater.push(payload, fin) : Digest.octets(payload)
    return `${words.filter(Boolean).join(" ")}: ${shown}`
  }
}
