/**
 * Sending to a peer that reads more slowly than we send.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Sink from "effect/Sink"
import * as Message from "../protocol/Message.ts"
import { fromUsage, type WebSocketError } from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"
import * as Turn from "./Turn.ts"

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

/**
 * Sends messages in their turn, waiting wherever one takes its time or the transport takes no more.
 *
 * @category sending
 * @since 0.1.0
 */
export const sendAll = (
  driver: Driver,
  messages: Messages,
  options?: SendOptions
): Effect.Effect<void, WebSocketError> => {
  const problem = misuse(messages)
  return problem === undefined ? sendOn(driver, messages, options) : Effect.fail(problem)
}

/**
 * Sends what is pulled, to its end.
 *
 * @category sending
 * @since 0.1.0
 */
export const drain = (
  driver: Driver,
  upstream: Pull.Pull<Messages>
): Effect.Effect<Sink.End<void>, WebSocketError> => {
  const next: Pull.Pull<never, WebSocketError> = Effect.flatMap(upstream, (messages) => {
    const sending = sendAll(driver, messages)
    return sending === Effect.void ? next : Effect.andThen(sending, next)
  })
  return Pull.catchDone(next, () => end)
}

const end: Effect.Effect<Sink.End<void>> = Effect.succeed([undefined])

/**
 * Why no connection could send them, if one of them is no message.
 *
 * @category guards
 * @since 0.1.0
 */
export const misuse = (messages: Messages): WebSocketError | undefined =>
  messages.every(Message.isSendable)
    ? undefined
    : fromUsage("a message is a string, a Uint8Array, or what `Connection.prepare` gives")

const sendOn = (
  driver: Driver,
  messages: Messages,
  options: SendOptions | undefined
): Effect.Effect<void, WebSocketError> =>
  driver.outbox.isFree ? sendFrom(driver, messages, 0, options) : sendInTurn(driver, messages, 0, options)

/** It is their turn now. */
const sendFrom = (
  driver: Driver,
  messages: Messages,
  from: number,
  options: SendOptions | undefined
): Effect.Effect<void, WebSocketError> => {
  const { unsendable } = driver
  if (unsendable !== undefined) return Effect.fail(unsendable)
  return sendRest(driver, messages, encode(driver, messages, from, options), options)
}

/** They are encoded within their turn, so that nothing that was called for later can come before. */
const sendInTurn = (driver: Driver, messages: Messages, from: number, options: SendOptions | undefined) =>
  Effect.suspend(() => {
    let next = from
    const turn = Turn.wait(driver, () => next = encode(driver, messages, from, options))
    return Effect.andThen(turn, Effect.suspend(() => sendRest(driver, messages, next, options)))
  })

/** Encodes messages until one takes its time or the transport is full; gives the index of the next. */
const encode = ({ outbox }: Driver, messages: Messages, from: number, options: SendOptions | undefined): number => {
  for (let i = from; i < messages.length; i++) {
    outbox.message(messages[i], options?.compress ?? true)
    if (outbox.isCongested || outbox.isBusy) return i + 1
  }
  return messages.length
}

/** Waits for what is encoded, and goes on. */
const sendRest = (
  driver: Driver,
  messages: Messages,
  next: number,
  options: SendOptions | undefined
): Effect.Effect<void, WebSocketError> => {
  const { isBusy, isCongested } = driver.outbox
  if (isBusy) return sendInTurn(driver, messages, next, options)
  if (next === messages.length) return isCongested ? wait(driver) : Effect.void
  return Effect.andThen(wait(driver), Effect.suspend(() => sendOn(driver, messages.slice(next), options)))
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
    if (!driver.outbox.isCongested) return resume(Turn.failIfClosed(driver))
    const cancel = driver.outbox.whenWritable(() => resume(Turn.failIfClosed(driver)))
    return Effect.sync(cancel)
  })
