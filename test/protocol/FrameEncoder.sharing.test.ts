import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Arena } from "../../src/protocol/Arena.ts"
import * as Bytes from "../../src/protocol/Bytes.ts"
import { FrameEncoder } from "../../src/protocol/FrameEncoder.ts"
import * as Message from "../../src/protocol/Message.ts"
import * as Wire from "./Wire.ts"

/** Chunks that a transport may still read from, and what has to be in them. */
interface Held {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly expected: Uint8Array
}

/** One connection: an encoder, and next to it all that it should have encoded. */
class Connection {
  private readonly encoder: FrameEncoder
  private readonly masked: boolean
  private keys = 0
  private waiting: Array<Uint8Array> = []
  /** Taken and not settled; and never to be used again: given up, or copied. */
  private taken: Array<Held> = []
  private kept: Array<Held> = []

  constructor(arena: Arena, masked: boolean) {
    this.masked = masked
    this.encoder = new FrameEncoder(arena, Bytes.portable, masked ? () => keyOf(this.keys++) : undefined)
  }

  encode(kind: "text" | "binary" | "ping" | "prepared", size: number, seed: number): void {
    const mask = this.masked ? Wire.maskOf(keyOf(this.keys)) : undefined
    const payload = kind === "text" ? Wire.utf8(`${seed}\u20ac`.repeat(size / 4)) : Wire.octets(size, seed)
    const opcode = kind === "text" ? 1 : kind === "ping" ? 9 : 2
    if (kind === "text") this.encoder.text(`${seed}\u20ac`.repeat(size / 4))
    else if (kind === "ping") this.encoder.frame(true, false, 9, payload)
    else if (kind === "binary") this.encoder.binary(payload)
    else this.encoder.prepared(Message.prepare(Bytes.portable, payload))
    this.waiting.push(Wire.frame({ opcode, payload, mask }))
  }

  take(copy: boolean): void {
    const expected = Wire.concat(this.waiting)
    expect(this.encoder.size).toBe(expected.length)
    this.waiting = []
    const held = { chunks: this.encoder.take(copy), expected }
    if (copy) this.kept.push(held)
    else this.taken.push(held)
  }

  settle(done: boolean): void {
    this.encoder.settle(done)
    if (!done) this.kept.push(...this.taken)
    this.taken = []
  }

  check(): void {
    for (const { chunks, expected } of [...this.taken, ...this.kept]) {
      expect(Buffer.compare(Buffer.concat(chunks), expected)).toBe(0)
    }
  }
}

const keyOf = (count: number): number => Math.imul(count + 1, 0x9e3779b1)

const size = fc.oneof(
  fc.constantFrom(0, 4, 124, 128, 400, 4000, 8192, 65_532, 65_536, 70_000),
  fc.nat(50).map((size) => size * 4)
)
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("text", "binary", "ping", "prepared"), size, fc.nat(9)) },
  { weight: 3, arbitrary: fc.constantFrom("take", "copy") },
  { weight: 3, arbitrary: fc.constantFrom("done", "notDone") }
)

describe.each([["a small arena", 10_000], ["an arena smaller than a frame", 100], ["the usual arena", 131_072]])(
  "connections that share %s",
  (_, arenaSize) => {
    it("never find the bytes of another, or of later, in what they have taken", () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.nat(2), step), { maxLength: 40 }), (steps) => {
          const arena = new Arena(Bytes.portable.allocate, arenaSize)
          const connections = [false, true, false].map((masked) => new Connection(arena, masked))
          for (const [who, step] of steps) {
            const connection = connections[who]
            if (step === "take" || step === "copy") connection.take(step === "copy")
            else if (step === "done" || step === "notDone") connection.settle(step === "done")
            else connection.encode(...step)
            for (const connection of connections) connection.check()
          }
          for (const connection of connections) connection.take(false)
          for (const connection of connections) connection.check()
        }),
        { numRuns: 300 }
      )
    })
  }
)
