import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as FrameHeader from "../../src/protocol/FrameHeader.ts"
import type * as Opcode from "../../src/protocol/Opcode.ts"
import type { Violation } from "../../src/protocol/Violation.ts"
import * as Wire from "./Wire.ts"

const edges = [0, 1, 125, 126, 127, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1]

const header: fc.Arbitrary<FrameHeader.FrameHeader> = fc.record({
  fin: fc.boolean(),
  rsv1: fc.boolean(),
  opcode: fc.constantFrom<Opcode.Opcode>(0, 1, 2, 8, 9, 10),
  length: fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat()),
  key: fc.option(fc.integer(), { nil: undefined })
})

const write = (header: FrameHeader.FrameHeader): Uint8Array => {
  const target = new Uint8Array(FrameHeader.maxSize)
  return target.subarray(0, FrameHeader.write(header, target, 0))
}

const sent = ({ fin, key, opcode, rsv1 }: FrameHeader.FrameHeader): Wire.Sent => ({
  fin,
  rsv: rsv1 ? 4 : 0,
  opcode,
  mask: key === undefined ? undefined : Wire.maskOf(key)
})

describe("a header (RFC 6455 §5.2)", () => {
  it.each(
    [
      ["a single-frame unmasked text", "8105", { fin: true, opcode: 1, length: 5 }],
      ["a single-frame masked text", "818537fa213d", { fin: true, opcode: 1, length: 5, key: 0x3d21fa37 }],
      ["a first text fragment", "0103", { fin: false, opcode: 1, length: 3 }],
      ["a last fragment", "8002", { fin: true, opcode: 0, length: 2 }],
      ["a ping", "8905", { fin: true, opcode: 9, length: 5 }],
      ["a masked pong", "8a8537fa213d", { fin: true, opcode: 10, length: 5, key: 0x3d21fa37 }],
      ["256 bytes of binary data", "827e0100", { fin: true, opcode: 2, length: 256 }],
      ["64 KiB of binary data", "827f0000000000010000", { fin: true, opcode: 2, length: 65_536 }]
    ] as const
  )("of %s is the RFC's %s (RFC 6455 §5.7)", (_, digits, fields) => {
    const header = { rsv1: false, key: undefined, ...fields }
    expect(FrameHeader.read(Wire.hex(digits), 0)).toEqual(header)
    expect(Wire.toHex(write(header))).toBe(digits)
  })

  it("is read as it was written, anywhere in a buffer", () => {
    fc.assert(fc.property(header, fc.nat(9), (header, at) => {
      const target = new Uint8Array(at + FrameHeader.maxSize + 1).fill(0xa5)
      const end = FrameHeader.write(header, target, at)
      expect(FrameHeader.read(target, at)).toEqual({
        ...header,
        key: header.key === undefined ? undefined : header.key | 0
      })
      expect(end - at).toBe(FrameHeader.sizeFor(header.length, header.key !== undefined))
      expect(end - at).toBe(FrameHeader.size(target[at + 1]))
      expect(target.filter((_, i) => i < at || i >= end).every((octet) => octet === 0xa5)).toBe(true)
    }))
  })

  it("is written as the RFC draws it, with the minimal length", () => {
    fc.assert(fc.property(header, (header) => {
      expect(Wire.toHex(write(header))).toBe(Wire.toHex(Wire.header(sent(header), BigInt(header.length))))
    }))
  })

  it("is written into a view of a bigger buffer", () => {
    const memory = new Uint8Array(40)
    FrameHeader.write({ fin: true, rsv1: false, opcode: 2, length: 65_536, key: undefined }, memory.subarray(11), 2)
    expect(Wire.toHex(memory.subarray(13, 23))).toBe("827f0000000000010000")
  })

  it("is not there while an octet is missing", () => {
    fc.assert(fc.property(header, fc.nat(3), (header, at) => {
      const whole = Wire.concat([new Uint8Array(at), write(header)])
      for (let end = at; end < whole.length; end++) {
        expect(FrameHeader.read(whole.subarray(0, end), at)).toBeUndefined()
      }
      expect(FrameHeader.read(whole, at)?.length).toBe(header.length)
    }))
  })
})

describe("a length", () => {
  it.each([[0, 2], [5, 2], [125, 2], [0, 8], [125, 8], [126, 8], [65_535, 8]] as const)(
    "of %d is accepted in %d octets, though it is not minimal",
    (length, lengthOctets) => {
      const bytes = Wire.header({ opcode: 2, lengthOctets, mask: Wire.exampleMask }, BigInt(length))
      expect(FrameHeader.read(bytes, 0)).toMatchObject({ length, key: 0x3d21fa37 })
    }
  )

  it.each([2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 63n + 5n, 2n ** 64n - 1n])(
    "of %d is over what a number can hold",
    (length) => expect(FrameHeader.length(Wire.header({ opcode: 2 }, length), 0)).toBe(Infinity)
  )

  it("of 2^53-1 is the greatest", () => {
    expect(FrameHeader.length(Wire.header({ opcode: 2 }, 2n ** 53n - 1n), 0)).toBe(2 ** 53 - 1)
  })
})

/** What is wrong with the first two octets, in the words of the RFC: any of these may be the answer. */
const wrongs = (first: number, second: number, { masked, rsv1 }: FrameHeader.Rules): ReadonlyArray<Violation> => {
  const opcode = first & 0x0f
  const startsMessage = opcode === 1 || opcode === 2
  const wrong: Partial<Record<Violation, boolean>> = {
    ReservedBitSet: (first & 0x30) !== 0 || ((first & 0x40) !== 0 && !(rsv1 && startsMessage)),
    OpcodeReserved: (opcode > 2 && opcode < 8) || opcode > 10,
    MaskMissing: masked && second < 0x80,
    MaskForbidden: !masked && second >= 0x80,
    ControlFragmented: opcode >= 8 && first < 0x80,
    ControlTooLong: opcode >= 8 && (second & 0x7f) > 125
  }
  return (Object.keys(wrong) as Array<Violation>).filter((violation) => wrong[violation])
}

describe.each([
  ["a server", { masked: true, rsv1: false }],
  ["a client", { masked: false, rsv1: false }],
  ["a server with compression", { masked: true, rsv1: true }],
  ["a client with compression", { masked: false, rsv1: true }]
])("what %s may receive", (_, rules) => {
  const second = rules.masked ? 0x80 : 0

  it("is known for each pair of octets", () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const violation = FrameHeader.check(first, second, rules)
        const expected = wrongs(first, second, rules)
        const right = violation === undefined ? expected.length === 0 : expected.includes(violation)
        if (!right) expect.fail(`${first} ${second}: ${violation}, not ${expected.join(" or ")}`)
      }
    }
  })

  it.each([
    ["ReservedBitSet", "RSV2 is set (RFC 6455 §5.2)", 0xa1, 0],
    ["ReservedBitSet", "RSV3 is set (RFC 6455 §5.2)", 0x91, 0],
    ["ReservedBitSet", "RSV1 is set in a continuation (RFC 7692 §6.1)", 0xc0, 0],
    ["ReservedBitSet", "RSV1 is set in a control frame (RFC 7692 §6.1)", 0xc9, 0],
    ["OpcodeReserved", "the opcode is 3 (RFC 6455 §5.2)", 0x83, 0],
    ["OpcodeReserved", "the opcode is 11 (RFC 6455 §5.2)", 0x8b, 0],
    [rules.masked ? "MaskMissing" : "MaskForbidden", "the mask bit is wrong (RFC 6455 §5.1)", 0x81, 0x80],
    ["ControlFragmented", "FIN is not set in a ping (RFC 6455 §5.5)", 0x09, 0],
    ["ControlTooLong", "a ping has 126 octets (RFC 6455 §5.5)", 0x89, 126],
    ["ControlTooLong", "a close has a length of 64 bits (RFC 6455 §5.5)", 0x88, 127]
  ])("is not %s: %s", (violation, _, first, change) => {
    expect(FrameHeader.check(first, second ^ change, rules)).toBe(violation)
  })

  it("is refused for the mistake that ws reports, if there are several", () => {
    const mask = second ^ 0x80
    expect(FrameHeader.check(0x09, mask, rules)).toBe("ControlFragmented")
    expect(FrameHeader.check(0x49, mask, rules)).toBe(rules.rsv1 ? "ControlFragmented" : "ReservedBitSet")
    expect(FrameHeader.check(0xc3, mask, rules)).toBe(rules.rsv1 ? "OpcodeReserved" : "ReservedBitSet")
    expect(FrameHeader.check(0x89, mask | 126, rules)).toBe("ControlTooLong")
    expect(FrameHeader.check(0xc0, mask, rules)).toBe("ReservedBitSet")
  })
})

describe("what broke a rule", () => {
  it.each<[Violation, first: number, second: number, culprit: number | undefined]>([
    ["ReservedBitSet", 0xf2, 0x80, 7],
    ["ReservedBitSet", 0xa2, 0xff, 2],
    ["OpcodeReserved", 0x8b, 0x80, 0xb],
    ["ControlTooLong", 0x89, 0xfe, 126],
    ["MaskMissing", 0x81, 0x05, undefined]
  ])("is named for %s", (violation, first, second, culprit) => {
    expect(FrameHeader.culprit(violation, first, second)).toBe(culprit)
  })
})
