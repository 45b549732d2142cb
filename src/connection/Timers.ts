/**
 * Timers under Effect's clock.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { StartTimer } from "./Deadline.ts"

/** What is longer than the platform's timers can take, 24 days, is for ever. */
const longest = 2 ** 31 - 1

const platformTimer: StartTimer = (milliseconds, callback) => {
  const timer = milliseconds > longest ? undefined : setTimeout(callback, milliseconds)
  return () => clearTimeout(timer)
}

const platformClock = Context.get(Context.empty(), Clock.Clock)

/**
 * Timers under the clock of a context. Where that is the platform's clock they are the platform's timers, which cost a
 * tenth of a fiber that sleeps.
 *
 * @category constructors
 * @since 0.1.0
 */
export const timersOf = (context: Context.Context<never>): StartTimer => {
  if (Context.get(context, Clock.Clock) === platformClock) return platformTimer
  return (milliseconds, callback) => {
    const timer = Effect.runForkWith(context)(Effect.delay(Effect.sync(callback), milliseconds))
    return () => timer.interruptUnsafe()
  }
}
