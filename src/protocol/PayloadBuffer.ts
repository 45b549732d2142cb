/**
 * The payload of a message that comes in pieces, in one memory that grows.
 *
 * @since 0.1.0
 */
import type * as Bytes from "./Bytes.ts"

/** Below this many octets, what is known to come is not worth a read of its own. */
const roomPays = 16_384

/** What a peer may announce and have memory for, beyond a multiple of what it has sent. */
const trust = 1_048_576

/**
 * Gathers pieces. As long as they lie in what was read last they are only noted, so that a message that is whole by then
 * is copied once; `settle` brings the rest together. Whoever reads can have bytes read to where they belong: see `room`.
 *
 * @category models
 * @since 0.1.0
 */
export class PayloadBuffer {
  private readonly bytes: Bytes.Bytes
  private memory: Uint8Array | undefined = undefined
  /** How much of the memory is filled, and what belongs behind it. */
  private filled = 0
  private pieces: Array<Uint8Array> | undefined = undefined
  size = 0

  constructor(bytes: Bytes.Bytes) {
    this.bytes = bytes
  }

  /** Adds a piece, which must stay as it is until the pieces are settled. */
  add(piece: Uint8Array): void {
    this.size += piece.length
    if (this.isInPlace(piece)) this.filled = this.size
    else if (this.pieces === undefined) this.pieces = [piece]
    else this.pieces.push(piece)
  }

  /** Copies what lies elsewhere. `missing` octets are known to follow. */
  settle(missing: number): void {
    if (this.pieces === undefined) return
    if (this.memory === undefined || this.memory.length < this.size) this.move(this.sizeFor(missing))
    this.fill(this.memory!, this.pieces)
  }

  /** The memory for what is missing, or the start of it; `undefined` for little. */
  room(missing: number): Uint8Array | undefined {
    if (missing < roomPays || this.filled < roomPays) return undefined
    if (this.memory!.length < this.filled + roomPays) this.move(this.sizeFor(missing))
    return this.memory!.subarray(this.filled, this.filled + missing)
  }

  /** All that was gathered, as the caller's own; nothing is left. It is copied where much memory would be left over. */
  take(): Uint8Array {
    const { memory, size } = this
    if (memory === undefined || memory.length < size || memory.length - size > size >> 2) return this.takeCopy()
    if (this.pieces !== undefined) this.fill(memory, this.pieces)
    this.clear()
    return memory.subarray(0, size)
  }

  /** The same, while somebody may still read into the memory behind it. */
  takeCopy(): Uint8Array {
    this.move(this.size)
    const memory = this.memory!
    if (this.pieces !== undefined) this.fill(memory, this.pieces)
    this.clear()
    return memory
  }

  /** Forgets everything. */
  clear(): void {
    this.memory = undefined
    this.pieces = undefined
    this.filled = this.size = 0
  }

  private isInPlace(piece: Uint8Array): boolean {
    const { filled, memory, size } = this
    return memory !== undefined && size <= memory.length && filled + piece.length === size &&
      piece.buffer === memory.buffer && piece.byteOffset === memory.byteOffset + filled
  }

  private fill(memory: Uint8Array, pieces: ReadonlyArray<Uint8Array>): void {
    this.pieces = undefined
    for (const piece of pieces) {
      memory.set(piece, this.filled)
      this.filled += piece.length
    }
  }

  /** Memory for what is there, and for what is missing as far as the peer is trusted. */
  private sizeFor(missing: number): number {
    const { memory, size } = this
    const trusted = Math.max(4 * size, size < roomPays ? 0 : size + trust)
    const wanted = missing === 0 ? 2 * size : Math.min(trusted, size + missing)
    return memory === undefined ? wanted : Math.max(wanted, 2 * memory.length)
  }

  private move(size: number): void {
    const memory = this.bytes.allocate(size)
    if (this.memory !== undefined) memory.set(this.memory.subarray(0, this.filled))
    this.memory = memory
  }
}
