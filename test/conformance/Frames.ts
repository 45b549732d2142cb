/** Frames as the tester writes and reads them: on its own, so that a mistake in the library cannot hide in its test. */
import { randomBytes } from "node:crypto"

export interface Frame {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly payload: Buffer
}

type Payload = string | Uint8Array

interface Flags {
  readonly fin?: boolean
  readonly rsv?: number
}

export const frame = (opcode: number, payload: Payload = "", { fin = true, rsv = 0 }: Flags = {}): Frame => ({
  fin,
  rsv,
  opcode,
  payload: Buffer.from(payload)
})

export const text = (payload: Payload, flags?: Flags): Frame => frame(1, payload, flags)
export const binary = (payload: Payload, flags?: Flags): Frame => frame(2, payload, flags)
export const continuation = (payload: Payload, flags?: Flags): Frame => frame(0, payload, flags)
export const ping = (payload: Payload = "", flags?: Flags): Frame => frame(9, payload, flags)
export const pong = (payload: Payload = "", flags?: Flags): Frame => frame(10, payload, flags)
export const closing = (payload: Payload = "", flags?: Flags): Frame => frame(8, payload, flags)

/** The payload of a close frame. */
export const codeAndReason = (code: number, reason: Payload = ""): Buffer =>
  Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])

const lengthOctets = (length: number): Buffer => {
  if (length < 126) return Buffer.from([length])
  const octets = Buffer.alloc(length < 65_536 ? 3 : 9)
  octets[0] = length < 65_536 ? 126 : 127
  if (length < 65_536) octets.writeUInt16BE(length, 1)
  else octets.writeBigUInt64BE(BigInt(length), 1)
  return octets
}

/** The octets of a frame, masked as a client has to. */
export const encode = ({ fin, opcode, payload, rsv }: Frame, masked: boolean): Buffer => {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const length = lengthOctets(payload.length)
  if (!masked) return Buffer.concat([Buffer.from([first]), length, payload])
  length[0] |= 0x80
  const key = randomBytes(4)
  const hidden = Buffer.from(payload)
  for (let i = 0; i < hidden.length; i++) hidden[i] ^= key[i & 3]
  return Buffer.concat([Buffer.from([first]), length, key, hidden])
}

const sizes = [0, 2, 8] as const

/** The first frame of these octets and what is behind it, or `undefined` while it is not whole. */
export const decode = (octets: Buffer, masked: boolean): readonly [Frame, Buffer] | undefined => {
  if (octets.length < 2) return undefined
  if (((octets[1] & 0x80) !== 0) !== masked) throw new Error(`a frame is ${masked ? "not " : ""}masked`)
  const short = octets[1] & 0x7f
  const extra = sizes[Math.max(0, short - 125)]
  const start = 2 + extra + (masked ? 4 : 0)
  if (octets.length < start) return undefined
  const length = extra === 0 ? short : extra === 2 ? octets.readUInt16BE(2) : Number(octets.readBigUInt64BE(2))
  if (octets.length < start + length) return undefined
  const payload = Buffer.from(octets.subarray(start, start + length))
  if (masked) { for (let i = 0; i < length; i++) payload[i] ^= octets[start - 4 + (i & 3)] }
  const frame = { fin: octets[0] >= 0x80, rsv: (octets[0] >> 4) & 7, opcode: octets[0] & 15, payload }
  return [frame, octets.subarray(start + length)]
}
