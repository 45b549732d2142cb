import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestLink } from "effect-ws/testing"
import * as Zlib from "node:zlib"
import * as Frames from "../conformance/Frames.ts"
import { json, makePool } from "../transport/DeflateSamples.ts"

const large = json(200_000)
const deflated = Zlib.deflateRawSync(large, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)
const frame = Frames.encode(Frames.binary(deflated, { rsv: 4 }), true)

/** Microtasks pass, but the thread pool cannot answer. */
const moment = Effect.promise(async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve()
})

describe("a transport that is gone while the thread pool inflates and deflates", () => {
  it.effect("lets no message into a zlib context that is in use, and loses none that came", () =>
    Effect.gen(function*() {
      const pool = makePool({ inlineLimit: 1000 })
      const { link, server } = yield* TestLink.pair({ compression: { pool } })
      const sending = yield* Effect.forkChild(Effect.exit(server.send(large)), { startImmediately: true })
      yield* moment
      yield* link.toServer.inject(Uint8Array.from(frame))
      yield* moment
      yield* link.reset
      yield* moment
      assert.strictEqual(server.state, "Open") // a message is still to be delivered
      const more = yield* Effect.forkChild(Effect.exit(server.send("small ".repeat(50))), { startImmediately: true })
      yield* moment
      const received: Array<number> = []
      yield* Effect.exit(
        Stream.runForEach(server.messages, ({ length }) => Effect.sync(() => received.push(length)))
      )
      assert.deepStrictEqual(received, [large.length])
      assert.deepInclude(yield* server.closed, { code: 1006, clean: false })
      yield* Fiber.joinAll([sending, more])
    }))
})
