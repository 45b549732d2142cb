import * as fc from "fast-check"
import { isUtf8 } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Utf8 from "../../src/protocol/Utf8.ts"
import * as Cuts from "./Cuts.ts"
import { invalid, mixed, valid } from "./Utf8Samples.ts"
import * as Wire from "./Wire.ts"

/** Octets at the edges of all ranges of RFC 3629 §4: if a text can be completed at all, then with some of these. */
const continuations = [0x80, 0x90, 0xa0]

const isValid = (bytes: ReadonlyArray<number>): boolean => isUtf8(Uint8Array.from(bytes))

/** By brute force: whether some octets behind these make the whole valid. */
const isPossible = (bytes: ReadonlyArray<number>, more = 3): boolean =>
  isValid(bytes) || (more > 0 && continuations.some((octet) => isPossible([...bytes, octet], more - 1)))

/** The index of the first octet after which nothing can make the text valid, or -1. */
const firstImpossible = (bytes: ReadonlyArray<number>): number =>
  bytes.findIndex((_, i) => !isPossible(bytes.slice(0, i + 1)))

/** The same as the validator sees it when the octets come one by one. */
const firstRefused = (bytes: ReadonlyArray<number>): number => {
  const validator = new Utf8.Validator()
  return bytes.findIndex((octet) => !validator.push(Uint8Array.of(octet)))
}

const accepts = (pieces: ReadonlyArray<Uint8Array>, native?: (bytes: Uint8Array) => boolean): boolean => {
  const validator = new Utf8.Validator(native)
  return pieces.every((piece) => validator.push(piece)) && validator.isComplete()
}

const oracle = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

describe("isValid (RFC 3629)", () => {
  it.each(valid)("accepts %s: %s", (_, digits) => {
    expect(Utf8.isValid(Wire.hex(digits))).toBe(true)
  })

  it.each(invalid)("refuses %s: %s", (_, digits) => {
    expect(Utf8.isValid(Wire.hex(digits))).toBe(false)
  })

  it("agrees with TextDecoder on anything", () => {
    fc.assert(
      fc.property(mixed, (bytes) => {
        expect(Utf8.isValid(bytes)).toBe(oracle(bytes))
      }),
      { numRuns: 2000 }
    )
  })

  it("knows each sequence of two octets", () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const bytes = Uint8Array.of(first, second)
        if (Utf8.isValid(bytes) !== isUtf8(bytes)) expect.fail(Wire.toHex(bytes))
      }
    }
  })

  it("accepts each code point, and no surrogate", () => {
    for (let code = 0x80; code <= 0x10ffff; code += code < 0x11000 ? 1 : 61) {
      const bytes = encodeBlindly(code)
      if (Utf8.isValid(bytes) !== (code < 0xd800 || code > 0xdfff)) expect.fail(code.toString(16))
    }
  })
})

/** The bit pattern of RFC 3629 §3, for surrogates too. */
const encodeBlindly = (code: number): Uint8Array => {
  if (code < 0x800) return Uint8Array.of(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
  if (code < 0x10000) return Uint8Array.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
  return Uint8Array.of(
    0xf0 | (code >> 18),
    0x80 | ((code >> 12) & 0x3f),
    0x80 | ((code >> 6) & 0x3f),
    0x80 | (code & 0x3f)
  )
}

describe.each([["alone", undefined], ["with a native check", isUtf8]])("a validator %s", (_, native) => {
  it("says the same of a text that is cut anyhow", () => {
    fc.assert(
      fc.property(mixed, Cuts.cuts, (bytes, at) => {
        expect(accepts(Cuts.cut(bytes, at), native)).toBe(oracle(bytes))
      }),
      { numRuns: 2000 }
    )
  })

  it("says the same of a long text with one cut anywhere within code points", () => {
    const bytes = Wire.utf8("a\u00e9\u20ac\u{1f600}".repeat(20))
    for (let at = 0; at <= bytes.length; at++) expect(accepts(Cuts.cut(bytes, [at]), native)).toBe(true)
  })

  it.each(invalid)("refuses %s in the middle of a long text: %s", (_, digits) => {
    const long = Wire.utf8("\u20ac".repeat(40))
    expect(accepts([Wire.concat([long, Wire.hex(digits), long])], native)).toBe(false)
    expect(accepts([Wire.concat([long, Wire.hex(digits)])], native)).toBe(false)
    expect(accepts([Wire.concat([Wire.hex(digits), long])], native)).toBe(false)
    expect(accepts([long, Wire.hex(digits), long], native)).toBe(false)
  })

  it("is complete between code points only", () => {
    const validator = new Utf8.Validator(native)
    const complete = [...Wire.utf8("a\u00e9\u20ac\u{1f600}")].map((octet) => {
      expect(validator.push(Uint8Array.of(octet))).toBe(true)
      return validator.isComplete()
    })
    expect(complete).toEqual([true, false, true, false, false, true, false, false, false, true])
  })

  it("remembers the bounds of the next octet over a cut (RFC 3629 §4)", () => {
    for (const digits of ["e09f", "eda0", "f08f", "f490"]) {
      const [first, second] = Wire.hex(digits)
      expect(accepts([Uint8Array.of(first), Wire.concat([Uint8Array.of(second), new Uint8Array(80)])], native)).toBe(
        false
      )
    }
  })

  it("fails with the piece that makes the text impossible, not later", () => {
    const long = Wire.utf8("\u20ac".repeat(40))
    for (const [, digits] of invalid) {
      const bytes = [...long, ...Wire.hex(digits)]
      const wrong = firstImpossible([...Wire.hex(digits)])
      if (wrong === -1) continue
      const validator = new Utf8.Validator(native)
      expect(validator.push(Uint8Array.from(bytes.slice(0, long.length + wrong))), digits).toBe(true)
      expect(validator.push(Uint8Array.from(bytes.slice(long.length + wrong))), digits).toBe(false)
    }
  })
})

describe("the first octet that cannot be right", () => {
  it("is found by brute force too, after every lead", () => {
    for (let lead = 0; lead < 256; lead++) {
      for (let next = 0; next < 256; next++) {
        const bytes = [lead, next]
        if (firstRefused(bytes) !== firstImpossible(bytes)) expect.fail(Wire.toHex(Uint8Array.from(bytes)))
      }
    }
  })

  it("is found by brute force too, in anything", () => {
    fc.assert(
      fc.property(mixed, (bytes) => {
        const sample = [...bytes.subarray(0, 12)]
        expect(firstRefused(sample)).toBe(firstImpossible(sample))
      }),
      { numRuns: 2000 }
    )
  })

  it("is the 90 of f4 90, as in Autobahn 6.4", () => {
    expect(firstRefused([...Wire.hex("cebae1bdb9cf83cebcceb5 f4908080 656469746564")])).toBe(12)
  })
})
