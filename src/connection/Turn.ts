/**
 * Waiting for the messages before to be out.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { WebSocketError } from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"

/**
 * Done when it is this message's turn: what is sent in the same step goes out next. `take` is run in the turn itself.
 *
 * @category sending
 * @since 0.1.0
 */
export const wait = (driver: Driver, take: () => void = () => {}): Effect.Effect<void, WebSocketError> =>
  Effect.callback((resume) => {
    const error = driver.unsendable
    if (error !== undefined) return resume(Effect.fail(error))
    let wanted = true
    const stop = driver.ending.onClosed(() => resume(failIfClosed(driver)))
    const run = () => {
      stop()
      if (!wanted) return
      take()
      resume(Effect.void)
    }
    driver.outbox.turns.inOrder({ size: 0, run, drop: () => {} })
    return Effect.sync(() => {
      wanted = false
      stop()
    })
  })

/**
 * Fails with the reason for which the connection closed, if it has.
 *
 * @category sending
 * @since 0.1.0
 */
export const failIfClosed = (driver: Driver): Effect.Effect<void, WebSocketError> => {
  const error = driver.state === "Closed" ? driver.unsendable : undefined
  return error === undefined ? Effect.void : Effect.fail(error)
}
