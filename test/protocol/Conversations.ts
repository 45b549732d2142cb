import * as fc from "fast-check"
import * as CloseFrame from "../../src/protocol/CloseFrame.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import * as Cuts from "./Cuts.ts"
import type { Heard } from "./Listening.ts"
import * as Wire from "./Wire.ts"

/** Bytes of a peer, and what a protocol has to make of them. */
export interface Conversation {
  readonly bytes: Uint8Array
  readonly expected: ReadonlyArray<Heard>
}

/** Who receives, and whether permessage-deflate was negotiated. */
export interface Side {
  readonly role: "client" | "server"
  readonly compression: boolean
}

export const sides: ReadonlyArray<Side> = [
  { role: "server", compression: false },
  { role: "server", compression: true },
  { role: "client", compression: false },
  { role: "client", compression: true }
]

interface Part {
  readonly sent: Wire.Sent
  readonly expected: ReadonlyArray<Heard>
}

const control = (opcode: number, payload: Uint8Array): Part => {
  const digits = Wire.toHex(payload)
  if (opcode === 10) return { sent: { opcode, payload }, expected: [{ _tag: "Pong", payload: digits }] }
  const pong = { _tag: "Write", opcode: 10, payload: digits }
  return { sent: { opcode, payload }, expected: [{ _tag: "Ping", payload: digits }, pong] }
}

const controls: fc.Arbitrary<ReadonlyArray<Part>> = fc.array(
  fc.tuple(fc.constantFrom(9, 10), fc.uint8Array({ maxLength: 125 })).map(([opcode, payload]) =>
    control(opcode, payload)
  ),
  { maxLength: 2 }
)

const size = fc.oneof({ weight: 5, arbitrary: fc.nat(60) }, fc.constantFrom(0, 125, 126, 127, 300), fc.nat(2000))
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constant("\ufeff\ufffd\u0000\u{10ffff}"),
  fc.nat(300).map((length) => "\u20ac".repeat(length))
)
const content: fc.Arbitrary<string | Uint8Array> = fc.oneof(text, size.map((length) => Wire.octets(length)))

/** One message, cut into fragments, with control frames between them. */
const message = ({ compression }: Side): fc.Arbitrary<ReadonlyArray<Part>> =>
  fc.tuple(
    content,
    fc.array(fc.nat(), { maxLength: 4 }),
    fc.array(controls, { minLength: 5, maxLength: 5 }),
    fc.boolean()
  )
    .map(([content, at, between, deflate]) => {
      const isText = typeof content === "string"
      const payload = isText ? Wire.utf8(content) : content
      const compressed = compression && deflate && payload[0] !== 0xff
      const inflate = { _tag: "Inflate", payload: Wire.toHex(payload) }
      const delivered = [...compressed ? [inflate] : [], isText ? { text: content } : { binary: Wire.toHex(payload) }]
      const pieces = Cuts.cut(payload, at)
      return pieces.flatMap((payload, i): ReadonlyArray<Part> => {
        const fin = i === pieces.length - 1
        const rsv = compressed && i === 0 ? 4 : 0
        const opcode = i > 0 ? 0 : isText ? 1 : 2
        const fragment: Part = { sent: { fin, rsv, opcode, payload }, expected: fin ? delivered : [] }
        return [fragment].concat(between[i])
      })
    })

/** The Write, Closed and EndWrite with which a protocol goes. */
export const goodbye = ({ role }: Pick<Side, "role">, payload: string, ended: Heard): ReadonlyArray<Heard> => [
  { _tag: "Write", opcode: 8, payload },
  { _tag: "Closed", reason: "", error: undefined, ...ended },
  ...role === "server" || ended["clean"] === false ? [{ _tag: "EndWrite" }] : []
]

const closing = (side: Side): fc.Arbitrary<Part> =>
  fc.tuple(fc.constantFrom(1000, 1001, 1011, 3000, 4999), fc.string({ unit: "binary", maxLength: 20 })).map(
    ([code, reason]) => {
      const payload = Wire.concat([Uint8Array.of(code >> 8, code), Wire.utf8(reason)])
      return {
        sent: { opcode: 8, payload },
        expected: goodbye(side, Wire.toHex(payload), { code, reason, clean: true })
      }
    }
  )

/** How a protocol fails the connection for a violation. */
export const failure = (side: Pick<Side, "role">, violation: Violation.Violation): ReadonlyArray<Heard> => {
  const { closeCode, message } = Violation.error(violation)
  const payload = Wire.concat([
    Uint8Array.of(closeCode >> 8, closeCode),
    Wire.utf8(message).subarray(0, CloseFrame.maxReasonSize)
  ])
  return goodbye(side, Wire.toHex(payload), { code: 1006, clean: false, error: violation })
}

/** Frames that break a rule between messages. */
export const mistakes = (
  { compression }: Side
): ReadonlyArray<readonly [Violation.Violation, ReadonlyArray<Wire.Sent>]> => [
  ["ReservedBitSet", [{ opcode: 1, rsv: 2 }]],
  ["ReservedBitSet", [{ opcode: 9, rsv: 4 }]],
  ["ReservedBitSet", compression ? [{ opcode: 2, fin: false }, { opcode: 0, rsv: 4 }] : [{ opcode: 2, rsv: 4 }]],
  ["OpcodeReserved", [{ opcode: 3 }]],
  ["OpcodeReserved", [{ opcode: 15, payload: Wire.octets(200) }]],
  ["ControlFragmented", [{ opcode: 9, fin: false }]],
  ["ControlTooLong", [{ opcode: 8, payload: Wire.octets(126) }]],
  ["ContinuationUnexpected", [{ opcode: 0, payload: Wire.octets(9) }]],
  ["ContinuationUnexpected", [{ opcode: 0, fin: false }]],
  ["ContinuationMissing", [{ opcode: 1, fin: false, payload: Wire.utf8("a") }, { opcode: 1 }]],
  ["ContinuationMissing", [{ opcode: 2, fin: false }, { opcode: 9 }, { opcode: 2, payload: Wire.octets(300) }]],
  ["CloseTooShort", [{ opcode: 8, payload: Uint8Array.of(3) }]],
  ["CloseCodeInvalid", [{ opcode: 8, payload: Wire.hex("03ed") }]],
  ["CloseReasonNotUtf8", [{ opcode: 8, payload: Wire.hex("03e8 c3") }]],
  ["TextNotUtf8", [{ opcode: 1, payload: Wire.hex("61 ff 62") }]],
  ["TextNotUtf8", [{ opcode: 1, payload: Wire.hex("61 e282") }]],
  ["TextNotUtf8", [{ opcode: 1, fin: false, payload: Wire.hex("e2") }, { opcode: 0, payload: Wire.hex("28") }]],
  ["TextNotUtf8", [{ opcode: 1, fin: false, payload: Wire.hex("e282") }, { opcode: 0 }]]
]

const mistake = (side: Side): fc.Arbitrary<ReadonlyArray<Part>> =>
  fc.constantFrom(...mistakes(side)).map(([violation, frames]) =>
    frames.map((sent, i) => {
      if (i < frames.length - 1) return sent.opcode === 9 ? control(9, new Uint8Array(0)) : { sent, expected: [] }
      return { sent, expected: failure(side, violation) }
    })
  )

const mask = ({ role }: Pick<Side, "role">): fc.Arbitrary<ReadonlyArray<number> | undefined> =>
  role === "client" ? fc.constant(undefined) : fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })

/** Valid messages; then nothing, a Close or a mistake, behind which there may be anything. */
export const conversation = (side: Side): fc.Arbitrary<Conversation> => {
  const end = fc.oneof(fc.constant([]), closing(side).map((part) => [part]), mistake(side))
  const messages = fc.array(fc.oneof(message(side), controls), { maxLength: 5 }).map((messages) => messages.flat())
  return fc.tuple(messages, end, fc.array(mask(side), { minLength: 1, maxLength: 9 }), fc.uint8Array({ maxLength: 40 }))
    .map(
      ([messages, end, masks, rest]) => {
        const parts = [...messages, ...end]
        const frames = parts.map(({ sent }, i) => Wire.frame({ ...sent, mask: masks[i % masks.length] }))
        return {
          bytes: Wire.concat([...frames, ...end.length > 0 ? [rest] : []]),
          expected: parts.flatMap(({ expected }) => expected)
        }
      }
    )
}

/** Bytes that are valid for a while, or nearly so, and then garbage. */
export const garbage = (side: Side): fc.Arbitrary<Uint8Array> => {
  const frame = fc.record({
    fin: fc.boolean(),
    rsv: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, side.compression ? 4 : 0) }, fc.nat(7)),
    opcode: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 0, 1, 2, 8, 9, 10) }, fc.nat(15)),
    payload: fc.oneof(
      text.map(Wire.utf8),
      fc.uint8Array({ maxLength: 130 }),
      fc.constantFrom("03e8", "ff").map(Wire.hex)
    ),
    mask: mask(side),
    lengthOctets: fc.constantFrom(undefined, undefined, 2 as const, 8 as const)
  }).map(Wire.frame)
  const flip = fc.tuple(conversation(side), fc.nat(), fc.nat(255)).map(([{ bytes }, at, octet]) =>
    bytes.map((old, i) => i === at % bytes.length ? octet : old)
  )
  const anything = fc.oneof(
    { weight: 6, arbitrary: frame },
    { weight: 2, arbitrary: flip },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) }
  )
  return fc.array(anything, { maxLength: 8 }).map(Wire.concat)
}
