import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import * as Mask from "../../src/protocol/Mask.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as Cuts from "./Cuts.ts"
import * as Wire from "./Wire.ts"

const key = fc.integer({ min: -0x80000000, max: 0xffffffff })
const lengths = [0, 1, 3, 4, 5, 23, 24, 25, 31, 64, 1023, 1024, 1025, 1031, 4099]

describe.each([["plain JavaScript", Bytes.portable], ["Node", nodeBytes]])("masking in %s", (_, { mask }) => {
  it("masks the RFC's \"Hello\" (RFC 6455 §5.7)", () => {
    const bytes = Wire.utf8("Hello")
    mask(bytes, 0, 5, Mask.readKey(Uint8Array.from(Wire.exampleMask), 0), 0)
    expect(Wire.toHex(bytes)).toBe("7f9f4d5158")
  })

  it("is the definition of RFC 6455 §5.3 for each alignment, phase and length", () => {
    const mask4 = Wire.exampleMask
    const phases = [0, 1, 2, 3, 65_537, 2 ** 32 + 2, 2 ** 53 - 1]
    for (const length of lengths) {
      for (let before = 0; before < 8; before++) {
        for (const phase of phases) {
          const plain = Wire.octets(length)
          const bytes = Cuts.embedded(plain, before, 3)
          mask(bytes, 0, length, 0x3d21fa37, phase)
          expect(Wire.toHex(bytes), `${length} octets at ${before}, phase ${phase}`)
            .toBe(Wire.toHex(Wire.masking(plain, mask4, phase % 4)))
        }
      }
    }
  })

  it("touches nothing but the octets from start to end", () => {
    const range = fc.tuple(fc.nat(2200), fc.nat(2200)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    fc.assert(fc.property(range, fc.nat(9), key, fc.nat(), ([start, end], before, key, phase) => {
      const plain = Wire.octets(2200)
      const bytes = Cuts.embedded(plain, before, 9)
      mask(bytes, start, end, key, phase)
      const masked = Wire.masking(plain.subarray(start, end), Wire.maskOf(key), phase % 4)
      const expected = Wire.concat([plain.subarray(0, start), masked, plain.subarray(end)])
      expect(Buffer.compare(bytes, expected)).toBe(0)
      const around = new Uint8Array(bytes.buffer)
      expect(around.subarray(0, before).every((octet) => octet === 0xa5)).toBe(true)
      expect(around.subarray(before + 2200).every((octet) => octet === 0xa5)).toBe(true)
    }))
  })

  it("masks a payload in pieces as it masks it whole", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3000 }), Cuts.cuts, key, (plain, at, key) => {
      let phase = 0
      const pieces = Cuts.cut(plain, at)
      for (const piece of pieces) {
        mask(piece, 0, piece.length, key, phase)
        phase += piece.length
      }
      expect(Buffer.compare(Wire.concat(pieces), Wire.masking(plain, Wire.maskOf(key)))).toBe(0)
    }))
  })
})

describe("a masking key", () => {
  it("has its first octet in the lowest byte", () => {
    expect(Mask.readKey(Wire.hex("00 37fa213d"), 1)).toBe(0x3d21fa37)
  })

  it("is read as it was written", () => {
    fc.assert(fc.property(key, fc.nat(5), (key, at) => {
      const target = new Uint8Array(10).fill(0xa5)
      expect(Mask.writeKey(key, target, at)).toBe(at + 4)
      expect(Mask.readKey(target, at)).toBe(key | 0)
      expect(target.filter((_, i) => i < at || i >= at + 4).every((octet) => octet === 0xa5)).toBe(true)
    }))
  })

  it.each([[0, "37fa213d"], [1, "fa213d37"], [2, "213d37fa"], [3, "3d37fa21"], [4, "37fa213d"], [
    2 ** 40 + 3,
    "3d37fa21"
  ]])(
    "begun %d octets later is the same key rotated",
    (phase, rotated) => {
      const target = new Uint8Array(4)
      Mask.writeKey(Mask.rotate(0x3d21fa37, phase), target, 0)
      expect(Wire.toHex(target)).toBe(rotated)
    }
  )
})
