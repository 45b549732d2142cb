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
 * Gathers pieces. Whoever reads can have them read to where they belong: see `room`.
 *
 * @category models
 * @since 0.1.0
 */
export class PayloadBuffer {
  private readonly bytes: Bytes.Bytes
  private memory: Uint8Array | undefined = undefined
  size = 0

  constructor(bytes: Bytes.Bytes) {
    this.bytes = bytes
  }

  /** Adds a piece, copied unless it lies where `room` has put it. `missing` octets are known to follow. */
  add(piece: Uint8Array, missing: number): void {
    const end = this.size + piece.length
    if (!this.isInPlace(piece, end)) this.reserve(end, missing).set(piece, this.size)
    this.size = end
  }

  /** The memory for what is missing, or the start of it; `undefined` for little. */
  room(missing: number): Uint8Array | undefined {
    if (missing < roomPays || this.size < roomPays) return undefined
    const memory = this.reserve(this.size + roomPays, missing - roomPays)
    return memory.subarray(this.size, this.size + missing)
  }

  /** All that was gathered, as the caller's own; nothing is left. It is copied where much memory would be left over. */
  take(): Uint8Array {
    const { memory, size } = this
    this.clear()
    if (memory === undefined || memory.length - size > size >> 2) return copy(this.bytes, memory, size)
    return memory.subarray(0, size)
  }

  /** The same, while somebody may still read into the memory behind it. */
  takeCopy(): Uint8Array {
    const { memory, size } = this
    this.clear()
    return copy(this.bytes, memory, size)
  }

  /** Forgets everything. */
  clear(): void {
    this.memory = undefined
    this.size = 0
  }

  private isInPlace(piece: Uint8Array, end: number): boolean {
    const { memory, size } = this
    return memory !== undefined && end <= memory.length && piece.buffer === memory.buffer &&
      piece.byteOffset === memory.byteOffset + size
  }

  /** Memory for `count` octets at least, and for those missing as far as the peer is trusted. */
  private reserve(count: number, missing: number): Uint8Array {
    const { memory, size } = this
    if (memory !== undefined && memory.length >= count) return memory
    const trusted = Math.max(4 * count, count < roomPays ? 0 : count + trust)
    const wanted = missing === 0 ? 2 * count : Math.min(trusted, count + missing)
    const grown = this.bytes.allocate(memory === undefined ? wanted : Math.max(wanted, 2 * memory.length))
    if (memory !== undefined) grown.set(memory.subarray(0, size))
    return this.memory = grown
  }
}

const copy = (bytes: Bytes.Bytes, memory: Uint8Array | undefined, size: number): Uint8Array => {
  const own = bytes.allocate(size)
  if (memory !== undefined) own.set(memory.subarray(0, size))
  return own
}
