/**
 * The messages of one connection after another, as one stream.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import * as Connection from "../Connection.ts"
import { Changes } from "../connection/Changes.ts"
import * as Inbox from "../connection/Inbox.ts"
import type { Message } from "../protocol/Message.ts"
import type { WebSocketError } from "../WebSocketError.ts"

/** A connection whose messages are not all read yet. */
interface Source {
  readonly connection: Connection.Connection
  /** What was not read when the connection closed. */
  rest: ReadonlyArray<Message>
}

type Next<E> = Pull.Pull<readonly [Source], E | WebSocketError>

/**
 * The connections that there is something to be read of: the present one, and at most one or two that are closed.
 *
 * @category models
 * @since 0.1.0
 */
export class Incoming<E> {
  private readonly sources: Array<Source> = []
  private isRead = false
  private exit: Exit.Exit<void, E | WebSocketError> | undefined = undefined
  private readonly changes = new Changes()

  /** The next connection; its messages come when all before are read. */
  add(connection: Connection.Connection): void {
    this.sources.push({ connection, rest: [] })
    this.changes.tell()
  }

  /** A connection is closed: what of it is not read is kept, and it can be released. */
  close(connection: Connection.Connection): void {
    const index = this.sources.findIndex((source) => source.connection === connection)
    if (index < 0) return // it is read to its end already
    const source = this.sources[index]
    source.rest = (Connection.toDriver(connection)?.driver.inbox.drain() ?? []) as ReadonlyArray<Message>
    const hasReader = this.isRead && index === 0
    if (!hasReader && source.rest.length === 0) this.remove(source)
  }

  /** There will be no further connection. */
  end(exit: Exit.Exit<void, E | WebSocketError>): void {
    this.exit = exit
    this.changes.tell()
  }

  /** Waits while as much is kept as may be. */
  get room(): Effect.Effect<void> {
    return this.changes.until(() => this.sources.length < 2 ? Effect.void : undefined)
  }

  /** All messages, to one reader at a time. */
  readonly messages: Stream.Stream<Message, E | WebSocketError> = Stream.unwrap(
    Effect.uninterruptible(Effect.suspend(() => {
      if (this.isRead) return Effect.fail(Inbox.twoReaders())
      this.isRead = true
      const sources = Stream.fromPull(Effect.succeed(this.next))
      const done = Effect.addFinalizer(() => Effect.sync(() => this.isRead = false))
      return Effect.as(done, Stream.flatMap(sources, (source) => this.messagesOf(source)))
    }))
  )

  private get next(): Next<E> {
    return this.changes.until((): Next<E> | undefined => {
      if (this.sources.length > 0) return Effect.succeed([this.sources[0]] as const)
      if (this.exit === undefined) return undefined
      return Exit.isSuccess(this.exit) ? Cause.done() : Effect.failCause(this.exit.cause)
    })
  }

  /** What came before the end of a connection, and not the error that it ended with, which may be made good. */
  private messagesOf(source: Source): Stream.Stream<Message, WebSocketError> {
    const { connection } = source
    const rest = Stream.suspend(() => {
      const { rest } = source
      source.rest = []
      return Stream.fromArray(rest)
    })
    return connection.messages.pipe(
      Stream.catchIf(() => connection.state === "Closed", () => Stream.empty),
      Stream.concat(rest),
      Stream.concat(Stream.suspend(() => {
        this.remove(source)
        return Stream.empty
      }))
    )
  }

  private remove(source: Source): void {
    const index = this.sources.indexOf(source)
    if (index >= 0) this.sources.splice(index, 1)
    this.changes.tell()
  }
}
