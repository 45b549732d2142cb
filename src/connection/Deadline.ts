/**
 * The one timer that a connection has: for what the peer, or a busy reader, owes it at the end.
 *
 * @since 0.1.0
 */

/**
 * Calls back when so many milliseconds are up; returns how to call that off.
 *
 * @category models
 * @since 0.1.0
 */
export type StartTimer = (milliseconds: number, callback: () => void) => () => void

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

  /** Sets the deadline, so many milliseconds from now, unless one is set already. */
  set(milliseconds: number): void {
    this.cancel ??= this.startTimer(milliseconds, () => {
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
