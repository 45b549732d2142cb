/** Frames as they are on the wire, right or wrong. */

export interface Frame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  /** The key in hex, if the frame is masked. */
  readonly mask: string | undefined
  readonly payload: Buffer
}

const lengthOctets = (length: number): Buffer => {
  if (length < 126) return Buffer.from([length])
  const octets = Buffer.alloc(length < 65_536 ? 3 : 9)
  octets[0] = length < 65_536 ? 126 : 127
  if (length < 65_536) octets.writeUInt16BE(length, 1)
  else octets.writeBigUInt64BE(BigInt(length), 1)
  return octets
}

const xor = (payload: Buffer, key: Buffer): Buffer => payload.map((octet, i) => octet ^ key[i & 3]) as Buffer

export const encode = ({ fin, mask, opcode, payload, rsv }: Frame): Buffer => {
  const first = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode])
  const length = lengthOctets(payload.length)
  if (mask === undefined) return Buffer.concat([first, length, payload])
  const key = Buffer.from(mask, "hex")
  length[0] |= 0x80
  return Buffer.concat([first, length, key, Buffer.from(xor(payload, key))])
}

const sizes = [0, 2, 8] as const

const payloadLength = (octets: Buffer): number => {
  const short = octets[1] & 0x7f
  if (short < 126) return short
  return short === 126 ? octets.readUInt16BE(2) : Number(octets.readBigUInt64BE(2))
}

/** The first frame and what is behind it, or `undefined` while it is not whole. */
export const decode = (octets: Buffer): readonly [Frame, Buffer] | undefined => {
  if (octets.length < 2) return undefined
  const masked = octets[1] >= 0x80
  const start = 2 + sizes[Math.max(0, (octets[1] & 0x7f) - 125)] + (masked ? 4 : 0)
  if (octets.length < start) return undefined
  const end = start + payloadLength(octets)
  if (octets.length < end) return undefined
  const key = masked ? octets.subarray(start - 4, start) : undefined
  const payload = octets.subarray(start, end)
  const frame = {
    fin: octets[0] >= 0x80,
    rsv: (octets[0] >> 4) & 7,
    opcode: octets[0] & 15,
    mask: key?.toString("hex"),
    payload: key === undefined ? payload : Buffer.from(xor(payload, key))
  }
  return [frame, octets.subarray(end)]
}

const names: { readonly [opcode: number]: string } = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong"
}

export const nameOf = (opcode: number): string => names[opcode] ?? `opcode ${opcode}`
