import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as MaskedFrames from "../../src/protocol/MaskedFrames.ts"
import * as WasmFrames from "../../src/transport/WasmFrames.ts"
import * as Cuts from "./Cuts.ts"
import * as Wire from "./Wire.ts"

const ways = [["plain JavaScript", MaskedFrames.portable], ["WebAssembly", WasmFrames.frames]] as const

const key = fc.integer({ min: -0x80000000, max: 0xffffffff })
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat(40) },
  fc.constantFrom(0, 15, 16, 17, 125, 126, 127, 1023, 4099),
  { weight: 2, arbitrary: fc.nat(300) }
)
const frame: fc.Arbitrary<Wire.Sent> = fc.record({
  fin: fc.boolean(),
  rsv: fc.nat(7),
  opcode: fc.nat(15),
  payload: fc.tuple(length, fc.nat()).map(([length, seed]) => Wire.octets(length, seed)),
  mask: fc.option(key.map(Wire.maskOf), { nil: undefined, freq: 5 }),
  lengthOctets: fc.constantFrom(undefined, undefined, undefined, 2 as const, 8 as const)
})
const plain = (sent: Wire.Sent): Uint8Array => {
  const wire = Wire.frame(sent)
  wire.set(sent.payload ?? [], wire.length - (sent.payload?.length ?? 0))
  return wire
}

describe.each(ways)("whole frames in %s", (_, masked) => {
  it("are unmasked, and nothing else is, up to the first that is not whole", () => {
    const last = fc.oneof(
      frame.map((sent) => Wire.frame(sent).slice(0, -1)).filter(({ length }) => length > 0),
      fc.tuple(frame, fc.constantFrom(16n, 31n, 32n, 63n))
        .map(([sent, bit]) => Wire.header({ ...sent, lengthOctets: 8 }, 2n ** bit)),
      fc.constant(new Uint8Array(0))
    )
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), last, fc.nat(9), fc.nat(9), (frames, rest, before, start) => {
        const around = Wire.octets(start)
        const bytes = Cuts.embedded(Wire.concat([around, ...frames.map(Wire.frame), rest, rest]), before, 9)
        const whole = Wire.concat(frames.map(plain))
        const expected = Wire.concat([around, whole, rest, rest])
        const end = bytes.length - rest.length
        expect(masked.mask(bytes, start, end)).toBe(start + whole.length)
        expect(Wire.toHex(bytes)).toBe(Wire.toHex(expected))
        const memory = new Uint8Array(bytes.buffer)
        expect(memory.subarray(0, before).every((octet) => octet === 0xa5)).toBe(true)
        expect(memory.subarray(before + bytes.length).every((octet) => octet === 0xa5)).toBe(true)
      }),
      { numRuns: 1000 }
    )
  })

  it("are unmasked also where they are more than fit in one page", () => {
    const frames = Array.from({ length: 500 }, (_, i) => ({
      opcode: 2,
      payload: Wire.octets(i * 3, i),
      mask: Wire.maskOf(i * 0x1234567)
    }))
    const bytes = Wire.concat(frames.map(Wire.frame))
    expect(masked.mask(bytes, 0, bytes.length)).toBe(bytes.length)
    expect(Buffer.compare(bytes, Wire.concat(frames.map(plain)))).toBe(0)
  })

  it("are left as they are without an octet", () => {
    expect(masked.mask(new Uint8Array(0), 0, 0)).toBe(0)
  })
})

const text = (length: number, mask = Wire.exampleMask): Wire.Sent => ({
  opcode: 1,
  payload: new Uint8Array(length).fill(0x61),
  mask
})
const plainText = (length: number): Wire.Sent => ({ ...text(length), mask: undefined })

describe("frames by WebAssembly", () => {
  const { frames, reads } = WasmFrames
  const maskAll = (...sent: ReadonlyArray<Wire.Sent>): void => {
    const bytes = Wire.concat(sent.map(Wire.frame))
    frames.mask(bytes, 0, bytes.length)
  }

  it("are not by JavaScript", () => {
    expect(frames).not.toBe(MaskedFrames.portable)
  })

  it("are unmasked where they were read", () => {
    const sent = [text(5), { ...text(300), opcode: 2 }, text(0)]
    const wire = Wire.concat(sent.map(Wire.frame))
    reads.set(wire)
    reads[wire.length] = 0xa5
    expect(frames.mask(reads, 0, wire.length)).toBe(wire.length)
    expect(Wire.toHex(reads.subarray(0, wire.length))).toBe(Wire.toHex(Wire.concat(sent.map(plain))))
    expect(reads[wire.length]).toBe(0xa5)
  })

  it("are known to be ASCII if all texts are", () => {
    const binary = { opcode: 2, payload: Wire.octets(200).fill(0xff), mask: Wire.exampleMask }
    maskAll(text(300), text(31), binary, { ...binary, mask: undefined }, plainText(40), text(16))
    expect(frames.isAscii).toBe(true)
  })

  it("are known not to be, wherever the octet is that is none", () => {
    for (let length = 1; length <= 48; length++) {
      for (let at = 0; at < length; at++) {
        for (const wide of [text(length), plainText(length)]) {
          wide.payload![at] = 0x80
          maskAll(text(200), wide, text(200))
          expect(frames.isAscii, `${at} of ${length}`).toBe(false)
        }
      }
    }
  })

  it("are not known to be where that was not looked for, or not to the end", () => {
    const wide = { ...text(9), payload: Wire.utf8("\u20ac\u20ac\u20ac") }
    maskAll(wide)
    expect(frames.isAscii, "few octets").toBe(false)
    maskAll(wide, ...Array.from({ length: 200 }, () => text(1000)))
    expect(frames.isAscii, "many pages").toBe(false)
    maskAll(text(400))
    expect(frames.isAscii, "the next time").toBe(true)
  })
})
