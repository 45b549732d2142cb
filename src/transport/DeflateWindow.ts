/**
 * The last octets that went through one direction of a connection: all that is needed to continue it with a new zlib
 * context, as its preset dictionary.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"

/** Memory comes in such steps. */
const step = 1024

/**
 * A ring of at most `2 ** windowBits` octets, which grows only as far as it is filled.
 *
 * **Details**
 *
 * The octets are copies, since what was sent and received belongs to the user, who may change it. That costs 0.1 µs for
 * 1 KiB, where deflating it takes 10.
 *
 * @category models
 * @since 0.1.0
 */
export class DeflateWindow {
  private readonly most: number
  private ring = new Uint8Array(0)
  /** Where the next octet goes. If the window has not its full size yet, it starts at 0 and ends here. */
  private end = 0
  private size = 0

  constructor(windowBits: number) {
    this.most = 1 << windowBits
  }

  /** How many octets of memory it holds. */
  get held(): number {
    return this.ring.length
  }

  /** Adds the octets that follow. */
  push(octets: Uint8Array): void {
    const last = octets.length > this.most ? octets.subarray(octets.length - this.most) : octets
    this.grow(Math.min(this.most, this.size + last.length))
    const fitting = Math.min(last.length, this.ring.length - this.end)
    this.ring.set(fitting === last.length ? last : last.subarray(0, fitting), this.end)
    if (fitting < last.length) this.ring.set(last.subarray(fitting), 0)
    this.end = fitting < last.length ? last.length - fitting : this.end + fitting
    if (this.end === this.most) this.end = 0
    this.size = Math.min(this.most, this.size + last.length)
  }

  /** The octets in order: views of the window's own memory, valid until the next `push`. */
  parts(): ReadonlyArray<Uint8Array> {
    if (this.size < this.most || this.end === 0) return [this.ring.subarray(0, this.size)]
    return [this.ring.subarray(this.end), this.ring.subarray(0, this.end)]
  }

  /** The octets in order and in one piece, valid until the next `push`. */
  octets(): Uint8Array {
    const parts = this.parts()
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }

  /** Frees its memory, which the garbage collector would do late, since it knows little of it. */
  clear(): void {
    this.size = this.end = 0
    this.resize(0)
  }

  /** Only a window that has not its full size yet grows, and so it is not wrapped. */
  private grow(needed: number): void {
    if (needed > this.ring.length) this.resize(Math.min(this.most, Math.ceil(needed / step) * step))
  }

  private resize(length: number): void {
    this.ring = new Uint8Array(this.ring.buffer.transfer(length))
  }
}
