/**
 * The one timer that a connection has: for what the peer, or a busy reader, owes it at the end.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * Calls back when the time is up; returns how to call that off.
 *
 * @category models
 * @since 0.1.0
 */
export type StartTimer = (duration: Duration.Duration, callback: () => void) => () => void

/** What is longer than the platform's timers can take, 24 days, is for ever. */
const longest = 2 ** 31 - 1

const platformTimer: StartTimer = (duration, callback) => {
  const millis = Duration.toMillis(duration)
  const timer = millis > longest ? undefined : setTimeout(callback, millis)
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
  return (duration, callback) => {
    const timer = Effect.runForkWith(context)(Effect.delay(Effect.sync(callback), duration))
    return () => timer.interruptUnsafe()
  }
}

/**
 * Told when a deadline is missed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Debtor {
  onMissed(): void
}

/**
 * A deadline that is set at most once at a time.
 *
 * @category models
 * @since 0.1.0
 */
export class Deadline {
  private readonly startTimer: StartTimer
  private readonly debtor: Debtor
  private cancel: (() => void) | undefined = undefined

  constructor(startTimer: StartTimer, debtor: Debtor) {
    this.startTimer = startTimer
    this.debtor = debtor
  }

  /** Sets the deadline, unless one is set already. */
  set(duration: Duration.Duration): void {
    this.cancel ??= this.startTimer(duration, () => {
      this.cancel = undefined
      this.debtor.onMissed()
    })
  }

  /** Calls it off. */
  clear(): void {
    this.cancel?.()
    this.cancel = undefined
  }
}
