import { once } from "node:events"
import { duplexPair } from "node:stream"
import { setImmediate as tick } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import * as MemoryTransport from "../../src/transport/MemoryTransport.ts"
import * as NodeTransport from "../../src/transport/NodeTransport.ts"
import type { Transport } from "../../src/transport/Transport.ts"
import * as TcpPair from "../TcpPair.ts"

/** What a transport tells, in order: bytes are joined. */
const listen = (transport: Transport) => {
  const told: Array<string> = []
  let bytes = Buffer.alloc(0)
  let closed: () => void
  const gone = new Promise<void>((resolve) => closed = resolve)
  transport.start({
    room: () => undefined,
    onBytes: (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
    },
    onDrain: () => told.push("drain"),
    onEnd: () => told.push("end"),
    onClose: (error) => {
      told.push(error === undefined ? "close" : `close: ${(error as NodeJS.ErrnoException).code}`)
      closed()
    }
  })
  return { told, gone, bytes: () => bytes }
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await tick()
}

const kinds: Readonly<Record<string, () => Promise<readonly [Transport, Transport]>>> = {
  "in memory": async () => MemoryTransport.pair(),
  "over TCP": async () => {
    const [left, right] = await TcpPair.make()
    return [NodeTransport.fromDuplex(left), NodeTransport.fromDuplex(right)]
  },
  "over a pair of streams": async () => {
    const [left, right] = duplexPair()
    left.once("close", () => right.push(null)) // Node 22 does not tell the one that the other is gone
    return [NodeTransport.fromDuplex(left), NodeTransport.fromDuplex(right)]
  }
}

for (const [kind, make] of Object.entries(kinds)) {
  describe(`a transport ${kind}`, () => {
    it("carries chunks in order, whatever happens to the writer's memory after they are taken", async () => {
      const [left, right] = await make()
      listen(left)
      const { bytes } = listen(right)
      left.write([Buffer.from("one "), Buffer.from("two ")])
      left.write([Buffer.from("three")])
      await until(() => bytes().length === 13)
      expect(bytes().toString()).toBe("one two three")
      expect(left.queued).toBe(0)
      left.destroy()
    })

    it("is congested while the other side pauses, and says when it is not", async () => {
      const [left, right] = await make()
      const { told } = listen(left)
      const { bytes } = listen(right)
      right.pause()
      let written = 0
      while (!left.congested || left.queued === 0) {
        left.write([Buffer.alloc(1_000_000)])
        written += 1_000_000
        await tick()
      }
      expect(left.queued).toBeGreaterThan(0)
      right.resume()
      await until(() => told.includes("drain"))
      await until(() => bytes().length === written)
      expect(left.congested).toBe(false)
      left.destroy()
    })

    it("ends each side by itself, and closes when both have ended", async () => {
      const [left, right] = await make()
      const ours = listen(left)
      const theirs = listen(right)
      left.write([Buffer.from("last words")])
      left.end()
      await until(() => theirs.told.includes("end"))
      expect(theirs.bytes().toString()).toBe("last words")
      right.write([Buffer.from("answer")])
      right.end()
      await Promise.all([ours.gone, theirs.gone])
      expect(ours.bytes().toString()).toBe("answer")
      expect([ours.told, theirs.told]).toEqual([["end", "close"], ["end", "close"]])
    })

    it("tells who writes after the end, and ends once", async () => {
      const [left, right] = await make()
      const ours = listen(left)
      const theirs = listen(right)
      left.write([Buffer.from("last words")])
      left.end()
      left.end()
      left.write([Buffer.from("to nobody")])
      const error = await new Promise((resolve) => left.write([Buffer.from("too late")], resolve))
      expect(error).toMatchObject({ message: "write after end" })
      await until(() => theirs.told.includes("end"))
      expect(theirs.bytes().toString()).toBe("last words")
      right.end()
      await Promise.all([ours.gone, theirs.gone])
      expect(theirs.told).toEqual(["end", "close"])
    })

    it("hears nothing after it was destroyed, whatever the other side does and it is told to do itself", async () => {
      const [left, right] = await make()
      const ours = listen(left)
      const theirs = listen(right)
      right.pause() // it ends before it knows that the other one has
      left.destroy()
      left.destroy()
      left.pause()
      left.end()
      left.write([Buffer.from("to nobody")])
      right.end()
      await ours.gone
      await tick()
      right.resume()
      await until(() => theirs.told.includes("end"))
      right.destroy()
      await theirs.gone
      expect(ours.told).toEqual(["close"])
    })
  })
}

describe("a transport in memory", () => {
  it("closes who still sends to one that is gone, also if that was told to pause", async () => {
    const [left, right] = MemoryTransport.pair()
    listen(left)
    const { gone, told } = listen(right)
    left.destroy()
    left.pause()
    right.write([Buffer.from("too late")])
    await gone
    expect(told).toEqual(["end", "close"])
  })
})

describe("a transport in memory that has not read everything", () => {
  it("resets the connection when it is destroyed, and closes once", async () => {
    const [left, right] = MemoryTransport.pair()
    const ours = listen(left)
    const theirs = listen(right)
    left.pause()
    right.write([Buffer.from("unread")])
    left.destroy()
    await Promise.all([ours.gone, theirs.gone])
    await tick()
    expect([ours.told, theirs.told]).toEqual([["close"], ["close: ECONNRESET"]])
  })
})

describe("a transport of a Duplex", () => {
  it("gives the head before what comes later", async () => {
    const [left, right] = duplexPair()
    const { bytes } = listen(NodeTransport.fromDuplex(left, Buffer.from("head, ")))
    right.write("rest")
    await until(() => bytes().length === 10)
    expect(bytes().toString()).toBe("head, rest")
  })

  it("closes at once if the Duplex was destroyed before", async () => {
    const [left] = duplexPair()
    left.destroy()
    await once(left, "close")
    const { gone, told } = listen(NodeTransport.fromDuplex(left))
    await gone
    expect(told).toEqual(["close"])
  })

  it("tells of an end that came before", async () => {
    const [left, right] = duplexPair()
    right.end()
    await once(left.resume(), "end")
    const { told } = listen(NodeTransport.fromDuplex(left))
    await until(() => told.length > 0)
    expect(told).toEqual(["end"])
  })

  it("closes with the error of a reset", async () => {
    const [left, right] = await TcpPair.make()
    const { gone, told } = listen(NodeTransport.fromDuplex(left))
    right.resetAndDestroy()
    await gone
    expect(told).toEqual(["close: ECONNRESET"])
  })
})
