import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { setImmediate as tick } from "node:timers/promises"
import * as Zlib from "node:zlib"
import * as Frames from "../conformance/Frames.ts"
import { makePool } from "../transport/DeflateSamples.ts"
import * as Handles from "./Handles.ts"
import * as RawPeer from "./RawPeer.ts"

const MiB = 1024 * 1024
const GiB = 1024 * MiB

/** 1 GiB of zeros. After a full flush nothing before it is referred to, and so a part of it can be repeated. */
const makeBomb = (): Buffer => {
  const part = Zlib.deflateRawSync(Buffer.alloc(16 * MiB), { finishFlush: Zlib.constants.Z_FULL_FLUSH })
  return Buffer.concat(Array.from({ length: 64 }, () => part)).subarray(0, -4)
}

/** By how much memory of buffers grew at most, until the signal. */
const growth = async (signal: AbortSignal): Promise<number> => {
  const { arrayBuffers: before } = process.memoryUsage()
  let most = before
  while (!signal.aborted) {
    most = Math.max(most, process.memoryUsage().arrayBuffers)
    await tick()
  }
  return most - before
}

const limits = [
  { does: "the default limit", options: {}, limit: 100 * MiB },
  { does: "a limit of 1 MiB", options: { maxMessageSize: MiB }, limit: MiB }
]

const cuts = [
  { does: "in one frame", fragment: Infinity },
  { does: "in fragments of 1 KiB", fragment: 1024 }
]

describe("1 GiB of zeros in 1 MiB", () => {
  const bomb = makeBomb()

  for (const { does: within, limit, options } of limits) {
    for (const { does, fragment } of cuts) {
      it.live(`fails with 1009 ${does}, within ${within}, and takes no more memory than that`, () =>
        Effect.gen(function*() {
          const pool = makePool()
          const { connection, peer } = yield* RawPeer.facing("server", { ...options, compression: { pool } })
          const handles = yield* Handles.track
          const [first, ...others] = Frames.fragments(2, bomb, Math.min(fragment, bomb.length))
          const ended = new AbortController()
          peer.end({ ...first, rsv: 4 }, ...others)
          const measuring = growth(ended.signal)
          const { error } = yield* connection.closed
          ended.abort()
          assert.include(error?.message, "MessageTooBig")
          assert.strictEqual(yield* peer.closeCode, 1009)
          assert.isBelow(yield* Effect.promise(() => measuring), limit + 8 * MiB)
          const taken = handles.made().reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
          assert.isBelow(taken, bomb.length * (limit + MiB) / GiB)
          pool.sleep()
          assert.deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
          assert.lengthOf(handles.open(), 0)
        }))
    }
  }
})
