import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import { PayloadBuffer } from "../../src/protocol/PayloadBuffer.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import { isGone } from "./Garbage.ts"
import * as Wire from "./Wire.ts"

/** Notes what is allocated. */
const counting = () => {
  const sizes: Array<number> = []
  const allocate = (size: number) => {
    sizes.push(size)
    return new Uint8Array(size)
  }
  return { sizes, bytes: { ...Bytes.portable, allocate } }
}

/** Takes a piece as a transport does that reads into the room, if there is one: as much as fits at a time. */
const readInto = (buffer: PayloadBuffer, piece: Uint8Array, missing: number) => {
  for (let at = 0; at < piece.length;) {
    const room = buffer.room(missing + piece.length - at)
    const count = Math.min(room?.length ?? Infinity, piece.length - at)
    const read = piece.slice(at, at + count)
    room?.set(read)
    at += count
    buffer.add(room?.subarray(0, count) ?? read)
    buffer.settle(missing + piece.length - at)
  }
}

const addView = (buffer: PayloadBuffer): ArrayBuffer => {
  const read = new Uint8Array(65_536)
  buffer.add(read.subarray(100, 110))
  return read.buffer
}

const sizes = fc.array(fc.oneof(fc.nat(40), fc.nat(40_000)), { maxLength: 12 })

describe("a payload in pieces", () => {
  it.each([["plain JavaScript", Bytes.portable], ["Node", nodeBytes]])(
    "is what was added, read to where it belongs or copied, again and again, in %s",
    (_, bytes) => {
      const buffer = new PayloadBuffer(bytes)
      fc.assert(
        fc.property(sizes, fc.nat(100_000), fc.nat(4), (sizes, more, way) => {
          const pieces = sizes.map((size, i) => new Uint8Array(size).fill(i + 1))
          let missing = more + sizes.reduce((sum, size) => sum + size, 0)
          for (const [i, piece] of pieces.entries()) {
            missing -= piece.length
            if (way === 0) readInto(buffer, piece, missing)
            else buffer.add(piece.slice())
            if (i % way === 1) buffer.settle(missing)
          }
          expect(Buffer.compare(buffer.take(), Buffer.concat(pieces))).toBe(0)
          expect(buffer.size).toBe(0)
        })
      )
    }
  )

  it("has no room for little, nor before much has come", () => {
    const buffer = new PayloadBuffer(Bytes.portable)
    buffer.add(new Uint8Array(1000))
    buffer.settle(1_000_000)
    expect(buffer.room(1_000_000)).toBeUndefined()
    buffer.add(new Uint8Array(99_000))
    buffer.settle(901_000)
    expect(buffer.room(1000)).toBeUndefined()
    expect(buffer.room(900_000)).toHaveLength(900_000)
  })

  it("believes a peer no more than four times of what it sent, or a mebibyte", () => {
    const { bytes, sizes } = counting()
    const buffer = new PayloadBuffer(bytes)
    const read = (size: number) => {
      buffer.add(new Uint8Array(size))
      buffer.settle(100_000_000)
    }
    read(10)
    expect(sizes).toEqual([40])
    read(65_526)
    expect(sizes).toEqual([40, 65_536 + 1_048_576])
    read(1_048_577)
    expect(sizes.at(-1)).toBe(4 * (65_536 + 1_048_577))
  })

  it("is allocated and copied once where the frame says how long it is", () => {
    const { bytes, sizes } = counting()
    const buffer = new PayloadBuffer(bytes)
    buffer.add(new Uint8Array(65_522))
    buffer.settle(1_048_576 - 65_522)
    const room = buffer.room(1_048_576 - 65_522)!
    buffer.add(room)
    expect(buffer.take().buffer).toBe(room.buffer)
    expect(sizes).toEqual([1_048_576])
  })

  it("is allocated and copied once where its pieces come in one read", () => {
    const { bytes, sizes } = counting()
    const buffer = new PayloadBuffer(bytes)
    for (let i = 0; i < 16; i++) buffer.add(new Uint8Array(1000))
    expect(buffer.take()).toHaveLength(16_000)
    expect(sizes).toEqual([16_000])
  })

  it("does not keep the memory of a read once it is settled", async () => {
    const buffer = new PayloadBuffer(Bytes.portable)
    const read = new WeakRef(addView(buffer))
    buffer.settle(0)
    expect(await isGone(read)).toBe(true)
    expect(buffer.take()).toHaveLength(10)
  })

  it("is copied rather than to keep much more memory than it needs", () => {
    const buffer = new PayloadBuffer(Bytes.portable)
    buffer.add(Wire.utf8("abc"))
    buffer.settle(0)
    expect(buffer.take().buffer.byteLength).toBe(3)
  })

  it("shares no memory with the room, if it is taken as a copy", () => {
    const buffer = new PayloadBuffer(Bytes.portable)
    buffer.add(new Uint8Array(20_000).fill(1))
    buffer.settle(20_000)
    const room = buffer.room(20_000)!
    const payload = buffer.takeCopy()
    expect(payload.buffer).not.toBe(room.buffer)
    expect(payload).toEqual(new Uint8Array(20_000).fill(1))
  })
})
