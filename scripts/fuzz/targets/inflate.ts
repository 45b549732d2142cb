/** Messages to inflate, sound or not: as zlib itself does it, at once or in the thread pool, and nothing is held afterwards. */
import { deepStrictEqual, ok, strictEqual } from "node:assert"
import * as Zlib from "node:zlib"
import type { Direction } from "../../../src/protocol/PerMessageDeflate.ts"
import * as Violation from "../../../src/protocol/Violation.ts"
import { DeflatePool } from "../../../src/transport/DeflatePool.ts"
import * as Packets from "../Packets.ts"
import { Random } from "../Random.ts"
import type { Target } from "../Target.ts"

const everyNever = () => () => {}
const atOnce = new DeflatePool({ every: everyNever })
const pooled = new DeflatePool({ every: everyNever, inline: false })

type Outcome = Uint8Array | string

/** Inflates one after the other, until one cannot be. */
const inflate = async (pool: DeflatePool, direction: Direction, packets: ReadonlyArray<Uint8Array>, limit: number) => {
  const inflater = pool.inflater(direction)
  const all: Array<Outcome> = []
  for (const packet of packets) {
    const result = await new Promise<Uint8Array | Violation.ProtocolError>((resolve) =>
      inflater.inflate(packet, limit, resolve)
    )
    all.push(result instanceof Violation.ProtocolError ? result.violation : new Uint8Array(result))
    if (result instanceof Violation.ProtocolError) break
  }
  inflater.close()
  pool.sleep()
  deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 }, "something is held")
  return all
}

const tail = Buffer.of(0, 0, 255, 255)

/**
 * What zlib makes of a message, up to the end of its first stream. Its window is the largest: whether zlib refuses what
 * refers further back than its window depends on how its output is cut.
 */
const byZlib = (packet: Uint8Array, before: Uint8Array): Uint8Array =>
  Zlib.inflateRawSync(Buffer.concat([packet, tail]), {
    finishFlush: Zlib.constants.Z_SYNC_FLUSH,
    ...before.length === 0 ? {} : { dictionary: before }
  })

const check = (outcomes: ReadonlyArray<Outcome>, packets: ReadonlyArray<Uint8Array>, direction: Direction): void => {
  let plain: Uint8Array = new Uint8Array(0)
  outcomes.forEach((outcome, i) => {
    if (typeof outcome === "string" || packets[i].length === 0) return
    const window = direction.noContextTakeover ? plain.subarray(0, 0) : plain.subarray(-(2 ** direction.windowBits))
    const expected = byZlib(packets[i], window)
    strictEqual(Buffer.compare(outcome.subarray(0, expected.length), expected), 0, "not what zlib gives")
    plain = Buffer.concat([plain, outcome])
  })
}

const labelOf = (outcome: Outcome): string =>
  typeof outcome === "string" ? outcome : `2^${Math.ceil(Math.log2(outcome.length + 1))}`

export const target: Target = {
  name: "inflate",
  seeds: Packets.seeds,
  mutate: Packets.mutate,
  run: async ({ choice, content }) => {
    const random = new Random(choice)
    const direction = { noContextTakeover: random.oneIn(2), windowBits: random.pick([15, 15, 8, 9, 12]) }
    const limit = random.pick([1_000_000, 1_000_000, 3000, 10, 0])
    const packets = Packets.read(content)
    const outcomes = await inflate(atOnce, direction, packets, limit)
    for (const outcome of outcomes) ok(outcome.length <= limit || typeof outcome === "string", "too much was inflated")
    check(outcomes, packets, direction)
    if (random.oneIn(4)) deepStrictEqual(await inflate(pooled, direction, packets, limit), outcomes)
    return outcomes.map(labelOf)
  }
}
