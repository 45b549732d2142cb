/**
 * The end of a connection's scope.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Driver } from "./Driver.ts"

/**
 * Says goodbye and waits until the transport is gone, which the driver's timer bounds.
 *
 * @category releasing
 * @since 0.1.0
 */
export const release = (driver: Driver, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
  Effect.callback((resume) => {
    // A message that is still being streamed, by a fiber that outlives the scope, is cut
    driver.abort(closeCode(exit), "")
    driver.discard()
    driver.ending.onGone(() => resume(Effect.void))
  })

/**
 * What is said at the end of a scope. Nobody to talk to any more: going away. A failure or a defect: an internal error
 * (RFC 6455 §7.4.1).
 *
 * @category releasing
 * @since 0.1.0
 */
export const closeCode = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 1000
  return Cause.hasInterruptsOnly(exit.cause) ? 1001 : 1011
}
