/** Reads frame headers, and no payloads (RFC 6455 §5.2). */
export class FrameReader {
  pongs = 0
  /** Octets of the payloads of messages. */
  octets = 0
  private header: Buffer = Buffer.alloc(0)
  private first = 0
  /** Octets of the frame's payload that are still to come. */
  private payload = 0

  /** How many messages are complete now. */
  push(chunk: Buffer): number {
    const bytes = this.header.length === 0 ? chunk : Buffer.concat([this.header, chunk])
    let messages = 0
    let at = this.skip(bytes, 0)
    if (this.payload === 0 && at > 0) messages += this.end()
    for (let size = sizeAt(bytes, at); at + size <= bytes.length; size = sizeAt(bytes, at)) {
      this.begin(bytes, at)
      at = this.skip(bytes, at + size)
      if (this.payload > 0) break
      messages += this.end()
    }
    this.header = bytes.subarray(at)
    return messages
  }

  private begin(bytes: Buffer, at: number): void {
    const code = bytes[at + 1] & 0x7f
    this.first = bytes[at]
    this.payload = code === 127 ? bytes.readUIntBE(at + 4, 6) : code === 126 ? bytes.readUInt16BE(at + 2) : code
    if ((this.first & 0x0f) <= 2) this.octets += this.payload
  }

  private skip(bytes: Buffer, at: number): number {
    const count = Math.min(this.payload, bytes.length - at)
    this.payload -= count
    return at + count
  }

  /** 1 if it was the last frame of a message. */
  private end(): 0 | 1 {
    const opcode = this.first & 0x0f
    if (opcode === 0x0a) this.pongs++
    return opcode <= 2 && (this.first & 0x80) !== 0 ? 1 : 0
  }
}

/** Octets of the header, as far as is known. */
const sizeAt = (bytes: Buffer, at: number): number => {
  if (at + 2 > bytes.length) return 2
  const second = bytes[at + 1]
  const extended = [127, 126].indexOf(second & 0x7f)
  return 2 + (extended === 0 ? 8 : extended === 1 ? 2 : 0) + (second >= 0x80 ? 4 : 0)
}
