/**
 * What is sent while there is no connection to send it on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Connection, type Prepared, type SendOptions, toDriver } from "../Connection.ts"
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

/** What one call wants to send. */
interface Entry<E> {
  readonly messages: Messages
  readonly options: SendOptions | undefined
  /** Told how sending ended, if the sender waits. */
  readonly resume: ((effect: Effect.Effect<void, E | WebSocketError.WebSocketError>) => void) | undefined
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

  constructor(policy: Policy) {
    this.policy = policy
  }

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  /** Keeps messages, or does with them what the policy says. */
  keep(messages: Messages, options?: SendOptions): Effect.Effect<void, E | WebSocketError.WebSocketError> {
    const { capacity, strategy } = this.policy
    if (this.kept + messages.length <= capacity) return this.add({ messages, options, resume: undefined })
    switch (strategy) {
      case "suspend":
        return this.wait(messages, options)
      case "dropping":
        return Effect.void
      case "sliding":
        return this.slide(capacity === 0 ? [] : messages.slice(-capacity), options)
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
    while (this.kept + messages.length > this.policy.capacity) this.take()
    return this.add({ messages, options, resume: undefined })
  }

  private wait(messages: Messages, options: SendOptions | undefined) {
    return Effect.callback<void, E | WebSocketError.WebSocketError>((resume) => {
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
   * Sends what waits, as long as the connection is open. What was given to a connection is given to no other one, so that
   * nothing comes twice.
   */
  flush(connection: Connection): Effect.Effect<void> {
    return Effect.suspend(() => {
      const entry = isOpen(connection) ? this.take() : undefined
      if (entry === undefined) return Effect.void
      const sending = Effect.onExit(
        connection.sendAll(entry.messages, entry.options),
        (exit) => Effect.sync(() => entry.resume?.(exit))
      )
      return Effect.andThen(Effect.ignore(sending), this.flush(connection))
    })
  }

  /** Nothing will be sent any more. */
  end(failure: Effect.Effect<never, E | WebSocketError.WebSocketError>): void {
    const { entries } = this
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
