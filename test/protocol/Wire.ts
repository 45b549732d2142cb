/** What a peer puts on the wire, written straight from RFC 6455 §5.2 and §5.3, without the code under test. */
export interface Sent {
  readonly fin?: boolean
  /** RSV1 to RSV3, as the bits 4, 2 and 1. */
  readonly rsv?: number
  readonly opcode: number
  readonly payload?: Uint8Array
  /** The four octets of the masking key; absent in frames of a server. */
  readonly mask?: ReadonlyArray<number> | undefined
  /** The octets of the extended length, if it shall not be minimal. */
  readonly lengthOctets?: 2 | 8 | undefined
}

/** The masking key of the RFC's examples (RFC 6455 §5.7). */
export const exampleMask = [0x37, 0xfa, 0x21, 0x3d] as const

export const frame = (sent: Sent): Uint8Array => {
  const payload = sent.payload ?? new Uint8Array(0)
  const masked = sent.mask === undefined ? payload : masking(payload, sent.mask)
  return concat([header(sent, BigInt(payload.length)), masked])
}

/** A header that announces any length, whether it fits or not. */
export const header = ({ fin = true, lengthOctets, mask, opcode, rsv = 0 }: Sent, length: bigint): Uint8Array => {
  const octets = lengthOctets ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8)
  const short = octets === 0 ? Number(length) : octets === 2 ? 126 : 127
  const extended = Array.from({ length: octets }, (_, i) => Number((length >> BigInt(8 * (octets - 1 - i))) & 0xffn))
  return Uint8Array.from([
    (fin ? 0x80 : 0) | (rsv << 4) | opcode,
    (mask === undefined ? 0 : 0x80) | short,
    ...extended,
    ...mask ?? []
  ])
}

/** "octet i of the transformed data is the XOR of octet i of the original data with octet i modulo 4 of the key" */
export const masking = (payload: Uint8Array, mask: ReadonlyArray<number>, phase = 0): Uint8Array =>
  payload.map((octet, i) => octet ^ mask[(i + phase) % 4])

/** The octets of a key whose first octet is its lowest byte. */
export const maskOf = (key: number): ReadonlyArray<number> => [0, 8, 16, 24].map((shift) => (key >>> shift) & 0xff)

export const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat(chunks))

export const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"))

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Octets that differ from their neighbours, so that a shift or a mix-up shows. */
export const octets = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 13 + 5) & 0xff)
