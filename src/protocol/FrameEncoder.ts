/**
 * Turns messages and frames into bytes, gathered for one write (RFC 6455 §5.2, §5.3).
 *
 * @since 0.1.0
 */
import type * as Arena from "./Arena.ts"
import type * as Bytes from "./Bytes.ts"
import * as FrameHeader from "./FrameHeader.ts"
import * as MaskedFrames from "./MaskedFrames.ts"
import type { Prepared } from "./Message.ts"
import * as Opcode from "./Opcode.ts"

/**
 * A payload over this size goes out by reference, behind its header, instead of being copied.
 *
 * **Details**
 *
 * To copy 16 KiB into memory that is used again is cheaper than to have one more buffer waiting for the collector.
 *
 * @category constants
 * @since 0.1.0
 */
export const copyLimit = 65_535

/** From this size on a shared frame that a transport holds on to is not worth a copy for each connection. */
const keepLimit = 1024

/** UTF-8 needs at most three octets for a UTF-16 code unit. */
const maxOctets = 3

/**
 * Encodes frames for one connection. `nextKey` gives the masking keys of a client (RFC 6455 §5.3); without it frames are
 * not masked.
 *
 * **Details**
 *
 * Small frames are written into the arena one behind the other; a large payload that needs no mask is referred to, and
 * belongs to the encoder until it is sent. A payload is never changed.
 *
 * **Example** (Encoding the RFC's "Hello")
 *
 * ```ts
 * import { Arena, Bytes, FrameEncoder } from "effect-ws/protocol"
 *
 * const arena = new Arena.Arena(Bytes.portable.allocate)
 * const encoder = new FrameEncoder.FrameEncoder(arena, Bytes.portable)
 * encoder.text("Hello")
 * encoder.take().map((bytes) => Buffer.from(bytes).toString("hex")) // => ["810548656c6c6f"]
 * ```
 *
 * @category encoding
 * @since 0.1.0
 */
export class FrameEncoder {
  private readonly arena: Arena.Arena
  private readonly bytes: Bytes.Bytes
  private readonly nextKey: (() => number) | undefined
  /** What was encoded before the open region, the slabs of all regions to take, and those of the regions taken. */
  private chunks: Array<Uint8Array> | undefined = undefined
  private slabs: Array<Uint8Array> | undefined = undefined
  private taken: Array<Uint8Array> | undefined = undefined
  /** Prepared frames behind all that, which other connections send, too: copied only if they do not leave alone. */
  private shared: Uint8Array | Array<Uint8Array> | undefined = undefined
  /** The open region of the arena. */
  private slab: Uint8Array | undefined = undefined
  private start = 0
  private end = 0
  private before = 0
  /** Where the frames start that have still to be masked, up to `end`; -1 if there are none. */
  private unmasked = -1

  constructor(arena: Arena.Arena, bytes: Bytes.Bytes, nextKey?: () => number) {
    this.arena = arena
    this.bytes = bytes
    this.nextKey = nextKey
  }

  /** How many bytes wait to be taken. */
  get size(): number {
    return this.before + this.end - this.start
  }

  /** Encodes a text message. */
  text(text: string): void {
    const most = text.length * maxOctets
    if (most > copyLimit) return this.frame(true, false, Opcode.Text, this.bytes.encode(text))
    const slab = this.reserve(FrameHeader.maxSize + most)
    const guess = FrameHeader.sizeFor(text.length, this.nextKey !== undefined)
    const length = this.bytes.encodeInto(text, slab, this.end + guess)
    const size = FrameHeader.sizeFor(length, this.nextKey !== undefined)
    if (size !== guess) slab.copyWithin(this.end + size, this.end + guess, this.end + guess + length)
    const key = this.nextKey?.()
    const start = FrameHeader.writeFields(FrameHeader.firstOctet(true, false, Opcode.Text), length, key, slab, this.end)
    this.seal(slab, start, length, key)
  }

  /** Encodes a binary message. */
  binary(payload: Uint8Array): void {
    this.frame(true, false, Opcode.Binary, payload)
  }

  /** Encodes one frame, masked as is due, or with the given key, or with none. */
  frame(fin: boolean, rsv1: boolean, opcode: Opcode.Opcode, payload: Uint8Array, given?: number | "None"): void {
    const { length } = payload
    const key = given === "None" ? undefined : given ?? this.nextKey?.()
    const first = FrameHeader.firstOctet(fin, rsv1, opcode)
    if (length > copyLimit) return this.large(first, payload, key)
    const slab = this.reserve(FrameHeader.maxSize + length)
    const start = FrameHeader.writeFields(first, length, key, slab, this.end)
    slab.set(payload, start)
    this.seal(slab, start, length, key)
  }

  /** Adds bytes that are framed already. */
  framed(bytes: Uint8Array): void {
    if (bytes.length > copyLimit) return this.refer(bytes)
    this.maskFrames()
    this.reserve(bytes.length).set(bytes, this.end)
    this.advance(bytes.length)
  }

  /** Adds a message that is framed already; only a client's has still to be masked. The frame must never change. */
  prepared({ frame, opcode, payload }: Prepared): void {
    if (this.nextKey !== undefined) return this.frame(true, false, opcode, payload)
    const { shared } = this
    if (shared === undefined) this.shared = frame
    else if (Array.isArray(shared)) shared.push(frame)
    else this.shared = [shared, frame]
    this.before += frame.length
  }

  /**
   * Takes what waits, as chunks for one write. When it is written, `settle` has to be told.
   *
   * `copy` moves it out of the arena, for a transport that holds on to what it is given.
   */
  take(copy = false): Array<Uint8Array> {
    const alone = this.takeShared()
    if (alone !== undefined) return alone
    this.placeShared(copy)
    this.close()
    const { chunks = [], slabs = [] } = this
    this.chunks = this.slabs = undefined
    this.before = 0
    if (copy) return this.outOfArena(chunks, slabs)
    this.taken = this.taken === undefined ? slabs : [...this.taken, ...slabs]
    return chunks
  }

  /** Whether the transport has done with all that was taken; if not, it still reads from the arena's memory. */
  settle(done: boolean): void {
    const { taken = [] } = this
    this.taken = undefined
    for (const slab of taken) {
      if (done) this.arena.giveBack(slab)
      else this.arena.giveUp(slab)
    }
  }

  /** Copies shared frames, all of them in one go: with those of other connections in between each would be a chunk. */
  private placeShared(keep: boolean): void {
    const { shared } = this
    if (shared === undefined) return
    this.shared = undefined
    for (const frame of Array.isArray(shared) ? shared : [shared]) {
      this.before -= frame.length
      if (keep && frame.length >= keepLimit) this.refer(frame)
      else this.framed(frame)
    }
  }

  /** The shared frame, if it is all that there is. */
  private takeShared(): Array<Uint8Array> | undefined {
    const { shared } = this
    if (shared === undefined || Array.isArray(shared) || this.size !== shared.length) return undefined
    this.shared = undefined
    this.before = 0
    return [shared]
  }

  private outOfArena(chunks: ReadonlyArray<Uint8Array>, slabs: ReadonlyArray<Uint8Array>): Array<Uint8Array> {
    const own = chunks.map((chunk) => slabs.some(({ buffer }) => buffer === chunk.buffer) ? this.copyOf(chunk) : chunk)
    for (const slab of slabs) this.arena.giveBack(slab)
    return own
  }

  private copyOf(bytes: Uint8Array): Uint8Array {
    const own = this.bytes.allocate(bytes.length)
    own.set(bytes)
    return own
  }

  /** A frame lies at `end`, with its payload from `start` on: masks it, and takes it into the region. */
  private seal(slab: Uint8Array, start: number, length: number, key: number | undefined): void {
    if (length >= MaskedFrames.small) this.maskFrames() // also without a key: it may be too large to be passed over
    if (key !== undefined) this.mask(slab, start, length, key)
    this.advance(start + length - this.end)
  }

  /** A small payload is masked with those behind it, when the region ends. */
  private mask(slab: Uint8Array, payload: number, length: number, key: number): void {
    if (length >= MaskedFrames.small) this.bytes.mask(slab, payload, payload + length, key, 0)
    else if (this.unmasked < 0) this.unmasked = this.end
  }

  /** Masks what lies unmasked at the end of the open region. */
  private maskFrames(): void {
    if (this.slab !== undefined && this.unmasked >= 0) this.bytes.frames.mask(this.slab, this.unmasked, this.end)
    this.unmasked = -1
  }

  /** A large payload: the header in the arena, the payload behind it by reference, or masked in memory of its own. */
  private large(first: number, payload: Uint8Array, key: number | undefined): void {
    const slab = this.reserve(FrameHeader.maxSize)
    this.advance(FrameHeader.writeFields(first, payload.length, key, slab, this.end) - this.end)
    this.refer(key === undefined ? payload : this.masked(payload, key))
  }

  private masked(payload: Uint8Array, key: number): Uint8Array {
    const own = this.copyOf(payload)
    this.bytes.mask(own, 0, own.length, key, 0)
    return own
  }

  private refer(bytes: Uint8Array): void {
    if (this.shared !== undefined) this.placeShared(false)
    this.close()
    this.add(bytes)
  }

  /** The first chunk makes the array: pushed to an empty one it would take room for sixteen more. */
  private add(chunk: Uint8Array): void {
    if (this.chunks === undefined) this.chunks = [chunk]
    else this.chunks.push(chunk)
    this.before += chunk.length
  }

  /** The slab with room for `count` octets at `end`, in the open region if nobody else got the memory behind it. */
  private reserve(count: number): Uint8Array {
    if (this.shared !== undefined) this.placeShared(false)
    const { arena, slab } = this
    if (slab !== undefined && slab === arena.slab && this.end === arena.cursor && slab.length - this.end >= count) {
      return slab
    }
    this.close()
    const lent = this.slab = arena.lend(count)
    if (this.slabs === undefined) this.slabs = [lent]
    else this.slabs.push(lent)
    this.start = this.end = arena.cursor
    return lent
  }

  private advance(count: number): void {
    this.end += count
    this.arena.cursor = this.end
  }

  /** Ends the open region. */
  private close(): void {
    if (this.slab === undefined) return
    this.maskFrames()
    this.add(this.slab.subarray(this.start, this.end))
    this.slab = undefined
    this.start = this.end = 0
  }
}
