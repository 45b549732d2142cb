import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import { describe, expect, it, vi } from "vitest"
import { DeflatePool } from "../../src/transport/DeflatePool.ts"
import * as ZlibSync from "../../src/transport/ZlibSync.ts"
import * as Samples from "./DeflateSamples.ts"

const { deflate, deflatePart, inflate, json, makePool, message, noise } = Samples

const both = { noContextTakeover: false, windowBits: 15 }
const none = { noContextTakeover: true, windowBits: 15 }
const nothing = { awake: 0, asleep: 0, bytesHeld: 0 }

const direction = fc.record({ noContextTakeover: fc.boolean(), windowBits: fc.integer({ min: 8, max: 15 }) })
const tuning = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
  strategy: fc.integer({ min: 0, max: 4 })
})

/** A small limit has some messages passed at once, and others in the thread pool, on the same context. */
const ways = [
  ["at once", { inline: true }],
  ["at once or in the thread pool", { inline: true, inlineLimit: 1000 }],
  ["as Node documents it", { inline: false }]
] as const

describe("the synchronous way", () => {
  it("works on this Node", () => {
    expect(ZlibSync.works()).toBe(true)
  })
})

describe.each(ways)("a deflater and an inflater, %s", (_way, options) => {
  it("give back any messages, for any parameters", async () => {
    await fc.assert(
      fc.asyncProperty(direction, tuning, fc.array(message, { maxLength: 12 }), async (direction, tuning, messages) => {
        const pool = makePool(options)
        const [deflater, inflater] = [pool.deflater(direction, tuning), pool.inflater(direction)]
        for (const message of messages) {
          const compressed = await deflate(deflater, message)
          expect(await inflate(inflater, compressed)).toEqual(message)
        }
        deflater.close()
        inflater.close()
        pool.sleep()
        expect(pool.usage).toEqual(nothing)
      }),
      { numRuns: 60 }
    )
  })

  it("give back any messages, asleep or awake between them", async () => {
    const steps = fc.array(fc.tuple(message, fc.boolean()), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(direction, tuning, steps, async (direction, tuning, steps) => {
        const [ours, theirs] = [makePool(options), makePool(options)]
        const [deflater, inflater] = [ours.deflater(direction, tuning), theirs.inflater(direction)]
        for (const [message, sleeps] of steps) {
          if (sleeps) ours.sleep()
          const compressed = await deflate(deflater, message)
          if (!sleeps) theirs.sleep()
          expect(await inflate(inflater, compressed)).toEqual(message)
        }
        deflater.close()
        inflater.close()
      }),
      { numRuns: 60 }
    )
  })

  it("give back a message that is sent in parts, between others", async () => {
    const parts = fc.array(fc.array(message, { minLength: 1, maxLength: 5 }), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(direction, parts, fc.boolean(), async (direction, messages, sleeps) => {
        const pool = makePool(options)
        const [deflater, inflater] = [pool.deflater(direction), pool.inflater(direction)]
        for (const parts of messages) {
          const compressed: Array<Uint8Array> = []
          for (const part of parts.slice(0, -1)) {
            compressed.push(await deflatePart(deflater, part))
            if (sleeps) pool.sleep()
          }
          compressed.push(await deflate(deflater, parts[parts.length - 1]))
          expect(await inflate(inflater, Buffer.concat(compressed))).toEqual(Buffer.concat(parts))
        }
        deflater.close()
        inflater.close()
        pool.sleep()
        expect(pool.usage).toEqual(nothing)
      }),
      { numRuns: 60 }
    )
  })

  it("send an empty message as one octet (RFC 7692 §7.2.3.6)", async () => {
    const pool = makePool(options)
    const [deflater, inflater] = [pool.deflater(both), pool.inflater(both)]
    expect(await deflate(deflater, new Uint8Array(0))).toEqual(Uint8Array.of(0))
    await inflate(inflater, await deflate(deflater, json(100)))
    expect(await deflate(deflater, new Uint8Array(0))).toEqual(Uint8Array.of(0))
    expect(await inflate(inflater, Uint8Array.of(0))).toHaveLength(0)
    deflater.close()
    inflater.close()
  })

  it("leave results alone once they are given", async () => {
    const pool = makePool(options)
    const [deflater, inflater] = [pool.deflater(both), pool.inflater(both)]
    const results: Array<[Uint8Array, Uint8Array]> = []
    for (let i = 0; i < 200; i++) {
      const compressed = await deflate(deflater, json(50 + i * 10, i))
      const plain = (await inflate(inflater, compressed)) as Uint8Array
      results.push([compressed, Buffer.from(compressed)], [plain, Buffer.from(plain)])
    }
    for (const [given, copy] of results) expect(Buffer.from(given)).toEqual(copy)
    deflater.close()
    inflater.close()
  })

  it("do not depend on what the user does with a payload or a result afterwards", async () => {
    const pool = makePool(options)
    const [deflater, inflater] = [pool.deflater(both), pool.inflater(both)]
    for (let i = 0; i < 20; i++) {
      const payload = json(500, i)
      const compressed = await deflate(deflater, payload)
      pool.sleep()
      payload.fill(0)
      const plain = (await inflate(inflater, compressed)) as Buffer
      expect(plain).toEqual(json(500, i))
      plain.fill(0)
    }
    deflater.close()
    inflater.close()
  })

  it("pass what is larger than any buffer", async () => {
    const pool = makePool(options)
    for (const direction of [both, none]) {
      const [deflater, inflater] = [pool.deflater(direction), pool.inflater(direction)]
      for (const payload of [json(300_000), noise(200_000), json(10), Buffer.alloc(3_000_000), json(300_000, 5)]) {
        const compressed = await deflate(deflater, payload)
        expect(payload.equals(Buffer.from((await inflate(inflater, compressed)) as Uint8Array))).toBe(true)
      }
      deflater.close()
      inflater.close()
    }
  })
})

describe("with context takeover", () => {
  it("a message that was sent before costs next to nothing, also after sleep", async () => {
    const pool = makePool()
    const deflater = pool.deflater(both)
    expect(await deflate(deflater, noise(1000))).not.toHaveLength(0)
    expect((await deflate(deflater, noise(1000))).length).toBeLessThan(30)
    pool.sleep()
    expect((await deflate(deflater, noise(1000))).length).toBeLessThan(30)
    deflater.close()
  })
})

describe("without context takeover", () => {
  it("connections share one context, at once", () => {
    const pool = makePool()
    const deflaters = Array.from({ length: 100 }, () => pool.deflater(none))
    const results: Array<Uint8Array> = []
    for (const deflater of deflaters) deflater.deflate(json(1000), (result) => results.push(result))
    expect(results).toHaveLength(100)
    for (const result of results) expect(result).toEqual(results[0])
    expect(pool.usage).toMatchObject({ awake: 1, asleep: 0 })
    pool.sleep()
    expect(pool.usage).toEqual(nothing)
  })
})

describe("sleeping", () => {
  it("keeps the plain octets of the window, and nothing else", async () => {
    const pool = makePool()
    const deflater = pool.deflater(both)
    await deflate(deflater, json(700))
    expect(pool.usage).toMatchObject({ awake: 1, asleep: 0 })
    expect(pool.usage.bytesHeld).toBeGreaterThan(200_000)
    pool.sleep()
    expect(pool.usage).toEqual({ awake: 0, asleep: 1, bytesHeld: 1024 })
    await deflate(deflater, json(100_000))
    pool.sleep()
    expect(pool.usage).toEqual({ awake: 0, asleep: 1, bytesHeld: 32_768 })
    deflater.close()
    expect(pool.usage).toEqual(nothing)
  })

  it("comes after the idle time, by the pool's one timer", async () => {
    let turn: (() => void) | undefined
    let started = 0
    const every = (milliseconds: number, callback: () => void) => {
      expect(milliseconds).toBe(500)
      started++
      turn = callback
      return () => {
        turn = undefined
      }
    }
    const pool = makePool({ sleepAfter: 1000, every })
    const [idle, active] = [pool.deflater(both), pool.deflater(both)]
    await deflate(idle, json(100))
    const asleep: Array<number> = []
    for (let i = 0; i < 4; i++) {
      await deflate(active, json(100))
      turn!()
      asleep.push(pool.usage.asleep)
    }
    expect(asleep).toEqual([0, 0, 1, 1])
    expect(pool.usage.awake).toBe(1)
    for (let i = 0; i < 3; i++) turn?.()
    expect(pool.usage).toMatchObject({ awake: 0, asleep: 2 })
    expect(turn).toBeUndefined()
    await deflate(idle, json(100))
    expect(turn).toBeDefined()
    expect(started).toBe(2)
    idle.close()
    active.close()
    for (let i = 0; i < 2; i++) turn?.()
    expect(turn).toBeUndefined()
  })

  it("leaves no timer behind", () => {
    vi.useFakeTimers()
    const pool = new DeflatePool({ sleepAfter: 1000 })
    const deflater = pool.deflater(both)
    expect(vi.getTimerCount()).toBe(0)
    deflater.deflate(json(100), () => {})
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(pool.usage).toMatchObject({ awake: 1, asleep: 0 })
    vi.advanceTimersByTime(2000)
    expect(pool.usage).toEqual({ awake: 0, asleep: 1, bytesHeld: 1024 })
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    deflater.close()
  })

  it("also closes contexts that nobody shares any more", async () => {
    const pool = makePool()
    await deflate(pool.deflater(none), json(100))
    pool.sweep()
    expect(pool.usage.awake).toBe(1)
    pool.sweep()
    expect(pool.usage).toEqual(nothing)
  })

  it("comes when too many are awake, to the one that was used least recently", async () => {
    const pool = makePool({ maxAwake: 3 })
    const deflaters = Array.from({ length: 4 }, () => pool.deflater(both))
    for (const deflater of deflaters) {
      await deflate(deflater, json(100))
      pool.sweep()
      await deflate(deflaters[0], json(100))
    }
    expect(pool.usage).toMatchObject({ awake: 3, asleep: 1 })
    await deflate(deflaters[0], json(100))
    expect(pool.usage).toMatchObject({ awake: 3, asleep: 1 })
    for (let i = 0; i < 100; i++) await deflate(deflaters[i % 4], json(100, i))
    expect(pool.usage).toMatchObject({ awake: 3, asleep: 1 })
    for (const deflater of deflaters) deflater.close()
    pool.sleep()
    expect(pool.usage).toEqual(nothing)
  })

  it("does not come to a message that is under way", async () => {
    const pool = makePool({ inlineLimit: 0, maxAwake: 1 })
    const deflaters = Array.from({ length: 10 }, () => pool.deflater(both))
    const results = deflaters.map((deflater) => deflate(deflater, json(1000)))
    pool.sleep()
    expect(pool.usage).toMatchObject({ awake: 4, asleep: 0 })
    expect(await Promise.all(results)).toHaveLength(10)
    for (const deflater of deflaters) deflater.close()
    pool.sleep()
    expect(pool.usage).toEqual(nothing)
  })
})

describe("closing", () => {
  it.each(ways)("frees everything at any time, %s", async (_way, options) => {
    const pool = makePool({ ...options, concurrency: 2 })
    let calls = 0
    for (let i = 0; i < 20; i++) {
      const direction = i % 2 === 0 ? both : none
      const [deflater, inflater] = [pool.deflater(direction), pool.inflater(direction)]
      const compressed = await deflate(deflater, json(2000))
      const before = calls
      deflater.deflate(json(100_000), () => calls++)
      inflater.inflate(compressed, 1e6, () => calls++)
      const after = calls
      if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
      const last = calls
      deflater.close()
      inflater.close()
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect(calls).toBe(last)
      expect(after - before).toBeLessThanOrEqual(1)
    }
    pool.sleep()
    expect(pool.usage).toEqual(nothing)
    const deflater = pool.deflater(both)
    expect((await deflate(deflater, json(100_000))).length).toBeGreaterThan(0)
    deflater.close()
  })

  it("twice, or before the first message, does no harm, and nothing calls back after it", () => {
    const pool = makePool()
    const [deflater, inflater] = [pool.deflater(both), pool.inflater(both)]
    for (let i = 0; i < 2; i++) {
      deflater.close()
      inflater.close()
    }
    let calls = 0
    deflater.deflate(json(10), () => calls++)
    inflater.inflate(Uint8Array.of(0), 10, () => calls++)
    expect(calls).toBe(0)
    expect(pool.usage).toEqual(nothing)
  })
})

describe("many connections", () => {
  it("hold no more memory after many rounds than after a few", async () => {
    const pool = makePool({ maxAwake: 16 })
    const connections = Array.from({ length: 64 }, () => [pool.deflater(both), pool.inflater(both)] as const)
    const round = async (seed: number) => {
      for (const [deflater, inflater] of connections) {
        await inflate(inflater, await deflate(deflater, json(1024, seed)))
      }
    }
    for (let i = 0; i < 80; i++) await round(i)
    const { rss } = process.memoryUsage()
    const held = pool.usage
    for (let i = 0; i < 80; i++) await round(i)
    expect(pool.usage.bytesHeld).toBeLessThanOrEqual(held.bytesHeld * 1.01)
    expect(process.memoryUsage().rss - rss).toBeLessThan(32 * 1024 * 1024)
    for (const connection of connections) for (const side of connection) side.close()
    pool.sleep()
    expect(pool.usage).toEqual(nothing)
  })
})
