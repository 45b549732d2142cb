/** RFC 6455 read as plainly as it can be: slow, whole, and without a line of the code under test. */
import * as Wire from "../../test/protocol/Wire.ts"

export interface Frame {
  readonly fin: boolean
  readonly rsv1: boolean
  readonly opcode: number
  readonly payload: Uint8Array
  /** Whether all of it came. */
  readonly whole: boolean
  /** The length in its header. */
  readonly length: number
  readonly mask: ReadonlyArray<number> | undefined
}

export interface Rules {
  readonly masked: boolean
  readonly rsv1: boolean
  readonly maxMessageSize: number
}

/** What is wrong with a header's first two octets (§5.1, §5.2, §5.5); of several mistakes the one that ws reports. */
const refusal = (first: number, second: number, rules: Rules): string | undefined => {
  const [opcode, isControl, hasRsv1] = [first & 15, (first & 8) !== 0, (first & 0x40) !== 0]
  if ((first & 0x30) !== 0 || (hasRsv1 && !rules.rsv1)) return "ReservedBitSet"
  if (![0, 1, 2, 8, 9, 10].includes(opcode)) return "OpcodeReserved"
  if (isControl && first < 128) return "ControlFragmented"
  if (hasRsv1 && (isControl || opcode === 0)) return "ReservedBitSet"
  if (isControl && (second & 127) > 125) return "ControlTooLong"
  if (rules.masked && second < 128) return "MaskMissing"
  return !rules.masked && second >= 128 ? "MaskForbidden" : undefined
}

const lengthOf = (bytes: Uint8Array): readonly [length: bigint, octets: number] => {
  const short = bytes[1] & 127
  const octets = short === 127 ? 8 : short === 126 ? 2 : 0
  const digits = Wire.toHex(bytes.subarray(2, 2 + octets))
  return [octets === 0 ? BigInt(short) : BigInt(`0x${digits || "0"}`), octets]
}

/** The frames, the last of which may have only begun, and what is wrong behind them. */
export const frames = (bytes: Uint8Array, rules: Rules): readonly [ReadonlyArray<Frame>, string | undefined] => {
  const all: Array<Frame> = []
  let size = 0n
  for (let rest = bytes; rest.length >= 2;) {
    const [first, second] = rest
    const wrong = refusal(first, second, rules)
    if (wrong !== undefined) return [all, wrong]
    const [length, octets] = lengthOf(rest)
    const start = 2 + octets + (rules.masked ? 4 : 0)
    if (rest.length < start) break
    if (length >= 2n ** 53n) return [all, "LengthUnsupported"]
    if ((first & 8) === 0) {
      size = ((first & 15) === 0 ? size : 0n) + length
      if (size > BigInt(Math.min(rules.maxMessageSize, 2 ** 60))) return [all, "MessageTooBig"]
      if (first >= 128) size = 0n
    }
    const raw = rest.subarray(start, start + Number(length))
    const mask = rules.masked ? Array.from(rest.subarray(start - 4, start)) : undefined
    const payload = mask === undefined ? raw.slice() : Wire.masking(raw, mask)
    const whole = raw.length === Number(length)
    const flags = { fin: first >= 128, rsv1: (first & 0x40) !== 0, opcode: first & 15 }
    all.push({ ...flags, payload, whole, length: Number(length), mask })
    rest = rest.subarray(start + raw.length)
  }
  return [all, undefined]
}

export type Message = string | Uint8Array | { readonly compressed: Uint8Array; readonly text: boolean }

const decoder = () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Whether these octets are, or may become, a text (§8.1). */
const isText = (octets: Uint8Array, isAll: boolean): boolean => {
  try {
    decoder().decode(octets, { stream: !isAll })
    return true
  } catch {
    return false
  }
}

/** The messages that data frames say, and what is wrong behind them (§5.4). */
export const messages = (
  frames: ReadonlyArray<Pick<Frame, "fin" | "rsv1" | "opcode" | "payload" | "whole">>,
  maxFragments: number
): readonly [ReadonlyArray<Message>, string | undefined] => {
  const all: Array<Message> = []
  let parts: Array<Uint8Array> = []
  let start: { readonly opcode: number; readonly rsv1: boolean } | undefined = undefined
  for (const frame of frames) {
    if (frame.opcode === 0 && start === undefined) return [all, "ContinuationUnexpected"]
    if (frame.opcode !== 0 && start !== undefined) return [all, "ContinuationMissing"]
    start ??= frame
    parts.push(frame.payload)
    if (parts.length > maxFragments && !(parts.length === 1 && frame.fin && frame.whole)) {
      return [all, "FragmentsTooMany"]
    }
    const octets = Wire.concat(parts)
    const isAll = frame.fin && frame.whole
    const { opcode, rsv1 } = start
    if (opcode === 1 && !rsv1 && !isText(octets, isAll)) return [all, "TextNotUtf8"]
    if (!isAll) continue
    if (rsv1) all.push({ compressed: octets, text: opcode === 1 })
    else all.push(opcode === 1 ? decoder().decode(octets) : octets)
    parts = []
    start = undefined
  }
  return [all, undefined]
}
