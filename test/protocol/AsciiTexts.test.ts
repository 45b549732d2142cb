import * as fc from "fast-check"
import { describe, expect, it, vi } from "vitest"
import * as AsciiTexts from "../../src/protocol/AsciiTexts.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as Wire from "./Wire.ts"

const latin1 = (chunk: Uint8Array, start: number, end: number): string =>
  Buffer.from(chunk.subarray(start, end)).toString("latin1")

describe("texts that are cut from one string", () => {
  it("are those of the chunk, from its start to its end", () => {
    const sizes = fc.array(fc.tuple(fc.nat(20), fc.oneof(fc.nat(100), fc.nat(5000))), { maxLength: 30 })
    fc.assert(fc.property(fc.array(sizes, { maxLength: 3 }), (chunks) => {
      const texts = new AsciiTexts.AsciiTexts(nodeBytes)
      chunks.forEach((sizes, i) => {
        const size = sizes.reduce((sum, [gap, length]) => sum + gap + length, 0)
        const chunk = Wire.octets(size, i)
        texts.clear()
        let at = 0
        for (const [gap, length] of sizes) {
          const start = at + gap
          at = start + length
          expect(texts.cut(chunk, start, at, size)).toBe(latin1(chunk, start, at))
        }
      })
    }))
  })

  it("are whole where they end behind what was made before", () => {
    const texts = new AsciiTexts.AsciiTexts(nodeBytes)
    const chunk = Wire.octets(9000)
    for (const [start, end] of [[0, 9], [4000, 4096], [4096, 4097], [4098, 4200], [7000, 8194], [8195, 9000]]) {
      expect(texts.cut(chunk, start, end, 9000)).toBe(latin1(chunk, start, end))
    }
  })

  it("take little with them, and nothing from behind the limit", () => {
    const made = vi.fn(latin1)
    const texts = new AsciiTexts.AsciiTexts({ latin1: made })
    const chunk = Wire.octets(20_000)
    for (let at = 6; at < 10_000; at += 100) texts.cut(chunk, at, at + 90, 10_001)
    expect(made.mock.calls.length).toBe(3)
    for (const [, start, end] of made.mock.calls) {
      expect(end - start).toBeLessThanOrEqual(4096)
      expect(end).toBeLessThanOrEqual(10_001)
    }
  })
})
