/** Frames as a client writes and reads them (RFC 6455 §5.2), without a library. */
import { randomBytes } from "node:crypto"

const text = 0x81
const rsv1 = 0x40

/** A masked text message. */
export const masked = (payload: Uint8Array, compressed: boolean): Buffer => {
  const key = randomBytes(4)
  const first = compressed ? text | rsv1 : text
  const { length } = payload
  const header = length < 126 ? [first, 0x80 | length] : [first, 0xfe, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), key, payload.map((octet, i) => octet ^ key[i & 3])])
}

/** Gives the payloads of compressed text messages, each one frame. A server that sends anything else is not measured. */
export class FrameReader {
  private readonly onPayload: (payload: Buffer) => void
  private rest: Buffer = Buffer.alloc(0)

  constructor(onPayload: (payload: Buffer) => void) {
    this.onPayload = onPayload
  }

  push(chunk: Buffer): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    for (let size = frameSize(bytes); size <= bytes.length; size = frameSize(bytes)) {
      this.onPayload(bytes.subarray(bytes[1] < 126 ? 2 : 4, size))
      bytes = bytes.subarray(size)
    }
    this.rest = bytes
  }
}

/** The whole frame's size; infinite if its header is not there yet. */
const frameSize = (bytes: Buffer): number => {
  if (bytes.length < 4) return bytes.length >= 2 && bytes[1] < 126 ? 2 + bytes[1] : Infinity
  if (bytes[0] !== (text | rsv1) || bytes[1] > 126) throw new Error(`unexpected frame: ${bytes.toString("hex", 0, 4)}`)
  return bytes[1] < 126 ? 2 + bytes[1] : 4 + bytes.readUInt16BE(2)
}
