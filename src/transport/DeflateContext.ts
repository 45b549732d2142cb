/**
 * The compression context of one direction of one connection (RFC 7692 §7): awake with a zlib context of its own, asleep
 * with nothing but its window, or without takeover between messages with nothing at all.
 *
 * @since 0.1.0
 */
import { DeflateWindow } from "./DeflateWindow.ts"
import type * as ZlibStream from "./ZlibStream.ts"

/**
 * What the contexts of one set of parameters have in common.
 *
 * @category models
 * @since 0.1.0
 */
export interface Owner {
  readonly windowBits: number
  /** The memory that output is written to where octets are passed at once; `undefined` if they never are. */
  readonly slab: Uint8Array | undefined
  /** Up to this size a message is passed at once. */
  readonly inlineLimit: number
  /** Runs the job when the thread pool may take it; `leave` has to follow. */
  readonly enter: (job: () => void) => void
  readonly leave: () => void
  /** Whether a zlib context is only lent for a message, since it costs next to nothing to continue with another. */
  readonly lends: boolean
  /** Gives a zlib context that continues after the octets of a window, or one that starts. */
  readonly open: (roomy: boolean, window: DeflateWindow | undefined) => ZlibStream.ZlibStream
  /** Takes back a zlib context that others may use. */
  readonly reuse: (stream: ZlibStream.ZlibStream) => void
  readonly close: (stream: ZlibStream.ZlibStream) => void
  /** A context was used and stays awake. */
  readonly touch: (context: DeflateContext) => void
  /** A context does not stay awake. */
  readonly forget: (context: DeflateContext) => void
  /** Counts contexts that are asleep, and the memory of windows. */
  readonly count: (asleep: number, octets: number) => void
}

/** So few octets are not worth a turn in the thread pool. */
const tiny = 64

/**
 * One direction's context. Messages begin and finish one after the other; passes come between.
 *
 * @category models
 * @since 0.1.0
 */
export class DeflateContext {
  /** When it was last used, by the owner's clock. */
  touched = 0
  /** Whether a message, or a part of one, is under way: the context cannot be put to sleep. */
  busy = false
  private readonly owner: Owner
  private readonly takeover: boolean
  private stream: ZlibStream.ZlibStream | undefined = undefined
  /** What was sent or received, if it has to be remembered. */
  private window: DeflateWindow | undefined = undefined
  private asleep = false
  private pooled = false
  private closed = false

  constructor(owner: Owner, takeover: boolean) {
    this.owner = owner
    this.takeover = takeover
  }

  // ---- messages ----

  /** Whether octets are too many, or may not, be passed at once. */
  isLarge(octets: Uint8Array): boolean {
    return this.owner.slab === undefined || octets.length > this.owner.inlineLimit
  }

  /** Starts a message or a part, at once or when the thread pool may take it. */
  begin(pooled: boolean, start: () => void): void {
    if (this.closed) return
    if (!pooled) return this.run(false, start)
    this.owner.enter(() => this.closed ? this.owner.leave() : this.run(true, start))
  }

  /** Passes octets through the context. */
  pass(input: Uint8Array, output: ZlibStream.Output, done: (outcome: ZlibStream.Outcome) => void): void {
    const { owner: { slab }, pooled, stream } = this
    if (stream === undefined) return
    const later = slab === undefined || (pooled && input.length > tiny)
    if (later) stream.passLater(input, output, done)
    else done(stream.passNow(input, output, slab))
  }

  /** Goes on with a new zlib context, as the old one's stream has ended (RFC 7692 §7.2.3.4). */
  renew(plain: ReadonlyArray<Uint8Array>): void {
    this.remember(plain)
    this.drop()
    this.wake(this.pooled)
  }

  /** Ends a part of a message of which more will come. */
  pause(plain: ReadonlyArray<Uint8Array>): void {
    this.remember(plain)
    if (this.owner.lends) this.giveBack()
    else if (this.stream !== undefined) this.owner.touch(this)
    this.rest()
  }

  /** Ends a message, of which these are the plain octets. */
  finish(plain: ReadonlyArray<Uint8Array>): void {
    if (this.takeover) return this.pause(plain)
    this.giveBack()
    this.forgetWindow()
    this.rest()
  }

  /** Ends a message behind which the zlib context's stream was ended: one that is only lent begins again. */
  finishWith(plain: ReadonlyArray<Uint8Array>): void {
    if (this.owner.lends) this.finish(plain)
    else this.finishEnded(plain)
  }

  /** Ends a message with which the zlib context's stream has ended too. */
  finishEnded(plain: ReadonlyArray<Uint8Array>): void {
    if (this.takeover) this.remember(plain)
    this.undo()
  }

  /** Ends a message without its octets: the next one begins where it began. */
  undo(): void {
    this.drop()
    if (!this.takeover) this.forgetWindow()
    this.rest()
  }

  // ---- lifetime ----

  /** Gives up the zlib context and keeps the window. */
  sleep(): void {
    this.giveBack()
  }

  close(): void {
    this.closed = true
    if (this.busy) this.drop()
    else this.giveBack()
    this.forgetWindow()
    this.rest()
  }

  private run(pooled: boolean, start: () => void): void {
    this.pooled = pooled
    this.busy = true
    this.wake(pooled)
    start()
  }

  private wake(roomy: boolean): void {
    if (this.stream !== undefined && roomy && !this.stream.roomy) this.giveBack()
    if (this.stream !== undefined) return
    this.stream = this.owner.open(roomy, this.window)
    this.countAsleep()
  }

  private rest(): void {
    this.busy = false
    if (this.pooled) this.owner.leave()
    this.pooled = false
  }

  private giveBack(): void {
    if (this.stream?.fresh !== true) return this.drop()
    this.owner.forget(this)
    this.owner.reuse(this.stream)
    this.stream = undefined
    this.countAsleep()
  }

  private drop(): void {
    if (this.stream === undefined) return
    this.owner.forget(this)
    this.owner.close(this.stream)
    this.stream = undefined
    this.countAsleep()
  }

  private forgetWindow(): void {
    if (this.window === undefined) return
    this.resize(() => this.window?.clear())
    this.window = undefined
    this.countAsleep()
  }

  private remember(plain: ReadonlyArray<Uint8Array>): void {
    if (plain.length === 0) return
    this.resize(() => {
      this.window ??= new DeflateWindow(this.owner.windowBits)
      for (const octets of plain) this.window.push(octets)
    })
  }

  /** Does something to the window, and counts its memory. */
  private resize(change: () => void): void {
    const before = this.window?.held ?? 0
    change()
    this.owner.count(0, (this.window?.held ?? 0) - before)
  }

  /** A context that is nothing but a window is asleep. */
  private countAsleep(): void {
    const asleep = this.stream === undefined && this.window !== undefined
    if (this.asleep !== asleep) this.owner.count(asleep ? 1 : -1, 0)
    this.asleep = asleep
  }
}
