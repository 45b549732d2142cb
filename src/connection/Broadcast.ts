/**
 * One message for many connections.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Prepared } from "../protocol/Message.ts"
import * as Backpressure from "./Backpressure.ts"
import type { Driver } from "./Driver.ts"

/**
 * Sends a message to all that are open, in their turn, and waits for those whose transport is full.
 *
 * @category sending
 * @since 0.1.0
 */
export const send = (drivers: Iterable<Driver>, message: Prepared, compress: boolean): Effect.Effect<void> => {
  const slow: Array<Driver> = []
  for (const driver of drivers) {
    if (driver.state !== "Open") continue
    const { outbox } = driver
    const run = () => outbox.message(message, compress)
    if (outbox.isFree) run()
    else outbox.turns.inOrder({ size: message.payload.length, run, drop: ignore })
    if (outbox.isCongested) slow.push(driver)
  }
  return Effect.forEach(slow, (driver) => Effect.ignore(Backpressure.wait(driver)), { discard: true })
}

const ignore = () => {}
