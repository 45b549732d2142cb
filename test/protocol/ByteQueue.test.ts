import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ByteQueue } from "../../src/protocol/ByteQueue.ts"
import * as Bytes from "../../src/protocol/Bytes.ts"
import * as Wire from "./Wire.ts"

const queueOf = (...chunks: ReadonlyArray<Uint8Array>): ByteQueue => {
  const queue = new ByteQueue(Bytes.portable)
  for (const chunk of chunks) queue.push(chunk)
  return queue
}

/** The microseconds that so many chunks take to be taken one by one, from so many queues. */
const timeFor = (chunks: number, queues: number): number => {
  const filled = Array.from({ length: queues }, () => new ByteQueue(Bytes.portable))
  for (const queue of filled) for (let i = 0; i < chunks / queues; i++) queue.push(Uint8Array.of(i))
  const start = process.cpuUsage()
  for (const queue of filled) {
    for (let i = 0; i < chunks / queues; i++) if (queue.take(1)[0] !== (i & 0xff)) expect.fail(`${i}`)
  }
  return process.cpuUsage(start).user
}

/** What else the process does, such as collecting garbage, is not in the best of some. */
const bestFor = (queues: number): number => Math.min(...Array.from({ length: 5 }, () => timeFor(200_000, queues)))

describe("a byte queue", () => {
  it("gives the bytes in the order in which they came", () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ maxLength: 5 }) }),
      fc.record({ take: fc.nat(7) }),
      fc.record({ skip: fc.nat(7) })
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new ByteQueue(Bytes.portable)
        const model: Array<number> = []
        for (const step of steps) {
          if ("push" in step) {
            queue.push(step.push)
            model.push(...step.push)
          } else if ("take" in step) {
            const taken = queue.take(step.take)
            expect([...taken]).toEqual(model.splice(0, taken.length))
            expect(taken.length > 0).toBe(step.take > 0 && model.length + taken.length > 0)
          } else {
            const count = Math.min(step.skip, queue.available())
            queue.skip(count)
            model.splice(0, count)
          }
          expect(queue.available() === 0).toBe(model.length === 0)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("takes no more than what is left of the first chunk", () => {
    const queue = queueOf(Wire.hex("0102"), Wire.hex("0304"))
    queue.skip(1)
    expect([queue.take(3), queue.take(1), queue.take(3), queue.take(3)].map(Wire.toHex)).toEqual(["02", "03", "04", ""])
  })

  it("takes views, and copies nothing", () => {
    const chunk = Wire.hex("010203")
    const queue = queueOf(chunk)
    expect(queue.take(2).buffer).toBe(chunk.buffer)
    expect(queue.take(1).buffer).toBe(chunk.buffer)
    expect(queueOf(chunk).take(3)).toBe(chunk)
  })

  it("shares nothing between those who take no bytes", () => {
    const chunk = Wire.hex("01")
    const buffers = [queueOf(), queueOf(), queueOf(chunk)].map((queue) => queue.take(0).buffer)
    expect(new Set([...buffers, chunk.buffer]).size).toBe(4)
  })

  it("forgets everything when it is cleared", () => {
    const queue = queueOf(Wire.hex("01"), Wire.hex("0203"), Wire.hex("04"))
    queue.skip(2)
    queue.push(Wire.hex("05"))
    queue.clear()
    expect(queue.available()).toBe(0)
    queue.push(Wire.hex("06"))
    expect(Wire.toHex(queue.take(9))).toBe("06")
    expect(queue.available()).toBe(0)
  })

  it("takes each of many chunks in the same time as one of some", () => {
    expect(bestFor(1) / bestFor(20)).toBeLessThan(8) // 1, and 20 if each one's time grew with the others
  })
})
