import { once } from "node:events"
import type { Duplex } from "node:stream"
import { buffer } from "node:stream/consumers"
import { setImmediate as tick } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import { NodeMemorySocket } from "../../src/testing/NodeMemorySocket.ts"
import * as MemoryTransport from "../../src/transport/MemoryTransport.ts"

const pair = () => {
  const [left, right] = MemoryTransport.pair()
  return { left: new NodeMemorySocket(left), right: new NodeMemorySocket(right), transport: left }
}

/** `text` of Node 26 destroys what it has read. */
const allOf = (socket: Duplex): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    socket.on("data", (chunk) => text += chunk).once("end", () => resolve(text))
  })

describe("a socket in memory", () => {
  it("carries what was corked, in order, and ends as a socket does", async () => {
    const { left, right } = pair()
    left.cork()
    for (const word of ["one ", "two ", "three"]) left.write(word)
    left.end()
    expect(await allOf(right)).toBe("one two three")
    right.end("answer")
    expect(await allOf(left)).toBe("answer")
  })

  it("holds the writer back while nobody reads, and loses nothing when somebody does", async () => {
    const { left, right } = pair()
    const chunk = Buffer.alloc(50_000, "effect-ws")
    let written = 0
    while (!left.writableNeedDrain) {
      left.write(chunk)
      written += chunk.length
      await tick()
    }
    expect(written).toBeLessThan(1_000_000)
    const reading = buffer(right)
    await once(left, "drain")
    left.end()
    expect((await reading).length).toBe(written)
  })

  it("fails with ECONNRESET when the line is reset", async () => {
    const { left, right, transport } = pair()
    transport.outgoing.abort()
    const errors = await Promise.all([once(left, "error"), once(right, "error")])
    expect(errors.map(([{ code }]) => code)).toEqual(["ECONNRESET", "ECONNRESET"])
    expect([left.destroyed, right.destroyed]).toEqual([true, true])
  })

  it("passes on the error that it is destroyed with, and lets the other side know the end", async () => {
    const { left, right } = pair()
    left.destroy(new Error("broken"))
    const [[error]] = await Promise.all([once(left, "error"), once(right.resume(), "end")])
    expect(error).toMatchObject({ message: "broken" })
  })
})
