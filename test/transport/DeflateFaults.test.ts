import * as fc from "fast-check"
import { Buffer } from "node:buffer"
import * as Zlib from "node:zlib"
import { describe, expect, it } from "vitest"
import * as Violation from "../../src/protocol/Violation.ts"
import * as Samples from "./DeflateSamples.ts"

const { compress, deflate, everything, inflate, json, makePool, withFinalBlock } = Samples

const both = { noContextTakeover: false, windowBits: 15 }
const none = { noContextTakeover: true, windowBits: 15 }

const ways = [
  ["at once", { inline: true }],
  ["in the thread pool", { inline: true, inlineLimit: 0 }],
  ["as Node documents it", { inline: false }]
] as const

const corrupt = Violation.error("DeflateInvalid")
const tooBig = Violation.error("MessageTooBig")

const violationOf = (result: Uint8Array | Violation.ProtocolError) =>
  result instanceof Violation.ProtocolError ? result.violation : undefined

describe.each(ways)("inflating %s", (_way, options) => {
  it("fails for what is not deflate", async () => {
    const pool = makePool(options)
    for (const direction of [both, none]) {
      const inflater = pool.inflater(direction)
      expect(await inflate(inflater, Buffer.of(0xff, 0xff, 0xff))).toEqual(corrupt)
      expect(await inflate(inflater, Buffer.of(0x06))).toEqual(corrupt)
      inflater.close()
    }
  })

  it("fails for a reference before the first octet, however often the context was used by others", async () => {
    const pool = makePool(options)
    for (let i = 0; i < 5; i++) {
      const [deflater, inflater] = [pool.deflater(both), pool.inflater(both)]
      await deflate(deflater, json(1000))
      expect(await inflate(inflater, await deflate(deflater, json(1000)))).toEqual(corrupt)
      deflater.close()
      inflater.close()
    }
  })

  it("fails for a message that is cut short, wherever", async () => {
    const pool = makePool(options)
    const inflater = pool.inflater(none)
    for (const payload of [json(300), Samples.noise(50), Buffer.from("Hello")]) {
      const whole = compress(payload)
      const first = whole[0] === 0 ? 2 : 1 // one octet 0 is an empty message (RFC 7692 §7.2.3.6)
      for (let length = first; length < whole.length; length++) {
        expect(await inflate(inflater, whole.subarray(0, length)), `${length} octets`).toEqual(corrupt)
      }
    }
    inflater.close()
  })

  it("fails for octets behind the end", async () => {
    const pool = makePool(options)
    const inflater = pool.inflater(none)
    const whole = Buffer.concat([compress(json(300)), Buffer.of(0, 0, 0xff, 0xff)])
    expect(await inflate(inflater, whole)).toEqual(corrupt)
    expect(await inflate(inflater, Buffer.concat([withFinalBlock(json(300)), Buffer.of(0x06)]))).toEqual(corrupt)
    expect(await inflate(inflater, compress(json(300)))).toEqual(json(300))
    inflater.close()
  })

  it("takes an empty payload for an empty message", async () => {
    const pool = makePool(options)
    const inflater = pool.inflater(both)
    expect(await inflate(inflater, new Uint8Array(0))).toHaveLength(0)
    expect(await inflate(inflater, compress(json(20)))).toEqual(json(20))
    inflater.close()
  })

  it("never throws nor hangs for mutilated messages, and goes on", async () => {
    const pool = makePool(options)
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    await fc.assert(
      fc.asyncProperty(
        Samples.message,
        fc.array(change, { maxLength: 4 }),
        fc.boolean(),
        async (message, changes, takeover) => {
          const inflater = pool.inflater(takeover ? both : none)
          const mutilated = Buffer.from(compress(message))
          for (const [at, octet] of changes) mutilated[at % mutilated.length] = octet
          const result = await inflate(inflater, mutilated, 100_000)
          if (result instanceof Violation.ProtocolError) expect([corrupt, tooBig]).toContainEqual(result)
          else expect(result.length).toBeLessThanOrEqual(100_000)
          inflater.close()
        }
      ),
      { numRuns: 400 }
    )
    const inflater = pool.inflater(none)
    expect(await inflate(inflater, compress(json(500)))).toEqual(json(500))
    inflater.close()
    pool.sleep()
    expect(pool.usage).toEqual({ awake: 0, asleep: 0, bytesHeld: 0 })
  })

  it("never throws nor hangs for any octets", async () => {
    const pool = makePool(options)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (octets) => {
        const inflater = pool.inflater(both)
        const result = await inflate(inflater, octets, 10_000)
        if (!(result instanceof Violation.ProtocolError)) expect(result.length).toBeLessThanOrEqual(10_000)
        inflater.close()
      }),
      { numRuns: 1000 }
    )
  })

  it("lets exactly the limit pass", async () => {
    const pool = makePool(options)
    for (const direction of [both, none]) {
      const inflater = pool.inflater(direction)
      for (const length of [1, 1000, 65_536, 65_537, 200_000, 600_000]) {
        const compressed = compress(Buffer.alloc(length))
        expect(await inflate(inflater, compressed, length)).toHaveLength(length)
        const another = pool.inflater(direction)
        expect(await inflate(another, compressed, length - 1)).toEqual(tooBig)
        another.close()
      }
      inflater.close()
    }
  })

  it("stops a bomb within one chunk over the limit, and holds no more than that", async () => {
    const pool = makePool(options)
    const bomb = Zlib.deflateRawSync(Buffer.alloc(256 * 1024 * 1024), { level: 9 })
    const inflater = pool.inflater(both)
    const { arrayBuffers } = process.memoryUsage()
    expect(violationOf(await inflate(inflater, bomb, 1_000_000))).toBe("MessageTooBig")
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(8_000_000)
    inflater.close()
  })
})

describe.each(ways)("a peer that ends every message's stream (RFC 7692 §7.2.3.4), inflated %s", (_way, options) => {
  it.each([both, none])("is understood, given %j", async (direction) => {
    const pool = makePool(options)
    const inflater = pool.inflater(direction)
    for (let i = 0; i < 20; i++) {
      const payload = json(i * 300, i)
      expect(await inflate(inflater, withFinalBlock(payload))).toEqual(payload)
      expect(await inflate(inflater, Zlib.deflateRawSync(payload))).toEqual(payload)
      expect(await inflate(inflater, compress(payload))).toEqual(payload)
      if (i % 2 === 0) pool.sleep()
    }
    inflater.close()
    pool.sleep()
    expect(pool.usage).toEqual({ awake: 0, asleep: 0, bytesHeld: 0 })
  })

  it("is understood in RFC 7692 §7.2.3.4's example", async () => {
    const inflater = makePool(options).inflater(both)
    const hello = Buffer.from("f348cdc9c9070000", "hex")
    for (let i = 0; i < 3; i++) expect(await inflate(inflater, hello)).toEqual(Buffer.from("Hello"))
    inflater.close()
  })

  it.each([both, none])("may do so in mid-message and refer back over it, given %j", async (direction) => {
    const pool = makePool(options)
    const inflater = pool.inflater(direction)
    const parts = [Samples.noise(700), Samples.noise(700), json(50_000), Samples.noise(700), json(20_000)]
    for (let i = 0; i < 3; i++) {
      const compressed = parts.map((part, index) => {
        const before = Buffer.concat(parts.slice(0, index)).subarray(-32_768)
        return Zlib.deflateRawSync(part, before.length > 0 ? { dictionary: before } : {})
      })
      expect(await inflate(inflater, Buffer.concat([...compressed, Buffer.of(0)]))).toEqual(Buffer.concat(parts))
      const after = Zlib.deflateRawSync(json(900), {
        dictionary: direction.noContextTakeover ? Buffer.of(1) : Buffer.concat(parts).subarray(-32_768),
        finishFlush: Zlib.constants.Z_SYNC_FLUSH
      })
      expect(await inflate(inflater, after.subarray(0, -4))).toEqual(json(900))
      pool.sleep()
    }
    inflater.close()
    pool.sleep()
    expect(pool.usage).toEqual({ awake: 0, asleep: 0, bytesHeld: 0 })
  })

  it("may not do so forever", async () => {
    const inflater = makePool(options).inflater(both)
    const [some, many] = [10, 100_000].map((blocks) => Buffer.alloc(2 * blocks, Buffer.of(0x03, 0x00)))
    expect(await inflate(inflater, some)).toEqual(Buffer.alloc(0))
    expect(await inflate(inflater, many)).toEqual(corrupt)
    inflater.close()
  })
})

describe("RFC 7692 §7.2.3's examples", () => {
  const examples = [
    ["one block (§7.2.3.1)", "f248cdc9c90700", "Hello"],
    ["a block without compression (§7.2.3.3)", "000500faff48656c6c6f00", "Hello"],
    ["two blocks (§7.2.3.5)", "f24805000000ffffcac9c90700", "Hello"],
    ["an empty message (§7.2.3.6)", "00", ""]
  ] as const

  it.each(examples)("reads %s", async (_name, octets, text) => {
    for (const [, options] of ways) {
      const inflater = makePool(options).inflater(both)
      expect(await inflate(inflater, Buffer.from(octets, "hex"), everything)).toEqual(Buffer.from(text))
      inflater.close()
    }
  })

  it("reads a message that shares the window (§7.2.3.2)", async () => {
    const inflater = makePool().inflater(both)
    expect(await inflate(inflater, Buffer.from("f248cdc9c90700", "hex"))).toEqual(Buffer.from("Hello"))
    expect(await inflate(inflater, Buffer.from("f200110000", "hex"))).toEqual(Buffer.from("Hello"))
    inflater.close()
  })

  it("writes the same", async () => {
    const deflater = makePool().deflater(both)
    expect(await deflate(deflater, Buffer.from("Hello"))).toEqual(Buffer.from("f248cdc9c90700", "hex"))
    expect(await deflate(deflater, Buffer.from("Hello"))).toEqual(Buffer.from("f200110000", "hex"))
    deflater.close()
  })
})
