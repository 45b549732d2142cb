import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import { constants, deflateRawSync } from "node:zlib"
import * as Frames from "../conformance/Frames.ts"
import { makePool } from "../transport/DeflateSamples.ts"
import * as RawPeer from "./RawPeer.ts"

const deflate = (octets: Uint8Array): Buffer =>
  deflateRawSync(octets, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

const sent = (octets: Uint8Array) => Frames.binary(deflate(octets), { rsv: 4 })

const facing = (maxRatio: number) => RawPeer.facing("server", { compression: { maxRatio, pool: makePool() } })

describe("maxRatio", () => {
  it.live("fails what inflates to more with 1009", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* facing(100)
      peer.send(sent(Buffer.alloc(1_000_000)))
      assert.strictEqual(yield* peer.closeCode, 1009)
      assert.include((yield* connection.closed).error?.message, "MessageTooBig")
    }))

  it.live("lets through what inflates to less, and 64 KiB in any case", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* facing(100)
      const messages = [Buffer.alloc(65_536), Buffer.from("a sentence like others, ".repeat(1000) + "and more")]
      messages.push(Buffer.concat([randomBytes(10_000), Buffer.alloc(900_000)]))
      for (const message of messages) {
        peer.send(sent(message))
        assert.deepStrictEqual((yield* connection.pull).map((it) => it.length), [message.length])
      }
      peer.end()
    }))
})

describe("a peer that uses a larger window than was agreed on", () => {
  it.live("gets its very message through, or 1007: nothing else comes of it", () =>
    Effect.gen(function*() {
      const pool = makePool()
      const params = { ...RawPeer.plain, clientMaxWindowBits: 9 }
      for (const distance of [300, 1000, 5000, 30_000]) {
        const { connection, peer } = yield* RawPeer.facing("server", { compression: { pool } }, params)
        const once = randomBytes(distance)
        const message = Buffer.concat([once, once])
        peer.send(sent(message))
        const outcome = yield* Effect.raceFirst(
          Effect.match(connection.pull, {
            onFailure: () => 1007,
            onSuccess: ([received]) => Buffer.compare(received as Uint8Array, message)
          }),
          peer.closeCode
        )
        assert.include([0, 1007], outcome, `${distance}`)
        peer.end()
      }
    }))
})
