import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it } from "vitest"
import { DeflateWindow } from "../../src/transport/DeflateWindow.ts"
import { noise } from "./DeflateSamples.ts"

describe("a window", () => {
  it("holds nothing before the first message", () => {
    const window = new DeflateWindow(15)
    expect(window.octets()).toHaveLength(0)
    expect(window.held).toBe(0)
  })

  it("keeps the last octets, however they come, and no more memory than its size", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 60 }), (lengths) => {
      const window = new DeflateWindow(10)
      let all = Buffer.alloc(0)
      for (const [index, length] of lengths.entries()) {
        const octets = noise(length, index * 2 + 1)
        all = Buffer.concat([all, octets]).subarray(-1024)
        window.push(octets)
        expect(Buffer.from(window.octets())).toEqual(all)
        expect(Buffer.concat(window.parts())).toEqual(all)
        expect(window.held).toBeLessThanOrEqual(1024)
      }
    }))
  })

  it("copies, so that the user may change what was sent", () => {
    const window = new DeflateWindow(15)
    const octets = Buffer.from("sent")
    window.push(octets)
    octets.fill(0)
    expect(Buffer.from(window.octets()).toString()).toBe("sent")
  })
})
