/**
 * Texts that are known to be ASCII, many from one string.
 *
 * @since 0.1.0
 */
import type * as Bytes from "./Bytes.ts"

/** What a string is made of at once. As long as one of its parts is kept, so is all of it. */
const stretch = 4096

/** The size of the largest text that is worth it. */
const most = stretch / 2

/**
 * Cuts texts from a string that is made of what lies around them: a string for each costs twice to five times as much.
 *
 * @category decoding
 * @since 0.1.0
 */
export class AsciiTexts {
  private readonly latin1: Bytes.Bytes["latin1"]
  private text = ""
  /** Where it lies in the chunk. */
  private start = 0
  private end = 0

  constructor({ latin1 }: Pick<Bytes.Bytes, "latin1">) {
    this.latin1 = latin1
  }

  /** Another chunk comes next, or the same with other contents. */
  clear(): void {
    this.text = ""
    this.start = this.end = 0
  }

  /**
   * The text from `start` to `end`, of which nothing lies in the chunk. What is behind it up to `limit` stays as it is until
   * `clear`.
   */
  cut(chunk: Uint8Array, start: number, end: number, limit: number): string {
    if (end - start > most) return this.latin1(chunk, start, end)
    if (end > this.end) {
      this.start = start
      this.end = Math.min(start + stretch, limit)
      this.text = this.latin1(chunk, start, this.end)
    }
    return this.text.substring(start - this.start, end - this.start)
  }
}
