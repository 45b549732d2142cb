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
export const sendAll = (
  driver: Driver,
  messages: Messages,
  options?: SendOptions
): Effect.Effect<void, WebSocketError> =>
  driver.outbox.turns.isFree
    ? sendFrom(driver, messages, 0, options)
    : Effect.andThen(Turn.wait(driver), Effect.suspend(() => sendFrom(driver, messages, 0, options)))

type Messages = ReadonlyArray<Message.Message | Message.Prepared>

/**
 * How a message is sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions {
  /** Whether it is compressed, where that was agreed on and pays. Default true. */
  readonly compress?: boolean | undefined
}

const sendFrom = (
  driver: Driver,
  messages: Messages,
  from: number,
  options: SendOptions | undefined
): Effect.Effect<void, WebSocketError> => {
  const { outbox, unsendable } = driver
  if (unsendable !== undefined) return Effect.fail(unsendable)
  for (let i = from; i < messages.length; i++) {
    outbox.message(messages[i], options?.compress ?? true)
    if (!outbox.isCongested && !outbox.turns.isBusy) continue
    const ready = outbox.turns.isBusy ? Effect.andThen(Turn.wait(driver), wait(driver)) : wait(driver)
    if (i + 1 === messages.length) return ready
    return Effect.andThen(ready, Effect.suspend(() => sendFrom(driver, messages, i + 1, options)))
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
