/**
 * What this process holds on to: a socket, server or timer that a test leaves behind shows up here.
 */
import { Effect } from "effect"

const held = (): ReadonlyArray<string> =>
  process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe|Timeout|GetAddrInfo/.test(name)).toSorted()

const nextTurn: Effect.Effect<void> = Effect.callback((resume) => void setImmediate(() => resume(Effect.void)))

/** Runs a test in a scope of its own, and waits until the process holds what it held before. */
export const leavingNothing = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const before = held()
    return Effect.andThen(Effect.scoped(test), Effect.suspend(() => settled(before, Date.now() + 3000)))
  })

const settled = (before: ReadonlyArray<string>, deadline: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (held().length <= before.length) return Effect.void
    if (Date.now() < deadline) return Effect.andThen(nextTurn, settled(before, deadline))
    return Effect.die(new Error(`the process holds [${held()}], and held [${before}] before`))
  })
