/**
 * Sending to a peer that reads more slowly than we send.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Message from "../protocol/Message.ts"
import type { WebSocketError } from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"

/**
 * Sends messages, waiting wherever the transport takes no more.
 *
 * @category sending
 * @since 0.1.0
 */
export const sendAll = (
  driver: Driver,
  messages: ReadonlyArray<Message.Message | Message.Prepared>,
  from = 0
): Effect.Effect<void, WebSocketError> => {
  const error = driver.unsendable
  if (error !== undefined) return Effect.fail(error)
  for (let i = from; i < messages.length; i++) {
    driver.send(messages[i])
    if (driver.outbox.isBlocked) {
      return Effect.andThen(
        wait(driver),
        Effect.suspend(() => sendAll(driver, messages, i + 1))
      )
    }
  }
  return Effect.void
}

/**
 * Done when the transport takes more; at once if it does. Fails if the connection has closed: what was sent may be lost.
 *
 * @category sending
 * @since 0.1.0
 */
export const wait = (driver: Driver): Effect.Effect<void, WebSocketError> =>
  driver.outbox.isBlocked ? untilWritable(driver) : Effect.void

const untilWritable = (driver: Driver): Effect.Effect<void, WebSocketError> =>
  Effect.callback((resume) => {
    const cancel = driver.outbox.whenWritable(() => resume(failIfClosed(driver)))
    return Effect.sync(cancel)
  })

/**
 * Fails with the reason for which the connection closed, if it has.
 *
 * @category sending
 * @since 0.1.0
 */
export const failIfClosed = (driver: Driver): Effect.Effect<void, WebSocketError> => {
  const error = driver.closeEvent === undefined ? undefined : driver.unsendable
  return error === undefined ? Effect.void : Effect.fail(error)
}
