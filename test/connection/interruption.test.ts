import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Scope, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import * as fc from "fast-check"
import { setImmediate as tick } from "node:timers/promises"
import { nodeArena } from "../../src/transport/NodeBytes.ts"
import * as Loopback from "../Loopback.ts"

type Activity = (connection: Connection) => Effect.Effect<unknown, unknown>

const chunk = Buffer.alloc(20_000, 7)

/** What a fiber may be at when it is interrupted; none of them ends by itself. */
const activities: Readonly<Record<string, Activity>> = {
  echoes: ({ messages, sink }) => Stream.run(messages, sink),
  "echoes each by an effect": ({ messages, send }) => Stream.runForEach(messages, send),
  "sends what nobody reads": ({ send }) => Effect.forever(send(chunk)),
  "sends in arrays": ({ sendAll }) => Effect.forever(sendAll(["a", chunk, "b"])),
  "streams a message that does not end": ({ sendStream }) =>
    sendStream(Stream.forever(Stream.fromEffect(Effect.as(Effect.yieldNow, chunk)))),
  "streams messages, and sends others in between": ({ send, sendStream }) =>
    Effect.forever(Effect.all([sendStream(Stream.make("a", "b")), send("c"), sendStream(Stream.empty)], {
      concurrency: "unbounded"
    })),
  pings: ({ ping }) => Effect.forever(ping()),
  "waits for frames": ({ frames }) => Stream.runDrain(frames),
  "waits for the end": ({ closed }) => closed,
  "does nothing": () => Effect.never
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await (i % 3 === 0 ? tick() : Promise.resolve())
}

type Ending = "interrupted" | "succeeds" | "fails" | "dies"

const endings: Readonly<Record<Ending, { readonly code: number; readonly exit: Exit.Exit<void, string> }>> = {
  interrupted: { code: 1001, exit: Exit.interrupt(1) },
  succeeds: { code: 1000, exit: Exit.void },
  fails: { code: 1011, exit: Exit.fail("no more") },
  dies: { code: 1011, exit: Exit.failCause(Cause.die(new Error("boom"))) }
}

interface Script {
  readonly mine: string
  readonly theirs: string
  readonly turns: number
  readonly ending: Ending
}

/** Two sides at something each; then our scope ends, at some point. */
const play = ({ ending, mine, theirs, turns: count }: Script) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const { client, server, clientSocket } = yield* Loopback.pair({ inboxSize: 10_000, closeTimeout: 1000 }, scope)
    const ours = yield* Effect.forkChild(Effect.exit(activities[mine](client)))
    const others = yield* Effect.forkChild(
      Effect.exit(
        Effect.all([activities[theirs](server), reads(theirs) ? Effect.void : Stream.runDrain(server.messages)], {
          concurrency: "unbounded"
        })
      )
    )
    yield* Effect.promise(() => turns(count))
    if (ending === "interrupted") yield* Fiber.interrupt(ours)
    const closing = yield* Effect.forkChild(Scope.close(scope, endings[ending].exit))
    const { code } = yield* server.closed
    yield* Fiber.join(closing)
    yield* Fiber.interruptAll([ours, others])
    return { code, destroyed: clientSocket.destroyed }
  }).pipe(Effect.scoped)

const reads = (name: string): boolean => name.startsWith("echoes") || name.includes("frames")

const scripts: fc.Arbitrary<Script> = fc.record({
  mine: fc.constantFrom(...Object.keys(activities)),
  theirs: fc.constantFrom(...Object.keys(activities)),
  turns: fc.nat(60),
  ending: fc.constantFrom(...(Object.keys(endings) as Array<Ending>))
})

const active = (kind: RegExp): number => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length

describe("a scope that ends at any point", () => {
  it.live("says the right code to the peer, and leaves nothing behind", () =>
    Effect.promise(async () => {
      const timers = active(/Timeout/)
      await fc.assert(
        fc.asyncProperty(scripts, async (script) => {
          const { code, destroyed } = await Effect.runPromise(play(script))
          // A message that is being streamed cannot be completed: whatever the exit says, the peer hears of that
          const allowed = script.mine.startsWith("streams")
            ? [1001, endings[script.ending].code]
            : [endings[script.ending].code]
          assert.include(allowed, code)
          assert.isTrue(destroyed)
        }),
        { numRuns: 500 }
      )
      await turns(30)
      assert.strictEqual(active(/TCP/), 0)
      assert.isAtMost(active(/Timeout/), timers)
      assert.strictEqual(nodeArena.cursor, 0)
    }), 60_000)
})
