/**
 * A raw zlib context that octets are passed through, at once or in the thread pool, with the same results.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"
import * as Zlib from "node:zlib"
import * as ZlibSync from "./ZlibSync.ts"

/**
 * What makes two contexts alike.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  readonly kind: "deflate" | "inflate"
  readonly windowBits: number
  readonly level: number
  readonly memLevel: number
  readonly strategy: number
  /** The level for large inputs, where it can be changed. */
  readonly largeLevel: number
}

/**
 * How a pass ended: the number of octets taken, which is less than all if the stream has ended; `Corrupt` data; or
 * `Full` output.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = number | "Corrupt" | "Full"

/** The smallest that Node allows, for contexts that only work at once: their output goes into a slab of the owner's. */
const noChunk = 64

/** A thread pool's turn gives so much: inflating 1 MiB takes 0.95 ms with it, 1.9 ms with Node's default of 16 KiB. */
const roomyChunk = 65_536

/** From here on an input is large: a step in the level saves far more time than it costs octets. */
const large = 8192

/** What zlib's `zconf.h` says that a context takes, and the state that goes with it. */
const nativeSize = ({ kind, memLevel, windowBits }: Settings): number =>
  kind === "deflate" ? (1 << (windowBits + 2)) + (1 << (memLevel + 9)) + 6144 : (1 << windowBits) + 10_240

/**
 * Gathers the output of passes, up to a limit. One that borrows may lie in the memory that the last pass wrote to, so
 * that it is gone with the next.
 *
 * @category models
 * @since 0.1.0
 */
export class Output {
  readonly parts: Array<Uint8Array> = []
  readonly limit: number
  readonly borrows: boolean
  size = 0

  constructor(limit: number, borrows: boolean) {
    this.limit = limit
    this.borrows = borrows
  }

  /** Adds octets, which belong to it from now on, and says whether it keeps within its limit. */
  add(octets: Uint8Array): boolean {
    this.size += octets.length
    this.parts.push(octets)
    return this.size <= this.limit
  }

  /** All octets; in memory that is nobody else's, unless it borrows. */
  join(): Uint8Array {
    return this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts, this.size)
  }
}

/** A copy, in memory that is no larger than it has to be. */
const copyOf = (octets: Uint8Array, length: number): Uint8Array => {
  const copy = Buffer.allocUnsafe(length)
  copy.set(length === octets.length ? octets : octets.subarray(0, length))
  return copy
}

interface Pass {
  readonly output: Output
  readonly done: (outcome: Outcome) => void
}

/**
 * A raw zlib context. `roomy` ones can pass octets in the thread pool; a `fresh` one has no preset dictionary, and can
 * be reset for other messages.
 *
 * **Details**
 *
 * Everything passed through is flushed. `close` frees its memory, at the latest when the thread pool has let go of it;
 * a pass under way is not called back.
 *
 * @category models
 * @since 0.1.0
 */
export class ZlibStream {
  readonly roomy: boolean
  readonly fresh: boolean
  /** About how much memory it takes, in octets. */
  readonly size: number
  private readonly settings: Settings
  private readonly stream: ZlibSync.RawStream
  private pass: Pass | undefined = undefined
  private listens = false
  private level: number

  constructor(settings: Settings, roomy: boolean, dictionary: Uint8Array | undefined) {
    const { kind, level, memLevel, strategy, windowBits } = settings
    const chunkSize = roomy ? roomyChunk : noChunk
    const options = { chunkSize, flush: Zlib.constants.Z_SYNC_FLUSH, windowBits, ...(dictionary && { dictionary }) }
    this.settings = settings
    this.level = level
    this.roomy = roomy
    this.fresh = dictionary === undefined
    this.size = nativeSize(settings) + chunkSize + (dictionary?.length ?? 0)
    this.stream = kind === "deflate"
      ? Zlib.createDeflateRaw({ ...options, level, memLevel, strategy })
      : Zlib.createInflateRaw(options)
    this.stream.on("error", () => this.settle("Corrupt"))
  }

  /** Passes octets through at once. `slab` is for the time of the call. */
  passNow(input: Uint8Array, output: Output, slab: Uint8Array): Outcome {
    const { stream } = this
    this.adjust(input.length)
    let taken = 0
    let isLast = false
    do {
      ZlibSync.write(stream, input, taken, slab)
      if (stream.destroyed) return "Corrupt"
      const filled = slab.length - ZlibSync.room(stream)
      taken = input.length - ZlibSync.left(stream)
      isLast = filled < slab.length
      const octets = isLast && output.borrows ? slab.subarray(0, filled) : copyOf(slab, filled)
      if (filled > 0 && !output.add(octets)) return "Full"
    } while (!isLast)
    return taken
  }

  /** Passes octets through in the thread pool, as Node documents it. */
  passLater(input: Uint8Array, output: Output, done: (outcome: Outcome) => void): void {
    const { stream } = this
    const before = stream.bytesWritten
    this.pass = { output, done }
    if (!this.listens) this.listen()
    stream.write(input, () => this.settle(stream.bytesWritten - before))
  }

  private adjust(size: number): void {
    const { largeLevel, level, strategy } = this.settings
    const wanted = size < large ? level : largeLevel
    if (wanted === this.level) return
    this.level = wanted
    ZlibSync.setLevel(this.stream, wanted, strategy)
  }

  /** Makes it as new. */
  reset(): void {
    this.stream.reset()
  }

  /** Makes a new one as if it had passed the octets of a window. `slab` is for the time of the call. */
  follow(window: ReadonlyArray<Uint8Array>, slab: Uint8Array): void {
    const { kind, strategy } = this.settings
    for (const octets of window) {
      if (kind === "inflate") ZlibSync.followInflated(this.stream, octets, slab)
      else ZlibSync.followDeflated(this.stream, octets, this.level, strategy, slab)
    }
  }

  close(): void {
    this.pass = undefined
    this.stream.close()
  }

  private listen(): void {
    this.listens = true
    this.stream.on("data", (chunk: Buffer) => {
      const own = chunk.length * 2 < chunk.buffer.byteLength ? copyOf(chunk, chunk.length) : chunk
      if (this.pass?.output.add(own) === false) this.settle("Full")
    })
  }

  private settle(outcome: Outcome): void {
    const done = this.pass?.done
    this.pass = undefined
    done?.(outcome)
  }
}
