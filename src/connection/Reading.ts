/**
 * How what comes reaches whoever reads it: a tap, as it comes, or the inbox until it is taken.
 *
 * @since 0.1.0
 */
import type { Recipient } from "../protocol/Intake.ts"
import { isMessage, type Message } from "../protocol/Message.ts"
import type * as Order from "../protocol/Order.ts"
import type * as Inbox from "./Inbox.ts"
import { giveTo, type Item } from "./Item.ts"
import { Parts } from "./Parts.ts"
import type { Tap } from "./Tap.ts"

/**
 * The reading half of a driver.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Reading extends Parts implements Recipient {
  /** Takes messages and control frames instead of the inbox. */
  protected tap: Tap | undefined = undefined
  /** Whether a stream reads, and so will take what comes. */
  protected hasReader = false
  /** Whether it decodes, and flushes after that. */
  isActive = false
  /** Since when the peer is held back, as `performance.now()` told. */
  pausedSince: number | undefined = undefined
  protected inflating = false
  /** Whether a tap takes nothing for now. */
  protected stopped = false
  /** A Close that waits: until the reader is done with what came before the peer's or, beside a tap, for its turn. */
  protected held: Order.ControlWrite | undefined = undefined
  /** Grows with every sign of life of the peer: octets that came, and times that it made room for ours. */
  signs = 0
  /** What part of them is not data. */
  protected otherSigns = 0
  /** Whether frames come instead of messages. */
  givesFrames = false

  /** Does what the protocol orders, when the reader is done with what came before. */
  protected abstract obey(order: Order.Order): void
  protected abstract obeyNow(order: Order.Order): void
  protected abstract obeyAll(orders: ReadonlyArray<Order.Order>): void

  /** Octets came: to be decoded by `read`. */
  protected accept(chunk: Uint8Array): void {
    this.count(chunk.length)
    this.protocol.push(chunk)
  }

  private count(octets: number): void {
    this.signs += octets
    this.tally.octetsIn += octets
  }

  /** What comes next lies in memory that others use, too: texts are taken from there, and need no copy. */
  prepare(memory: Uint8Array, length: number): number {
    const taken = this.protocol.prepare(memory, length, this)
    this.count(taken)
    return taken
  }

  /** Decodes all that is there, hands it over at once, and writes what came of that in one go. */
  protected read(): void {
    if (this.isActive) return
    this.isActive = true
    let isDone = false
    try {
      do this.decode()
      while (this.madeInbox?.wake() === true)
      isDone = true
    } finally {
      this.isActive = false
      this.flush()
      this.regulate()
      if (!isDone) this.readLater()
    }
  }

  /** A tap threw: what it has not seen yet is not lost. */
  private readLater(): void {
    queueMicrotask(() => this.read())
  }

  /** What is left of a transport that is gone is little, and all of it is decoded: the end is not to wait for a reader. */
  private decode(): void {
    if (this.tap !== undefined && this.unread > 0) this.handOver(this.tap)
    while (this.held === undefined && (this.isGone || !this.isBlocked())) {
      if (this.protocol.each(this)) continue
      const output = this.protocol.next()
      if (output === undefined) return
      if (isMessage(output)) this.deliver(output)
      else this.obey(output)
    }
  }

  /** Takes a simple message, which is octets for a tap; whether the next one may come right behind it. */
  receive(message: Message, isText: boolean): boolean {
    const { tap } = this
    this.tally.messagesIn++
    if (tap === undefined) {
      this.inbox.push(message)
      return !this.isFull()
    }
    tap.onMessage(message as Uint8Array, isText, undefined)
    return !this.stopped
  }

  /** What waited for a reader goes to a tap first. */
  private handOver(tap: Tap): void {
    while (this.isGone || !this.stopped) {
      const item = this.inbox.shift()
      if (item === undefined) return
      giveTo(tap, item)
    }
  }

  private deliver(message: Message): void {
    const { protocol, tap } = this
    this.tally.messagesIn++
    if (tap === undefined) this.inbox.push(message)
    else if (typeof message === "string") giveTo(tap, message)
    else tap.onMessage(message, protocol.isText, protocol.fragments)
  }

  private isFull(): boolean {
    return this.madeInbox?.isFull() === true
  }

  private isBlocked(): boolean {
    return this.stopped || this.isFull()
  }

  /** Holds the peer back while nothing is taken, unless it is only its Close that is waited for, or while inflating. */
  protected regulate(): void {
    if (this.isFull() && this.madeEnding?.begun !== undefined && !this.hasReader) this.discard()
    const pause = this.inflating || this.isBlocked()
    if (pause === (this.pausedSince !== undefined) || this.isGone) return
    if (pause) this.pause()
    else this.resume()
  }

  private pause(): void {
    this.pausedSince = performance.now()
    this.transport.pause()
  }

  private resume(): void {
    this.endPause()
    this.transport.resume()
  }

  /** What came after the end is not counted. */
  private endPause(): void {
    const { pausedSince, state } = this
    if (pausedSince !== undefined && state !== "Closed") {
      this.tally.pausedTime += performance.now() - pausedSince
    }
    this.pausedSince = undefined
  }

  /** From now on a tap takes what comes, beginning with what nobody has taken yet, or the inbox again. */
  setTap(tap: Tap | undefined): void {
    this.tap = tap
    if (tap === undefined) this.stopped = false
    this.protocol.giveOctets(tap !== undefined)
    this.read()
  }

  /** A tap takes nothing more for now, also of what is read already; or it goes on. */
  stop(stopped: boolean): void {
    if (this.stopped === stopped) return
    this.stopped = stopped
    if (stopped) this.regulate()
    else this.read()
  }

  /** Everything that came since the last call, or the end; `undefined` if the inbox is to be waited for. */
  take(): Inbox.Taken<Item> | undefined {
    if (this.inbox.isEmpty()) this.readOn()
    if (this.held !== undefined && this.inbox.isEmpty()) this.readOn() // a Close that was met just now: nothing to wait for
    const taken = this.inbox.take()
    if (this.pausedSince !== undefined) this.regulate()
    return taken
  }

  /** The reader is done with what it was given. */
  protected readOn(): void {
    const { held } = this
    this.held = undefined
    if (held !== undefined) this.obeyNow(held)
    this.read()
  }

  /** A stream starts to read; false if another one does. */
  beginReading(): boolean {
    if (this.hasReader) return false
    return this.hasReader = true
  }

  endReading(): void {
    this.hasReader = false
    this.inbox.dismiss()
    this.readOn()
  }

  /** Gives data frames instead of messages from now on, for good. */
  useFrames(): void {
    this.givesFrames = true
    this.obeyAll(this.protocol.useFrames())
  }

  /** Nobody reads any more: what comes is dropped, so that the peer's Close can be seen. */
  discard(): void {
    if (this.inbox.isDiscarding) return
    this.hasReader = false
    this.inbox.discard()
    this.readOn()
  }

  /** Octets of data frames that came, as far as they are decoded. */
  get receivedData(): number {
    return this.signs - this.otherSigns
  }

  /** Whether what the peer sends is read at present. */
  get isReading(): boolean {
    return this.pausedSince === undefined
  }
}
