import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as WebSocketServer from "../../../src/WebSocketServer.ts"
import * as TestServer from "../../server/TestServer.ts"
import { json, makePool, noise } from "../../transport/DeflateSamples.ts"
import * as Chromium from "../Chromium.ts"
import * as WsPeer from "../WsPeer.ts"
import * as Program from "./Program.ts"

/** Messages that resemble those before them, some for the thread pool. */
const messages = (count: number): ReadonlyArray<string | Buffer> =>
  Array.from({ length: count }, (_, i) => {
    if (i % 7 === 0) return noise(1 + i % 700, i % 5)
    if (i % 50 === 0) return json(40_000, i)
    return json(1 + (i * 37) % 3000, i % 11).toString()
  })

/** Echoes, with everything put to sleep before and after every message and every answer. */
const start = Effect.fnUntraced(function*() {
  const pool = makePool()
  let slept = 0
  const sleep = Effect.sync(() => {
    pool.sleep()
    assert.deepInclude(pool.usage, { awake: 0 })
    slept += pool.usage.asleep
  })
  const Sleepy = WebSocketServer.handle(
    "/",
    { compression: { pool, threshold: 0 } },
    ({ messages, send }) =>
      Effect.andThen(
        send("ready"),
        Stream.runForEach(messages, (message) => Effect.andThen(sleep, Effect.andThen(send(message), sleep)))
      )
  )
  const { url } = yield* TestServer.start(Sleepy)
  return { url, slept: () => slept }
})

describe("a server whose contexts sleep between all messages", () => {
  it.live("is not noticed by ws", () =>
    Effect.gen(function*() {
      const { slept, url } = yield* start()
      const sent = messages(3000)
      const peer = yield* WsPeer.connect(url, { perMessageDeflate: { threshold: 0 } })
      assert.deepStrictEqual(yield* peer.received(1), ["ready"])
      for (const message of sent) {
        peer.messages.length = 0
        peer.socket.send(message)
        assert.deepStrictEqual(yield* peer.received(1), [message])
      }
      // Both directions' contexts, before and after each answer but for the first
      assert.isAtLeast(slept(), sent.length * 4 - 1)
    }))

  it.live.skipIf(!Chromium.isInstalled)("is not noticed by Chromium", () =>
    Effect.gen(function*() {
      const { slept, url } = yield* start()
      const sent = messages(1000)
      const page = yield* Chromium.page
      const task = { url, greeting: "ready", messages: sent.map(Program.itemOf) }
      const { code, extensions, same } = yield* Effect.promise(() => page.evaluate(Program.run, task))
      assert.deepStrictEqual({ code, extensions, same }, { code: 1000, extensions: "permessage-deflate", same: 1000 })
      assert.isAtLeast(slept(), sent.length * 4 - 1)
    }))
})
