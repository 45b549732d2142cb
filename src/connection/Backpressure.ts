/**
 * Sending to a peer that reads more slowly than we send.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Message from "../protocol/Message.ts"
import type { WebSocketError } from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"
import * as Turn from "./Turn.ts"

/**
 * Sends messages in their turn, waiting wherever the transport takes no more.
 *
 * @category sending
 * @since 0.1.0
 */
export const sendAll = (driver: Driver, messages: Messages): Effect.Effect<void, WebSocketError> =>
  driver.outbox.isFree
    ? sendFrom(driver, messages, 0)
    : Effect.andThen(Turn.wait(driver), Effect.suspend(() => sendFrom(driver, messages, 0)))

type Messages = ReadonlyArray<Message.Message | Message.Prepared>

const sendFrom = (driver: Driver, messages: Messages, from: number): Effect.Effect<void, WebSocketError> => {
  const error = driver.unsendable
  if (error !== undefined) return Effect.fail(error)
  for (let i = from; i < messages.length; i++) {
    driver.outbox.message(messages[i])
    if (driver.outbox.isCongested) {
      return Effect.andThen(wait(driver), Effect.suspend(() => sendFrom(driver, messages, i + 1)))
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
  driver.outbox.isCongested ? untilWritable(driver) : Effect.void

const untilWritable = (driver: Driver): Effect.Effect<void, WebSocketError> =>
  Effect.callback((resume) => {
    const cancel = driver.outbox.whenWritable(() => resume(Turn.failIfClosed(driver)))
    return Effect.sync(cancel)
  })
