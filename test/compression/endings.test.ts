import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as fc from "fast-check"
import { setImmediate as tick } from "node:timers/promises"
import type { DeflatePool } from "../../src/transport/DeflatePool.ts"
import * as TcpPair from "../TcpPair.ts"
import { json, makePool } from "../transport/DeflateSamples.ts"
import * as Handles from "./Handles.ts"
import * as RawPeer from "./RawPeer.ts"

type Activity = (connection: Connection.Connection) => Effect.Effect<unknown, unknown>

/** It takes its time in the thread pool. */
const large = json(100_000)

const reads: Activity = ({ messages }) => Stream.runDrain(messages)

const readsToo = (activity: Activity): Activity => (connection) =>
  Effect.all([activity(connection), reads(connection)], { concurrency: "unbounded", discard: true })

const activities: Readonly<Record<string, Activity>> = {
  reads,
  echoes: ({ messages, sink }) => Stream.run(messages, sink),
  sends: readsToo(({ send }) => Effect.forever(send(large))),
  "sends in arrays": readsToo(({ sendAll }) => Effect.forever(sendAll([large, "small", large]))),
  "sends what is prepared": readsToo(({ send }) =>
    Effect.forever(Effect.suspend(() => send(Connection.prepare(large))))
  ),
  "streams without end": readsToo(({ sendStream }) => sendStream(Stream.forever(Stream.make(large))))
}

type End = (
  connection: Connection.Connection,
  working: Fiber.Fiber<unknown>,
  scope: Scope.Closeable
) => Effect.Effect<unknown, unknown>

const endings: Readonly<Record<string, End>> = {
  closes: ({ close }) => close(),
  terminates: ({ terminate }) => terminate,
  "is interrupted": (_connection, working) => Fiber.interrupt(working),
  "leaves its scope": (_connection, _working, scope) => Scope.close(scope, Exit.void)
}

const script = fc.record({
  mine: fc.constantFrom(...Object.keys(activities)),
  yours: fc.constantFrom(...Object.keys(activities)),
  ending: fc.constantFrom(...Object.keys(endings)),
  turns: fc.nat(40),
  takeover: fc.boolean()
})

type Script = typeof script extends fc.Arbitrary<infer A> ? A : never

const wait = async (turns: number): Promise<void> => {
  for (let i = 0; i < turns; i++) await tick()
}

/** Two sides at something each; then one of them ends. */
const play = ({ ending, mine, takeover, turns, yours }: Script, pool: DeflatePool) =>
  Effect.gen(function*() {
    const compression = { ...RawPeer.plain, serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover }
    const options = { compression: { pool }, closeTimeout: 100, inboxSize: 10_000 }
    const [left, right] = yield* Effect.promise(TcpPair.make)
    const scope = yield* Scope.make()
    const client = yield* Connection.fromDuplex(left, { role: "client", compression }, options).pipe(
      Scope.provide(scope)
    )
    const server = yield* Connection.fromDuplex(right, { role: "server", compression }, options)
    const working = yield* Effect.forkChild(Effect.exit(activities[mine](client)))
    yield* Effect.forkChild(Effect.exit(activities[yours](server)))
    yield* Effect.promise(() => wait(turns))
    yield* Effect.exit(endings[ending](client, working, scope))
    yield* Scope.close(scope, Exit.void)
  }).pipe(Effect.scoped, Effect.runPromise)

/** A pool that somebody left in the middle has to serve others. */
const serves = (pool: DeflatePool) =>
  Effect.scoped(Effect.gen(function*() {
    const [client, server] = yield* Connection.pair({ compression: { pool } })
    yield* Effect.forkChild(client.sendAll([large, large]))
    assert.lengthOf(yield* Stream.runCollect(Stream.take(server.messages, 2)), 2)
  }))

describe("a connection that ends in the middle of compressing", () => {
  it.live("leaves nothing behind, wherever it is and whoever ends it", () =>
    Effect.gen(function*() {
      const handles = yield* Handles.track
      let timers = 0
      const every = () => {
        timers++
        return () => timers--
      }
      for (const concurrency of [1, 4]) {
        const pool = makePool({ concurrency, every })
        const leavesNothing = async (script: Script): Promise<void> => {
          await play(script, pool)
          // What is prepared is compressed for all connections, also when one of them has ended
          for (pool.sleep(); pool.usage.awake > 0; pool.sleep()) await tick()
          assert.deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
          assert.lengthOf(handles.open(), 0)
          assert.strictEqual(timers, 0)
        }
        const property = fc.asyncProperty(script, leavesNothing)
        yield* Effect.promise(() => fc.assert(property, { numRuns: 150, timeout: 10_000, endOnFailure: true }))
        yield* serves(pool)
        pool.sleep()
      }
    }))
})
