import * as fc from "fast-check"
import { isUtf8 } from "node:buffer"
import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as Cuts from "./Cuts.ts"
import { mixed } from "./Utf8Samples.ts"
import * as Wire from "./Wire.ts"

/** Any UTF-16, lone surrogates included, and long enough for all of the platform's ways. */
const utf16 = fc.tuple(fc.array(fc.nat(0xffff), { maxLength: 30 }), fc.constantFrom(1, 1, 9, 90)).map((
  [units, times]
) => String.fromCharCode(...units).repeat(times))

describe.each([["plain JavaScript", Bytes.portable], ["Node", nodeBytes]])("bytes in %s", (_, bytes) => {
  it("encode text as TextEncoder does: a lone surrogate becomes U+FFFD", () => {
    fc.assert(fc.property(utf16, (text) => {
      expect(Wire.toHex(bytes.encode(text))).toBe(Wire.toHex(Wire.utf8(text)))
    }))
  })

  it("encode text into memory, and touch none behind it", () => {
    fc.assert(fc.property(utf16, fc.nat(9), (text, at) => {
      const expected = Wire.utf8(text)
      const target = new Uint8Array(at + expected.length + 9).fill(0xa5)
      expect(bytes.encodeInto(text, target, at)).toBe(expected.length)
      const rest = [new Uint8Array(at).fill(0xa5), expected, new Uint8Array(9).fill(0xa5)]
      expect(Wire.toHex(target)).toBe(Wire.toHex(Wire.concat(rest)))
    }))
  })

  it("encode as many code points as fit", () => {
    fc.assert(fc.property(utf16, fc.nat(200), (text, room) => {
      const target = new Uint8Array(room + 4)
      const written = bytes.encodeInto(text, target.subarray(0, room + 2), 2)
      const expected = new Uint8Array(room)
      expect(written).toBe(new TextEncoder().encodeInto(text, expected).written)
      expect(Wire.toHex(target.subarray(2, 2 + written))).toBe(Wire.toHex(expected.subarray(0, written)))
      expect(Wire.toHex(target.subarray(room + 2))).toBe("0000")
    }))
  })

  it("decode as TextDecoder does, a byte order mark included, anywhere in a buffer", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
    fc.assert(fc.property(mixed, fc.nat(9), (encoded, before) => {
      expect(bytes.decode(Cuts.embedded(encoded, before, 5))).toBe(decoder.decode(encoded))
    }))
    expect(bytes.decode(Wire.hex("efbbbf 61"))).toBe("\ufeffa")
  })

  it("make one character of each octet, which is that of ASCII if there is one", () => {
    const every = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff)
    const text = bytes.latin1(every, 3, 290)
    expect(text).toHaveLength(287)
    for (const [from, to] of [[3, 128], [256, 290]]) {
      expect(text.slice(from - 3, to - 3)).toBe(Buffer.from(every.subarray(from, to)).toString("ascii"))
    }
  })

  it("know what is UTF-8", () => {
    fc.assert(fc.property(mixed, (encoded) => {
      expect(bytes.isUtf8(encoded)).toBe(isUtf8(encoded))
    }))
  })

  it("decode a text that is UTF-8, U+FFFD included, and no other (RFC 6455 §8.1)", () => {
    fc.assert(fc.property(mixed, (encoded) => {
      const decoded = Bytes.decodeUtf8(bytes, encoded)
      expect(decoded === undefined).toBe(!isUtf8(encoded))
      if (decoded !== undefined) expect(Wire.toHex(Wire.utf8(decoded))).toBe(Wire.toHex(encoded))
    }))
    expect(Bytes.decodeUtf8(bytes, Wire.hex("efbfbd"))).toBe("\ufffd")
  })

  it("are brought together in memory of their own, but for a single chunk", () => {
    const chunks = [Wire.hex("0102"), new Uint8Array(0), Wire.hex("03")]
    const whole = Bytes.concat(bytes, chunks, 3)
    chunks[0][0] = 9
    expect(Wire.toHex(whole)).toBe("010203")
    expect(Bytes.concat(bytes, [chunks[0]], 2)).toBe(chunks[0])
    expect(Bytes.concat(bytes, [], 0)).toHaveLength(0)
  })

  it("are allocated in the size that is asked for", () => {
    expect([0, 1, 131_072].map((size) => bytes.allocate(size).length)).toEqual([0, 1, 131_072])
  })
})
