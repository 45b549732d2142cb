/**
 * What was received and not yet taken, and the one who takes it.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as WebSocketError from "../WebSocketError.ts"

/**
 * Octets that an inbox holds, unless something else is said, before the peer is held back.
 *
 * @category constants
 * @since 0.1.0
 */
export const usualSize = 65_536

/** What an array slot of its own costs an empty message. */
const slotSize = 8

/**
 * Nothing comes any more, for want of a peer or for this error.
 *
 * @category models
 * @since 0.1.0
 */
export class End {
  readonly error: WebSocketError.WebSocketError | undefined

  constructor(error: WebSocketError.WebSocketError | undefined) {
    this.error = error
  }
}

/**
 * What a consumer takes.
 *
 * @category models
 * @since 0.1.0
 */
export type Taken<A> = NonEmptyReadonlyArray<A> | End

/**
 * A consumer that waits.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiter<A> {
  onTaken(taken: Taken<A>): void
}

/**
 * Holds items for one consumer, who takes all that are there at once.
 *
 * **Details**
 *
 * A consumer that waits is called synchronously, within `wake`: there is no queue, fiber or scheduler in between.
 *
 * @category models
 * @since 0.1.0
 */
export class Inbox<A extends { readonly length: number }> {
  private readonly limit: number
  private items: Array<A> | undefined = undefined
  /** Octets that are there, with what each item costs besides. */
  size = 0
  private end: End | undefined = undefined
  private waiter: Waiter<A> | undefined = undefined
  /** Whether nobody reads any more. */
  isDiscarding = false

  constructor(limit: number) {
    this.limit = limit
  }

  /** Who is to have what comes next; or, without one, nobody. */
  wait(waiter: Waiter<A> | undefined): void {
    this.waiter = waiter
  }

  /** Adds an item, or drops it if nobody will ever read. */
  push(item: A): void {
    if (this.isDiscarding) return
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

  /** Whether there is something to take. */
  hasNews(): boolean {
    return this.items !== undefined || this.end !== undefined
  }

  /** Whether the consumer has everything that came. */
  isEmpty(): boolean {
    return this.items === undefined
  }

  /** Hands what is there to a consumer that waits; false if there is nothing, or no one. */
  wake(): boolean {
    const { waiter } = this
    if (waiter === undefined) return false
    const taken = this.take()
    if (taken === undefined) return false
    this.waiter = undefined
    waiter.onTaken(taken)
    return true
  }

  /** Everything that is there; after that the end, if it is known. */
  take(): Taken<A> | undefined {
    const { items } = this
    if (items === undefined) return this.end
    this.items = undefined
    this.size = 0
    return items as unknown as NonEmptyReadonlyArray<A>
  }

  /** Everything that is there, without the end. */
  drain(): ReadonlyArray<A> {
    const { items = [] } = this
    this.items = undefined
    this.size = 0
    return items
  }

  /** The first item that is there, for those who take them one by one. */
  shift(): A | undefined {
    const item = this.items?.shift()
    if (this.items?.length === 0) this.items = undefined
    if (item !== undefined) this.size -= item.length + slotSize
    return item
  }

  /** A consumer that waits goes away with an error; what comes is for the next one. */
  dismiss(): void {
    const { waiter } = this
    this.waiter = undefined
    waiter?.onTaken(new End(tooLate()))
  }

  /** Nothing comes any more: that is what the consumer gets, after all items. */
  finish(error: WebSocketError.WebSocketError | undefined): void {
    this.end = new End(error)
  }

  /** Nobody reads any more: drops what is there and what comes. */
  discard(): void {
    this.isDiscarding = true
    this.items = undefined
    this.size = 0
  }
}

/** The error for a second consumer. */
export const twoReaders = (): WebSocketError.WebSocketError =>
  WebSocketError.fromUsage("a connection has one reader: its messages are being read already")

/** The error for a consumer that still waits when its time is over. */
const tooLate = (): WebSocketError.WebSocketError => WebSocketError.fromUsage("the scope that this reader had is over")
