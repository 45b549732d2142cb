/**
 * What is sent while there is no connection to send it on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Connection, type Prepared, type SendOptions, toDriver } from "../Connection.ts"
import * as Backpressure from "../connection/Backpressure.ts"
import type { Message } from "../protocol/Message.ts"
import * as WebSocketError from "../WebSocketError.ts"

/**
 * How many messages are kept, and what is done with those that are too many: the sender waits, they are dropped, the
 * oldest are, or sending fails.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy {
  readonly capacity: number
  readonly strategy: "suspend" | "dropping" | "sliding" | "fail"
}

type Messages = ReadonlyArray<Message | Prepared>

type Sending<E> = Effect.Effect<void, E | WebSocketError.WebSocketError>

/** What one call wants to send. */
interface Entry<E> {
  readonly messages: Messages
  readonly options: SendOptions | undefined
  /** Told how sending ended, if the sender waits. */
  readonly resume: ((effect: Sending<E>) => void) | undefined
}

/**
 * Messages, and senders, that wait for a connection, in the order of the calls.
 *
 * @category models
 * @since 0.1.0
 */
export class Outgoing<E> {
  private readonly policy: Policy
  private entries: Array<Entry<E>> = []
  /** How many messages are kept whose senders do not wait. */
  private kept = 0
  /** The connection that is open, when nothing waits any more. */
  private target: Connection | undefined = undefined
  private failure: Effect.Effect<never, E | WebSocketError.WebSocketError> | undefined = undefined

  constructor(policy: Policy) {
    this.policy = policy
  }

  /** Sends messages on the connection that is open, behind all that waits, or does with them what the policy says. */
  send(messages: Messages, options?: SendOptions): Sending<E> {
    return this.sendNow(messages, options) ?? this.keep(messages, options)
  }

  /** What does not have to wait, because there is a connection, or will be none any more. */
  private sendNow(messages: Messages, options: SendOptions | undefined): Sending<E> | undefined {
    const { target } = this
    return target !== undefined && isOpen(target) ? target.sendAll(messages, options) : this.failure
  }

  private keep(messages: Messages, options: SendOptions | undefined): Sending<E> {
    const { capacity, strategy } = this.policy
    if (messages.length === 0) return Effect.void
    const problem = Backpressure.misuse(messages)
    if (problem !== undefined) return Effect.fail(problem)
    if (this.kept + messages.length <= capacity) return this.add({ messages, options, resume: undefined })
    switch (strategy) {
      case "suspend":
        return this.wait(messages, options)
      case "dropping":
        return Effect.void
      case "sliding":
        return capacity === 0 ? Effect.void : this.slide(messages.slice(-capacity), options)
      case "fail":
        return Effect.fail(noConnection())
    }
  }

  private add(entry: Entry<E>): Effect.Effect<void> {
    this.entries.push(entry)
    this.kept += entry.messages.length
    return Effect.void
  }

  private slide(messages: Messages, options: SendOptions | undefined): Effect.Effect<void> {
    let surplus = this.kept + messages.length - this.policy.capacity
    while (surplus > 0) surplus -= this.take()!.messages.length
    return this.add({ messages, options, resume: undefined })
  }

  private wait(messages: Messages, options: SendOptions | undefined): Sending<E> {
    return Effect.callback((resume) => {
      const now = this.sendNow(messages, options)
      if (now !== undefined) return resume(now)
      const entry = { messages, options, resume }
      this.entries.push(entry)
      return Effect.sync(() => {
        this.entries = this.entries.filter((other) => other !== entry)
      })
    })
  }

  private take(): Entry<E> | undefined {
    const entry = this.entries.shift()
    if (entry !== undefined && entry.resume === undefined) this.kept -= entry.messages.length
    return entry
  }

  /**
   * Sends what waits on a connection, as long as it is open; after that, what is sent goes to it at once. What was given to
   * a connection is given to no other one, so that nothing comes twice.
   */
  flush(connection: Connection): Effect.Effect<void> {
    return Effect.suspend(() => {
      const entry = isOpen(connection) ? this.take() : undefined
      if (entry === undefined) {
        this.target = connection
        return Effect.void
      }
      const sending = Effect.onExit(
        connection.sendAll(entry.messages, entry.options),
        // Who is interrupted here is the client, at its end: that tells the sender why
        (exit) => Effect.sync(() => Exit.hasInterrupts(exit) ? this.entries.unshift(entry) : entry.resume?.(exit))
      )
      return Effect.andThen(Effect.ignore(sending), this.flush(connection))
    })
  }

  /** There is no connection any more. */
  hold(): void {
    this.target = undefined
  }

  /** There will be none any more, for a reason that every sender gets. */
  end(failure: Effect.Effect<never, E | WebSocketError.WebSocketError>): void {
    const { entries } = this
    this.failure = failure
    this.entries = []
    this.kept = 0
    for (const { resume } of entries) resume?.(failure)
  }
}

/**
 * Whether there is sense in sending: not to a peer that has said goodbye, also while its Close waits to be answered.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOpen = (connection: Connection): boolean => {
  const { state = "Open" } = toDriver(connection)?.driver.protocol ?? {}
  return connection.state === "Open" && state === "Open"
}

const noConnection = () => WebSocketError.fromClose(1006, "there is no connection at present")
