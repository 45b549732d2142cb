/**
 * Waiting for what changes at times.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Waiters } from "./Waiters.ts"

/**
 * Those who wait until they find what they look for, and look again when something has changed.
 *
 * @category models
 * @since 0.1.0
 */
export class Changes {
  private readonly waiters = new Waiters()

  /** Something has changed. */
  tell(): void {
    this.waiters.call()
  }

  /** Waits until `find` gives something. No change is missed between looking and waiting. */
  until<A, E>(find: () => Effect.Effect<A, E> | undefined): Effect.Effect<A, E> {
    return until(find, (look) => this.waiters.add(look))
  }
}

/**
 * Waits until `find` gives something, and looks again whenever `whenChanged` calls back, which it does once. No change is
 * missed between looking and waiting.
 *
 * @category waiting
 * @since 0.1.0
 */
export const until = <A, E>(
  find: () => Effect.Effect<A, E> | undefined,
  whenChanged: (look: () => void) => () => void
): Effect.Effect<A, E> =>
  Effect.callback((resume) => {
    let cancel = ignore
    const look = (): void => {
      const found = find()
      if (found === undefined) cancel = whenChanged(look)
      else resume(found)
    }
    look()
    return Effect.sync(() => cancel())
  })

const ignore = (): void => {}
