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

const printable = Buffer.from(Array.from({ length: 89 }, (_, i) => 0x21 + i))
const anything = Buffer.from(Array.from({ length: 251 }, (_, i) => i))

/** A payload whose period is prime, so that a piece that is missing, doubled or in the wrong place shows. */
export const filling = (opcode: number, size: number): Buffer => Buffer.alloc(size, opcode === 1 ? printable : anything)

/** A message in fragments of so many octets. */
export const fragments = (opcode: number, message: Buffer, size: number): ReadonlyArray<Frame> => {
  const count = Math.ceil(message.length / size)
  return Array.from({ length: count }, (_, i) => {
    const payload = message.subarray(i * size, (i + 1) * size)
    return frame(i === 0 ? opcode : 0, payload, { fin: i === count - 1 })
  })
}

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

interface Header {
  readonly fin: boolean
  readonly rsv: number
  readonly opcode: number
  readonly masked: boolean
  /** Where the payload starts and ends. */
  readonly start: number
  readonly end: number
}

const sizes = [0, 2, 8] as const
const opcodes: ReadonlySet<number> = new Set([0, 1, 2, 8, 9, 10])

const readHeader = (octets: Buffer): Header | undefined => {
  if (octets.length < 2) return undefined
  const masked = octets[1] >= 0x80
  const short = octets[1] & 0x7f
  const extra = sizes[Math.max(0, short - 125)]
  const start = 2 + extra + (masked ? 4 : 0)
  if (octets.length < start) return undefined
  const length = extra === 0 ? short : extra === 2 ? octets.readUInt16BE(2) : Number(octets.readBigUInt64BE(2))
  if (1 + extra !== lengthOctets(length).length) throw new Error(`${length} is not written as short as it can be`)
  return {
    fin: octets[0] >= 0x80,
    rsv: (octets[0] >> 4) & 7,
    opcode: octets[0] & 15,
    masked,
    start,
    end: start + length
  }
}

/** What no frame may be (RFC 6455 §5.1, §5.2, §5.5). */
const check = ({ end, fin, masked, opcode, start }: Header, wantsMask: boolean): void => {
  if (masked !== wantsMask) throw new Error(`a frame is ${wantsMask ? "not " : ""}masked`)
  if (!opcodes.has(opcode)) throw new Error(`${opcode} is no opcode`)
  if (opcode >= 8 && (!fin || end - start > 125)) throw new Error("a control frame is fragmented or too long")
}

/** How many octets the first frame has, as soon as that is known. */
export const sizeOf = (octets: Buffer): number | undefined => readHeader(octets)?.end

/** The first frame of these octets and what is behind it, or `undefined` while it is not whole. */
export const decode = (octets: Buffer, masked: boolean): readonly [Frame, Buffer] | undefined => {
  const header = readHeader(octets)
  if (header === undefined) return undefined
  check(header, masked)
  const { end, fin, opcode, rsv, start } = header
  if (octets.length < end) return undefined
  const payload = Buffer.from(octets.subarray(start, end))
  if (masked) { for (let i = 0; i < payload.length; i++) payload[i] ^= octets[start - 4 + (i & 3)] }
  return [{ fin, rsv, opcode, payload }, octets.subarray(end)]
}
