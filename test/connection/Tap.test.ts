import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Connection from "../../src/Connection.ts"
import type { Driver } from "../../src/connection/Driver.ts"
import type { Tap } from "../../src/connection/Tap.ts"

const ignore = () => {}

const tapOf = (onText: (text: string) => void): Tap => ({
  onMessage: (payload) => onText(Buffer.from(payload).toString()),
  onPing: ignore,
  onPong: ignore,
  onCloseDue: ignore,
  onClosing: ignore
})

/** The driver of a connection to which these were sent, and nobody has read them. */
const after = (...messages: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const [client, server] = yield* Connection.pair()
    const { driver } = Connection.toDriver(server)!
    yield* client.sendAll(messages)
    while (driver.unread === 0) yield* Effect.yieldNow
    return driver as Driver
  })

describe("a tap", () => {
  it.effect("has messages counted for which it throws", () =>
    Effect.gen(function*() {
      const driver = yield* after("one")
      const before = driver.tally.messagesIn
      driver.setTap(tapOf((text) => {
        if (text === "three") throw new Error("on purpose")
      }))
      const frames = ["two", "three"].map((text) =>
        Buffer.concat([Buffer.of(0x81, 0x80 | text.length, 0, 0, 0, 0), Buffer.from(text)])
      )
      assert.throws(() => driver.onBytes(Buffer.concat(frames)), "on purpose")
      assert.strictEqual(driver.tally.messagesIn - before, 2)
    }).pipe(Effect.scoped))

  it.effect("gets what has waited, also behind a message for which it throws", () =>
    Effect.gen(function*() {
      const driver = yield* after("one", "two", "three")
      const seen: Array<string> = []
      const tap = tapOf((text) => {
        seen.push(text)
        if (text === "one") throw new Error("on purpose")
      })
      assert.throws(() => driver.setTap(tap), "on purpose")
      yield* Effect.promise(() => Promise.resolve())
      assert.deepStrictEqual([seen, driver.unread], [["one", "two", "three"], 0])
    }).pipe(Effect.scoped))

  it.effect("gets none of it while it takes nothing", () =>
    Effect.gen(function*() {
      const driver = yield* after("one", "two", "three")
      const seen: Array<string> = []
      driver.setTap(tapOf((text) => {
        seen.push(text)
        driver.stop(text === "two")
      }))
      assert.deepStrictEqual(seen, ["one", "two"])
      driver.stop(false)
      assert.deepStrictEqual([seen, driver.unread], [["one", "two", "three"], 0])
    }).pipe(Effect.scoped))
})
