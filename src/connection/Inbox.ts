/**
 * What was received and not yet taken, and the one who takes it.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as WebSocketError from "../WebSocketError.ts"

type Failure = WebSocketError.WebSocketError | Cause.Done

/** What an array slot of its own costs an empty message. */
const slotSize = 8

/**
 * What an inbox is filled from.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<A> {
  /** Takes what has come before the waiting began. */
  readonly pull: Effect.Effect<NonEmptyReadonlyArray<A>, Failure>
}

/**
 * Holds items for one consumer, who takes all that are there at once.
 *
 * **Details**
 *
 * A consumer that waits is resumed synchronously, within `wake`: there is no queue, fiber or scheduler in between.
 *
 * @category models
 * @since 0.1.0
 */
export class Inbox<A extends { readonly length: number }> {
  private readonly limit: number
  private items: Array<A> | undefined = undefined
  /** Octets that are there, with what each item costs besides. */
  size = 0
  private end: Effect.Effect<never, Failure> | undefined = undefined
  private waiter: ((effect: Effect.Effect<NonEmptyReadonlyArray<A>, Failure>) => void) | undefined = undefined
  private discarding = false
  private readonly source: Source<A>
  private waiting: Effect.Effect<NonEmptyReadonlyArray<A>, Failure> | undefined = undefined

  constructor(limit: number, source: Source<A>) {
    this.limit = limit
    this.source = source
  }

  /** Waits for `wake`. Made once, and not for those who never wait, such as a tap. */
  get wait(): Effect.Effect<NonEmptyReadonlyArray<A>, Failure> {
    return this.waiting ??= this.makeWait()
  }

  private makeWait(): Effect.Effect<NonEmptyReadonlyArray<A>, Failure> {
    const leave = Effect.sync(() => {
      this.waiter = undefined
    })
    return Effect.callback((resume) => {
      if (!this.isEmpty() || this.end !== undefined) return resume(this.source.pull)
      if (this.waiter !== undefined) return resume(Effect.fail(twoReaders()))
      this.waiter = resume
      return leave
    })
  }

  /** Adds an item, or drops it if nobody will ever read. */
  push(item: A): void {
    if (this.discarding) return
    if (this.items === undefined) this.items = [item]
    else this.items.push(item)
    this.size += item.length + slotSize
  }

  /** Whether reading on has to wait. */
  isFull(): boolean {
    return this.size > this.limit
  }

  isWaiting(): boolean {
    return this.waiter !== undefined
  }

  /** Whether the consumer has everything that came. */
  isEmpty(): boolean {
    return this.items === undefined
  }

  /** Hands what is there to a consumer that waits; false if there is nothing, or no one. */
  wake(): boolean {
    const { waiter } = this
    if (waiter === undefined) return false
    const effect = this.take()
    if (effect === undefined) return false
    this.waiter = undefined
    waiter(effect)
    return true
  }

  /** Everything that is there; after that the end, if it is known. */
  take(): Effect.Effect<NonEmptyReadonlyArray<A>, Failure> | undefined {
    const { items } = this
    if (items === undefined) return this.end
    this.items = undefined
    this.size = 0
    return Effect.succeed(items as unknown as NonEmptyReadonlyArray<A>)
  }

  /** Everything that is there, without the end. */
  drain(): ReadonlyArray<A> {
    const { items = [] } = this
    this.items = undefined
    this.size = 0
    return items
  }

  /** A consumer that waits goes away with an error; what comes is for the next one. */
  dismiss(): void {
    const { waiter } = this
    this.waiter = undefined
    waiter?.(Effect.fail(tooLate()))
  }

  /** Nothing comes any more: `end` is what the consumer gets, after all items. */
  finish(end: Effect.Effect<never, Failure>): void {
    this.end = end
  }

  /** Nobody reads any more: drops what is there and what comes. */
  discard(): void {
    this.discarding = true
    this.items = undefined
    this.size = 0
  }
}

/** The error for a second consumer. */
export const twoReaders = (): WebSocketError.WebSocketError =>
  WebSocketError.fromUsage("a connection has one reader: its messages are being read already")

/** The error for a consumer that still waits when its time is over. */
const tooLate = (): WebSocketError.WebSocketError => WebSocketError.fromUsage("the scope that this reader had is over")
