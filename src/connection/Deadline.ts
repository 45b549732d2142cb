/**
 * The one timer that a connection has: for what the peer, or a busy reader, owes it at the end.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"

/**
 * Calls back when the time is up; returns how to call that off.
 *
 * @category models
 * @since 0.1.0
 */
export type StartTimer = (duration: Duration.Duration, callback: () => void) => () => void

/**
 * A deadline that is set at most once at a time.
 *
 * @category models
 * @since 0.1.0
 */
export class Deadline {
  private readonly startTimer: StartTimer
  private readonly onMissed: () => void
  private cancel: (() => void) | undefined = undefined

  constructor(startTimer: StartTimer, onMissed: () => void) {
    this.startTimer = startTimer
    this.onMissed = onMissed
  }

  /** Sets the deadline, unless one is set already. */
  set(duration: Duration.Duration): void {
    this.cancel ??= this.startTimer(duration, () => {
      this.cancel = undefined
      this.onMissed()
    })
  }

  /** Calls it off. */
  clear(): void {
    this.cancel?.()
    this.cancel = undefined
  }
}
