/**
 * Keeps zlib contexts: how many are awake, for how long, and what they hold.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"
import type { DeflateContext } from "./DeflateContext.ts"
import * as ZlibStream from "./ZlibStream.ts"
import * as ZlibSync from "./ZlibSync.ts"

/**
 * How contexts are kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * Messages up to this size, as they come in, are passed through zlib at once; larger ones in the thread pool. Default
   * 32 KiB, which takes half a millisecond to deflate; a turn in the thread pool costs 25 µs more.
   */
  readonly inlineLimit?: number | undefined
  /** Milliseconds after which an idle context goes to sleep, and half as many more at the most. Default 10,000. */
  readonly sleepAfter?: number | undefined
  /**
   * More zlib contexts than this are not kept awake. Default 72: 15 MiB, at 219 KiB each. Waking one takes 3 to 45 µs, by
   * what it has to remember.
   */
  readonly maxAwake?: number | undefined
  /** Messages that are in the thread pool at once. Default 4, the number of its threads. */
  readonly concurrency?: number | undefined
  /** Whether to use what Node does not document. Default: if it works. */
  readonly inline?: boolean | undefined
  /** Calls back regularly, until the result is called. Default: an interval that does not keep the process alive. */
  readonly every?: ((milliseconds: number, callback: () => void) => () => void) | undefined
}

/**
 * What is held: zlib contexts awake, connections' contexts asleep, and about how many octets of memory.
 *
 * @category models
 * @since 0.1.0
 */
export interface Usage {
  readonly awake: number
  readonly asleep: number
  readonly bytesHeld: number
}

/** Where the output of messages that are passed at once is written: few of them are larger. */
const slabSize = 65_536

/** After so many turns of the timer an idle context goes to sleep. */
const idleTurns = 2

const everyUnref = (milliseconds: number, callback: () => void): () => void => {
  const timer = setInterval(callback, milliseconds)
  timer.unref?.() // a realm made for tests may have timers that are numbers
  return () => clearInterval(timer)
}

/** Jobs that run a few at a time. */
class Queue {
  private readonly concurrency: number
  private readonly waiting: Array<() => void> = []
  private running = 0

  constructor(concurrency: number) {
    this.concurrency = concurrency
  }

  enter(job: () => void): void {
    if (this.running >= this.concurrency) return void this.waiting.push(job)
    this.running++
    job()
  }

  leave(): void {
    this.running--
    const job = this.waiting.shift()
    if (job !== undefined) this.enter(job)
  }
}

/**
 * All zlib contexts of a pool.
 *
 * **Details**
 *
 * Time is counted in turns of one timer, which runs while a context is awake: marking a message's costs nothing.
 *
 * @category models
 * @since 0.1.0
 */
export class ZlibKeeper {
  readonly inlineLimit: number
  readonly queue: Queue
  private readonly options: Options
  private readonly onTurn: () => void
  private slabMade: { readonly slab: Uint8Array | undefined } | undefined = undefined
  /** The contexts that stay awake between messages, those that were used least recently first. */
  private readonly kept = new Set<DeflateContext>()
  private stopTimer: (() => void) | undefined = undefined
  private turn = 0
  private awake = 0
  private asleep = 0
  private bytesHeld = 0

  constructor(options: Options, onTurn: () => void) {
    this.inlineLimit = options.inlineLimit ?? 32_768
    this.queue = new Queue(options.concurrency ?? 4)
    this.options = options
    this.onTurn = onTurn
  }

  get usage(): Usage {
    return { awake: this.awake, asleep: this.asleep, bytesHeld: this.bytesHeld }
  }

  /** The memory that output is written to where octets are passed at once; `undefined` if that does not work. */
  get slab(): Uint8Array | undefined {
    this.slabMade ??= { slab: this.options.inline ?? ZlibSync.works() ? Buffer.allocUnsafeSlow(slabSize) : undefined }
    return this.slabMade.slab
  }

  open(settings: ZlibStream.Settings, roomy: boolean, window: Uint8Array | undefined): ZlibStream.ZlibStream {
    const { every = everyUnref, sleepAfter = 10_000 } = this.options
    this.makeRoom()
    const stream = new ZlibStream.ZlibStream(settings, roomy, window)
    this.awake++
    this.bytesHeld += stream.size
    this.stopTimer ??= every(Math.max(1, sleepAfter / idleTurns), () => this.onTurn())
    return stream
  }

  close(stream: ZlibStream.ZlibStream): void {
    stream.close()
    this.awake--
    this.bytesHeld -= stream.size
    if (this.awake > 0) return
    this.stopTimer?.()
    this.stopTimer = undefined
  }

  count(asleep: number, octets: number): void {
    this.asleep += asleep
    this.bytesHeld += octets
  }

  /** Marks a context as used now, and as one that can be put to sleep. */
  touch(context: DeflateContext): void {
    if (context.touched === this.turn && this.kept.has(context)) return
    context.touched = this.turn
    this.kept.delete(context)
    this.kept.add(context)
  }

  forget(context: DeflateContext): void {
    this.kept.delete(context)
  }

  /** Puts the contexts to sleep that were idle for some turns, or for none. */
  sweep(turns: number): void {
    for (const context of this.kept) {
      if (this.turn - context.touched < turns) break
      if (!context.busy) context.sleep()
    }
  }

  /** Lets a turn pass, and puts to sleep what is idle by now. */
  nextTurn(): void {
    this.turn++
    this.sweep(idleTurns + 1)
  }

  /** Puts the context to sleep that was used least recently, if one more would be too many. */
  makeRoom(): void {
    if (this.awake < (this.options.maxAwake ?? 72)) return
    for (const context of this.kept) if (!context.busy) return context.sleep()
  }
}
