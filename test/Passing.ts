/**
 * The test clock, going on by itself: what waits for real sockets and for the clock is over without anybody waiting.
 */
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** Milliseconds of the test clock in each turn. */
const step = 10

/** A real millisecond, for the sockets. */
const nextTurn: Effect.Effect<void> = Effect.callback((resume) => void setTimeout(() => resume(Effect.void), 1))

/** Runs something while the clock goes on. Dies if it takes more than so many milliseconds of the clock. */
export const within = <A, E, R>(limit: number, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let passed = 0; fiber.pollUnsafe() === undefined; passed += step) {
      if (passed >= limit) return yield* Effect.die(new Error(`it takes more than ${limit} ms`))
      yield* TestClock.adjust(step)
      yield* nextTurn
    }
    return yield* Fiber.join(fiber)
  })
