/** permessage-deflate as the tester does it, with `node:zlib` alone, and held to exactly what was agreed on (RFC 7692). */
import * as Zlib from "node:zlib"

export interface Direction {
  readonly takeover: boolean
  readonly windowBits: number
}

/** What was agreed on for the messages of each role. */
export interface Agreement {
  readonly client: Direction
  readonly server: Direction
}

const directionOf = (role: keyof Agreement, extension: string): Direction => ({
  takeover: !extension.includes(`${role}_no_context_takeover`),
  windowBits: Number(new RegExp(`${role}_max_window_bits=(\\d+)`).exec(extension)?.[1] ?? 15)
})

/** Reads a server's answer. */
export const agreementOf = (extension: string): Agreement => ({
  client: directionOf("client", extension),
  server: directionOf("server", extension)
})

/** A flush ends with these octets, which are not sent (RFC 7692 §7.2.1). */
const tail = Buffer.of(0x00, 0x00, 0xff, 0xff)

const { Z_SYNC_FLUSH } = Zlib.constants

/** Compresses messages, one after the other. */
export class Writer {
  private readonly takeover: boolean
  private readonly stream: Zlib.DeflateRaw
  private parts: Array<Buffer> = []

  constructor({ takeover, windowBits }: Direction) {
    this.takeover = takeover
    this.stream = Zlib.createDeflateRaw({ windowBits })
    this.stream.on("data", (part: Buffer) => this.parts.push(part))
  }

  async write(payload: Uint8Array): Promise<Buffer> {
    if (payload.length === 0) return Buffer.of(0) // RFC 7692 §7.2.3.6
    if (!this.takeover) this.stream.reset()
    this.stream.write(payload)
    await new Promise<void>((resolve) => this.stream.flush(Z_SYNC_FLUSH, resolve))
    return Buffer.concat(this.parts.splice(0)).subarray(0, -tail.length)
  }

  close(): void {
    this.stream.close()
  }
}

/** Decompresses messages. One that refers to more than it may, by the window or by takeover, is corrupt to it. */
export class Reader {
  private readonly direction: Direction
  private window = Buffer.alloc(0)

  constructor(direction: Direction) {
    this.direction = direction
  }

  /** zlib also looks back at what it has just given out, beyond its window: so that is as little as Node allows. */
  read(payload: Uint8Array): Buffer {
    const { takeover, windowBits } = this.direction
    const options = { windowBits, finishFlush: Z_SYNC_FLUSH, chunkSize: 64 }
    const dictionary = this.window.length > 0 ? { dictionary: this.window } : {}
    const plain = Zlib.inflateRawSync(Buffer.concat([payload, tail]), { ...options, ...dictionary })
    if (takeover) this.window = Buffer.concat([this.window, plain]).subarray(-(2 ** windowBits))
    return plain
  }
}
