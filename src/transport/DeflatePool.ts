/**
 * The owner of the zlib contexts of a server or client: shares them, puts them to sleep, and bounds what they hold.
 *
 * @since 0.1.0
 */
import type { Direction } from "../protocol/PerMessageDeflate.ts"
import type { DeflateContext, Owner } from "./DeflateContext.ts"
import type { DeflateWindow } from "./DeflateWindow.ts"
import { Deflater } from "./ZlibDeflater.ts"
import { Inflater } from "./ZlibInflater.ts"
import * as ZlibKeeper from "./ZlibKeeper.ts"
import type * as ZlibStream from "./ZlibStream.ts"

/**
 * zlib's parameters for deflating, as in `node:zlib`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tuning {
  /** Default 6, and 5 for messages from 8 KiB on, if they are passed at once: 14 to 32 % less time, 1 to 3 % more octets. */
  readonly level?: number | undefined
  readonly memLevel?: number | undefined
  readonly strategy?: number | undefined
}

/** Contexts that start anew, of one set of parameters, that are kept for the next message. */
const maxSpares = 4

/** What the contexts of one set of parameters have in common: the zlib contexts that they leave to each other. */
class Shelf implements Owner {
  private readonly keeper: ZlibKeeper.ZlibKeeper
  private readonly settings: ZlibStream.Settings
  private readonly spares: Array<ZlibStream.ZlibStream> = []
  /** Whether a spare was left since the last turn of the timer. */
  private used = false

  constructor(keeper: ZlibKeeper.ZlibKeeper, settings: ZlibStream.Settings) {
    this.keeper = keeper
    this.settings = settings
  }

  get windowBits(): number {
    return this.settings.windowBits
  }

  get slab(): Uint8Array | undefined {
    return this.keeper.slab
  }

  get inlineLimit(): number {
    return this.keeper.inlineLimit
  }

  enter(job: () => void): void {
    this.keeper.queue.enter(job)
  }

  leave(): void {
    this.keeper.queue.leave()
  }

  get lends(): boolean {
    return this.settings.kind === "inflate" && this.slab !== undefined
  }

  open(roomy: boolean, window: DeflateWindow | undefined): ZlibStream.ZlibStream {
    const { keeper, settings, slab } = this
    if (window !== undefined && slab === undefined) return keeper.open(settings, roomy, window.octets())
    const stream = this.takeSpare(roomy) ?? keeper.open(settings, roomy, undefined)
    if (window !== undefined && slab !== undefined) stream.follow(window.parts(), slab)
    return stream
  }

  reuse(stream: ZlibStream.ZlibStream): void {
    if (this.spares.length >= maxSpares) return this.close(stream)
    stream.reset()
    this.spares.push(stream)
    this.used = true
  }

  close(stream: ZlibStream.ZlibStream): void {
    this.keeper.close(stream)
  }

  touch(context: DeflateContext): void {
    this.keeper.touch(context)
  }

  forget(context: DeflateContext): void {
    this.keeper.forget(context)
  }

  count(asleep: number, octets: number): void {
    this.keeper.count(asleep, octets)
  }

  /** When too many are awake, one goes to sleep, which leaves a spare, here or elsewhere. */
  private takeSpare(roomy: boolean): ZlibStream.ZlibStream | undefined {
    if (this.spares.length === 0) this.keeper.makeRoom()
    const at = roomy ? this.spares.findLastIndex((stream) => stream.roomy) : this.spares.length - 1
    return at < 0 ? undefined : this.spares.splice(at, 1)[0]
  }

  /** Closes the spares if none was used for a whole turn of the timer. */
  nextTurn(): void {
    if (!this.used) this.clear()
    this.used = false
  }

  clear(): void {
    for (const stream of this.spares.splice(0)) this.close(stream)
  }
}

/**
 * Makes deflaters and inflaters, and owns what they use.
 *
 * **Details**
 *
 * Without context takeover all connections share a zlib context for each set of parameters, reset for every message:
 * 1 KiB of JSON takes 13 µs to deflate and 4 µs to inflate, against 43 and 60 in the thread pool.
 *
 * With takeover a deflater gets its own at the first message, of 219 KiB. An idle one is put to sleep: its last plain
 * octets, 32 KiB at the most, are all that is kept, and what the zlib context begins with that it gets when it wakes.
 * Inflaters share a zlib context here too, since beginning costs them less than 1 µs. The peer notices none of this.
 *
 * @category models
 * @since 0.1.0
 */
export class DeflatePool {
  private readonly keeper: ZlibKeeper.ZlibKeeper
  private readonly shelves = new Map<string, Shelf>()

  constructor(options: ZlibKeeper.Options = {}) {
    this.keeper = new ZlibKeeper.ZlibKeeper(options, () => this.sweep())
  }

  /** Compresses the messages of one direction of a connection. */
  deflater({ noContextTakeover, windowBits }: Direction, tuning: Tuning = {}): Deflater {
    const { level = 6, memLevel = 8, strategy = 0 } = tuning
    const largeLevel = tuning.level ?? 5
    const shelf = this.shelf({ kind: "deflate", windowBits, level, memLevel, strategy, largeLevel })
    return new Deflater(shelf, !noContextTakeover)
  }

  /** Decompresses the messages of one direction of a connection. */
  inflater({ noContextTakeover, windowBits }: Direction): Inflater {
    const shelf = this.shelf({ kind: "inflate", windowBits, level: 0, memLevel: 0, strategy: 0, largeLevel: 0 })
    return new Inflater(shelf, !noContextTakeover)
  }

  /** Up to this size a message is compressed before the call returns; 0 if none is. */
  get inlineLimit(): number {
    return this.keeper.slab === undefined ? 0 : this.keeper.inlineLimit
  }

  /** What is held now. */
  get usage(): ZlibKeeper.Usage {
    return this.keeper.usage
  }

  /** Puts to sleep what is idle. The pool's timer does it. */
  sweep(): void {
    this.keeper.nextTurn()
    for (const shelf of this.shelves.values()) shelf.nextTurn()
  }

  /** Puts everything to sleep that is not in use. It wakes when it is needed. */
  sleep(): void {
    this.keeper.sweep(0)
    for (const shelf of this.shelves.values()) shelf.clear()
  }

  private shelf(settings: ZlibStream.Settings): Shelf {
    const key = Object.values(settings).join()
    const shelf = this.shelves.get(key) ?? new Shelf(this.keeper, settings)
    this.shelves.set(key, shelf)
    return shelf
  }
}

/**
 * The process's pool, for all connections that are not given another.
 *
 * @category constants
 * @since 0.1.0
 */
export const nodeDeflatePool = new DeflatePool()
