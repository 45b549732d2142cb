/**
 * Random schedules of faults, over memory and over TCP. Whatever happens, of each of the two connections has to hold:
 *
 * - it ends once, with the code that somebody gave, or with 1006; in peace it ends cleanly
 * - what its reader got is a prefix, in order and without repetition, of what its peer sent: no message arrives before
 *   one whose `send` had succeeded when it was sent
 * - if it ended cleanly, and was read to its end, every message whose `send` succeeded has arrived
 * - everything that goes on with it ends: senders, readers, pings, scopes
 * - nothing is left: no socket, timer or zlib context
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestLink } from "effect-ws/testing"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { setImmediate as tick } from "node:timers/promises"
import type { DeflatePool } from "../../src/transport/DeflatePool.ts"
import { leavingNothing } from "../client/Leaks.ts"
import * as Handles from "../compression/Handles.ts"
import { makePool } from "../transport/DeflateSamples.ts"
import * as Play from "./Play.ts"
import * as Script from "./Script.ts"
import * as TcpLink from "./TcpLink.ts"

const memory: Play.Medium = {
  pair: TestLink.pair,
  closeTimeout: 10_000,
  pass: Effect.andThen(Play.turns(60), TestClock.adjust("100 millis"))
}

const tcp: Play.Medium = {
  pair: TcpLink.pair,
  closeTimeout: 100,
  pass: Effect.sleep("5 millis")
}

const check = (script: Script.Script, side: Script.Side, player: Play.Player, end: "clean" | "any") =>
  Effect.gen(function*() {
    const { connection, incoming, leftEarly } = player
    const [closeEvent, again] = yield* Effect.all([connection.closed, connection.closed])
    const { clean, code } = closeEvent
    assert.strictEqual(again, closeEvent)
    assert.strictEqual(connection.state, "Closed")
    if (end === "clean") assert.isTrue(clean, `the ${side} said no goodbye: ${code}`)
    if (Script.sides.some((side) => Script.isLiedTo(script, side))) return
    assert.include(clean ? Script.codesOf(script) : [1006], code)
    assert.deepStrictEqual(incoming.faults(), [])
    const { reads } = script[side]
    if (clean && !leftEarly && reads !== "reads some" && reads !== "reads nothing") {
      assert.deepStrictEqual(incoming.missing(), [])
    }
  })

/** Until the thread pool has done what was wanted before the end. */
const emptied = async (pool: DeflatePool): Promise<void> => {
  for (pool.sleep(); pool.usage.awake > 0; pool.sleep()) await tick()
  assert.deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
}

const isOver = (link: TestLink.TestLink, left: number): Effect.Effect<boolean> =>
  Effect.flatMap(
    link.isOver,
    (is) => is || left === 0 ? Effect.succeed(is) : Effect.andThen(Play.turns(1), isOver(link, left - 1))
  )

const runs = Number(process.env["FAULT_RUNS"] ?? 1)

/** The same schedules each time, unless more of them are asked for. */
const seed = runs === 1 ? { seed: 20_261_125 } : {}

const holds = (medium: Play.Medium, numRuns: number) =>
  Effect.gen(function*() {
    const handles = yield* Handles.track
    const withClock = medium === memory ? Effect.provide(TestClock.layer()) : (effect: Effect.Effect<void>) => effect
    const property = fc.asyncProperty(Script.script, async (script) => {
      const before = handles.made().length
      const pool = makePool({ inlineLimit: script.inlineLimit })
      const playing = Effect.gen(function*() {
        const { client, link, server } = yield* Play.play(script, pool, medium)
        const end = medium === memory && Script.isPeaceful(script) ? "clean" : "any"
        yield* check(script, "client", client, end)
        yield* check(script, "server", server, end)
        assert.isTrue(yield* isOver(link, 100), "a transport is left")
      })
      await Effect.runPromise(withClock(playing))
      await emptied(pool)
      assert.isTrue(handles.made().slice(before).every(({ destroyed }) => destroyed), "a zlib context is left")
    })
    yield* Effect.promise(() => fc.assert(property, { ...seed, numRuns: numRuns * runs, endOnFailure: false }))
  })

describe("whatever befalls a connection, it ends as it has to", () => {
  it.live("in memory", () => leavingNothing(holds(memory, 150)), 120_000 * runs)
  it.live("over TCP", () => leavingNothing(holds(tcp, 30)), 120_000 * runs)
})
