import { assert, describe, it } from "vitest"
import * as Compression from "../../src/Compression.ts"
import { Compressor } from "../../src/connection/Compressor.ts"
import * as DeflateSamples from "../transport/DeflateSamples.ts"

const params = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}

describe("a compressor that is closed before it had a zlib context", () => {
  for (const size of [1000, 100_000]) {
    it(`makes none for ${size} octets that come too late`, () => {
      const pool = DeflateSamples.makePool()
      const compressor = new Compressor({ ...Compression.standard, pool }, params, "server")
      const called: Array<unknown> = []
      compressor.close()
      const octets = DeflateSamples.json(size)
      compressor.deflate(octets, octets, (payload) => called.push(payload))
      compressor.inflate(DeflateSamples.compress(octets), 1_000_000, (result) => called.push(result), false)
      assert.deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
      assert.deepStrictEqual(called, [])
    })
  }
})
