/**
 * Random schedules of faults for WebSockets of compat, over TCP. Whatever happens, of each of the two has to hold:
 *
 * - "close" is emitted once and as the last event, "error" at most once
 * - what came is a prefix of what its peer sent, and all of it if both said goodbye
 * - each callback is called once, in the order of the calls; those after a close, which fail, do not wait for others
 * - nothing is left: no socket, timer, listener or zlib context
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { setImmediate as tick } from "node:timers/promises"
import { nodeDeflatePool } from "../../src/transport/DeflatePool.ts"
import { leavingNothing } from "../client/Leaks.ts"
import * as CompatPlay from "./CompatPlay.ts"

const isGoodbye = (code: number | undefined): boolean => code === 1000 || code === 4000

const check = (watched: CompatPlay.Watched, peer: CompatPlay.Watched) => {
  const { callbacks, calls, events, received } = watched
  assert.deepStrictEqual(events.filter((name) => name === "close"), ["close"])
  assert.strictEqual(events.at(-1), "close")
  assert.isAtMost(events.filter((name) => name === "error").length, 1)
  assert.deepStrictEqual(received, peer.sent.slice(0, received.length))
  if (isGoodbye(watched.code) && isGoodbye(peer.code)) assert.strictEqual(received.length, peer.sent.length)
  for (const called of Object.values(callbacks)) assert.deepStrictEqual(called, called.toSorted((a, b) => a - b))
  const all = Object.values(callbacks).flat().toSorted((a, b) => a - b)
  assert.deepStrictEqual(all, Array.from({ length: calls }, (_, n) => n))
}

/** Until the sockets are closed, and what is called back with them was. */
const settled = async ({ sockets }: CompatPlay.Scene): Promise<void> => {
  for (let i = 0; i < 1000 && !sockets.every(({ closed }) => closed); i++) await tick()
  for (let i = 0; i < 3; i++) await tick()
}

const runs = Number(process.env["FAULT_RUNS"] ?? 1)

/** The same scripts each time, unless more of them are asked for. */
const seed = runs === 1 ? { seed: 20_261_125 } : {}

const holds = Effect.promise(() =>
  fc.assert(
    fc.asyncProperty(CompatPlay.script, (script) =>
      Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const scene = yield* CompatPlay.play(script)
        yield* Effect.promise(() => settled(scene))
        check(scene.client, scene.server)
        check(scene.server, scene.client)
        assert.isTrue(scene.sockets.every(({ destroyed }) => destroyed), "a socket is left")
        assert.strictEqual(scene.listeners(), 0)
        nodeDeflatePool.sleep()
        assert.deepStrictEqual(nodeDeflatePool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
      })))),
    { ...seed, numRuns: 25 * runs, endOnFailure: false }
  )
)

describe("whatever befalls two WebSockets of compat", () => {
  it.live("they end as they have to", () => leavingNothing(holds), 120_000 * runs)
})
