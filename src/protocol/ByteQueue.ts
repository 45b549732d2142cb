/**
 * Bytes that were read and not yet decoded, as the chunks in which they came.
 *
 * @since 0.1.0
 */

import type * as Bytes from "./Bytes.ts"

const none = new Uint8Array(0)

/**
 * A queue of chunks with a position in the first. Nothing is copied.
 *
 * @category models
 * @since 0.1.0
 */
export class ByteQueue {
  /** The first chunk, and how much of it is consumed. */
  chunk: Uint8Array = none
  at = 0
  /** Up to where the first chunk's frames are unmasked, and its texts known to be ASCII. */
  unmasked = 0
  ascii = 0
  private memory: ArrayBufferLike = none.buffer
  private readonly view: Bytes.Bytes["view"]
  /** The chunks behind it, the nearest last; and behind those what was pushed since, in order. */
  private ahead: Array<Uint8Array> | undefined = undefined
  private rest: Array<Uint8Array> | undefined = undefined

  constructor({ view }: Pick<Bytes.Bytes, "view">) {
    this.view = view
  }

  /** Adds a chunk, whose bytes are the queue's from now on. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    if (this.at < this.chunk.length) {
      this.rest ??= []
      this.rest.push(chunk)
    } else {
      this.open(chunk)
    }
  }

  /** How many bytes of the first chunk are left; 0 only if the queue is empty. */
  available(): number {
    return this.chunk.length - this.at
  }

  /** Consumes bytes of the first chunk, and lets go of it when it is used up. */
  skip(count: number): void {
    this.at += count
    if (this.at < this.chunk.length) return
    this.unmasked = this.ascii = 0
    this.open(this.following())
  }

  /** A view of the first chunk. No bytes are a view of nothing, which nobody shares. */
  slice(start: number, end: number): Uint8Array {
    return end === start ? new Uint8Array(0) : this.view(this.memory, this.chunk.byteOffset + start, end - start)
  }

  /** Takes up to `count` bytes: a view of the first chunk. */
  take(count: number): Uint8Array {
    const { at, chunk } = this
    const end = Math.min(at + count, chunk.length)
    if (end === at) return new Uint8Array(0)
    const view = at === 0 && end === chunk.length ? chunk : this.slice(at, end)
    this.skip(end - at)
    return view
  }

  /** Forgets everything. */
  clear(): void {
    this.unmasked = this.ascii = 0
    this.open(none)
    this.ahead = undefined
    this.rest = undefined
  }

  private open(chunk: Uint8Array): void {
    this.chunk = chunk
    this.at = 0
    this.memory = chunk.buffer
  }

  /** Turns `rest` round when it is needed: `shift` would move all of a long queue each time. */
  private following(): Uint8Array {
    if (this.ahead === undefined || this.ahead.length === 0) {
      this.ahead = this.rest?.toReversed()
      this.rest = undefined
    }
    return this.ahead?.pop() ?? none
  }
}
