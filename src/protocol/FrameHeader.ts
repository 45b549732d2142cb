/**
 * The frame header (RFC 6455 §5.2): two octets, then an extended length of 0, 2 or 8, then a masking key of 0 or 4.
 *
 * @since 0.1.0
 */
import * as Mask from "./Mask.ts"
import * as Opcode from "./Opcode.ts"
import type { Violation } from "./Violation.ts"

/**
 * The most octets that a header can have.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxSize = 14

/**
 * What this side may receive: masked frames (a server) or not, and RSV1 if an extension defined it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rules {
  readonly masked: boolean
  readonly rsv1: boolean
}

/**
 * A header as values. `key` is `undefined` where the frame is not masked.
 *
 * @category models
 * @since 0.1.0
 */
export interface FrameHeader {
  readonly fin: boolean
  readonly rsv1: boolean
  readonly opcode: Opcode.Opcode
  readonly length: number
  readonly key: number | undefined
}

const Fin = 0x80
const Rsv1 = 0x40
const Rsv2And3 = 0x30
const Masked = 0x80
const Length16 = 126
const Length64 = 127

/**
 * What is wrong with a frame, as far as its first two octets show it. Of several mistakes it is the one that ws reports.
 *
 * @category decoding
 * @since 0.1.0
 */
export const check = (first: number, second: number, rules: Rules): Violation | undefined => {
  const opcode = first & 0x0f
  if ((first & Rsv2And3) !== 0 || ((first & Rsv1) !== 0 && !rules.rsv1)) return "ReservedBitSet"
  if (!Opcode.isDefined(opcode)) return "OpcodeReserved"
  const wrong = Opcode.isControl(opcode) ? checkControl(first, second) : checkData(first, opcode)
  if (wrong !== undefined) return wrong
  if (rules.masked !== ((second & Masked) !== 0)) return rules.masked ? "MaskMissing" : "MaskForbidden"
  return undefined
}

/** RSV1 is set on a message's first frame only (RFC 7692 §6.1). */
const checkData = (first: number, opcode: number): Violation | undefined =>
  (first & Rsv1) !== 0 && opcode === Opcode.Continuation ? "ReservedBitSet" : undefined

const checkControl = (first: number, second: number): Violation | undefined => {
  if ((first & Fin) === 0) return "ControlFragmented"
  if ((first & Rsv1) !== 0) return "ReservedBitSet"
  return (second & 0x7f) > 125 ? "ControlTooLong" : undefined
}

/**
 * The number in a header's first two octets that breaks a rule: the bits set of RSV1 to RSV3, as 4, 2 and 1, the opcode,
 * or the short length.
 *
 * @category decoding
 * @since 0.1.0
 */
export const culprit = (violation: Violation, first: number, second: number): number | undefined => {
  if (violation === "ReservedBitSet") return (first & (Rsv1 | Rsv2And3)) >> 4
  if (violation === "OpcodeReserved") return first & 0x0f
  return violation === "ControlTooLong" ? second & 0x7f : undefined
}

/**
 * How many octets a header has, as its second octet tells.
 *
 * @category decoding
 * @since 0.1.0
 */
export const size = (second: number): number => {
  const length = second & 0x7f
  return 2 + (length < Length16 ? 0 : length === Length16 ? 2 : 8) + ((second & Masked) === 0 ? 0 : 4)
}

/**
 * The payload length of a header that is whole. Lengths that are not minimal are accepted: the RFC binds the sender.
 *
 * **Details**
 *
 * A length over 2^53-1 comes out as `Infinity`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const length = (bytes: Uint8Array, at: number): number => {
  const short = bytes[at + 1] & 0x7f
  if (short < Length16) return short
  if (short === Length16) return (bytes[at + 2] << 8) | bytes[at + 3]
  const high = uint32(bytes, at + 2)
  return high > 0x1fffff ? Infinity : high * 0x100000000 + uint32(bytes, at + 6)
}

const uint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0

/**
 * Reads a whole header, or returns `undefined` where octets are missing. Nothing is checked: see `check`.
 *
 * **Example** (Reading the header of the RFC's masked "Hello")
 *
 * ```ts
 * import { FrameHeader } from "effect-ws/protocol"
 *
 * const header = FrameHeader.read(Buffer.from("818537fa213d", "hex"), 0)
 * header?.length // => 5
 * header?.key?.toString(16) // => "3d21fa37"
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = (bytes: Uint8Array, at: number): FrameHeader | undefined => {
  const first = bytes[at]
  const second = bytes[at + 1]
  if (bytes.length - at < 2 || bytes.length - at < size(second)) return undefined
  return {
    fin: (first & Fin) !== 0,
    rsv1: (first & Rsv1) !== 0,
    opcode: (first & 0x0f) as Opcode.Opcode,
    length: length(bytes, at),
    key: (second & Masked) === 0 ? undefined : Mask.readKey(bytes, at + size(second) - 4)
  }
}

/**
 * How many octets `write` needs for a payload of this length.
 *
 * @category encoding
 * @since 0.1.0
 */
export const sizeFor = (length: number, masked: boolean): number =>
  (length < Length16 ? 2 : length <= 0xffff ? 4 : 10) + (masked ? 4 : 0)

/**
 * Writes a header with the minimal length (RFC 6455 §5.2) and returns where the payload starts.
 *
 * @category encoding
 * @since 0.1.0
 */
export const write = ({ fin, key, length, opcode, rsv1 }: FrameHeader, target: Uint8Array, at: number): number =>
  writeFields(firstOctet(fin, rsv1, opcode), length, key, target, at)

/**
 * The first octet of a header.
 *
 * @category encoding
 * @since 0.1.0
 */
export const firstOctet = (fin: boolean, rsv1: boolean, opcode: Opcode.Opcode): number =>
  (fin ? Fin : 0) | (rsv1 ? Rsv1 : 0) | opcode

/**
 * `write` without a header as an object: to make one for each frame costs a few percent of a small message.
 *
 * @category encoding
 * @since 0.1.0
 */
export const writeFields = (
  first: number,
  length: number,
  key: number | undefined,
  target: Uint8Array,
  at: number
): number => {
  target[at] = first
  const end = writeLength(length, key === undefined ? 0 : Masked, target, at + 1)
  return key === undefined ? end : Mask.writeKey(key, target, end)
}

/** Writes the length with the mask bit and returns what comes behind it. */
const writeLength = (length: number, masked: number, target: Uint8Array, at: number): number => {
  if (length < Length16) {
    target[at] = masked | length
    return at + 1
  }
  if (length <= 0xffff) {
    target[at] = masked | Length16
    target[at + 1] = length >>> 8
    target[at + 2] = length
    return at + 3
  }
  target[at] = masked | Length64
  const words = new DataView(target.buffer, target.byteOffset + at + 1, 8)
  words.setUint32(0, Math.floor(length / 0x100000000))
  words.setUint32(4, length >>> 0)
  return at + 9
}
