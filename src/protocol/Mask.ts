/**
 * Masking (RFC 6455 §5.3): octet `i` of the payload is XORed with octet `i mod 4` of the masking key. Applying it twice
 * gives the payload back.
 *
 * @since 0.1.0
 */

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** Below this many octets the set-up of a view by words costs more than it saves. */
const wordsPay = 24

/**
 * Reads a masking key: its first octet becomes the lowest byte.
 *
 * @category decoding
 * @since 0.1.0
 */
export const readKey = (bytes: Uint8Array, at: number): number =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)

/**
 * Writes a masking key and returns where the payload starts.
 *
 * @category encoding
 * @since 0.1.0
 */
export const writeKey = (key: number, target: Uint8Array, at: number): number => {
  target[at] = key
  target[at + 1] = key >> 8
  target[at + 2] = key >> 16
  target[at + 3] = key >> 24
  return at + 4
}

/**
 * The key for a payload that goes on after `phase` octets: the same key, begun `phase` octets later.
 *
 * @category combinators
 * @since 0.1.0
 */
export const rotate = (key: number, phase: number): number => {
  const bits = (phase & 3) << 3
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits))
}

/**
 * Masks or unmasks `bytes` from `start` to `end` where they lie. The bytes must be the caller's own.
 *
 * **Details**
 *
 * `phase` is how many octets of the payload came before, so that a payload may arrive in pieces. Most of the work is
 * done by 32-bit words, at the alignment of the underlying memory.
 *
 * **Example** (Masking twice)
 *
 * ```ts
 * import { Mask } from "effect-ws/protocol"
 *
 * const bytes = new TextEncoder().encode("Hello")
 * Mask.apply(bytes, 0, 5, 0x3d21fa37, 0) // RFC 6455 §5.7: the key is 37 fa 21 3d
 * Buffer.from(bytes).toString("hex") // => "7f9f4d5158"
 * ```
 *
 * @category masking
 * @since 0.1.0
 */
export const apply = (bytes: Uint8Array, start: number, end: number, key: number, phase: number): void => {
  const words = new Words()
  words.apply(bytes, start, end, rotate(key, phase))
}

/**
 * Masks or unmasks frames that lie one behind the other, with one view by words of their memory. A view costs as much as
 * the masking of 100 octets.
 *
 * @category masking
 * @since 0.1.0
 */
export class Words {
  private bytes: Uint8Array | undefined = undefined
  private words = none
  /** Where the first word is. */
  private base = 0

  /** As the function `apply`, from the start of a payload. The bytes are kept until others come, or `clear`. */
  apply(bytes: Uint8Array, start: number, end: number, key: number): void {
    if (end - start < wordsPay || !isLittleEndian) return byOctets(bytes, start, end, key)
    if (bytes !== this.bytes) this.view(bytes)
    const { base, words } = this
    const head = (base - start) & 3
    const tail = end - ((end - base) & 3)
    const aligned = rotate(key, head)
    byOctets(bytes, start, start + head, key)
    for (let i = (start + head - base) >> 2, to = (tail - base) >> 2; i < to; i++) words[i] ^= aligned
    byOctets(bytes, tail, end, aligned)
  }

  /** Lets go of the bytes. */
  clear(): void {
    this.bytes = undefined
    this.words = none
  }

  private view(bytes: Uint8Array): void {
    this.bytes = bytes
    this.base = -bytes.byteOffset & 3
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset + this.base, (bytes.length - this.base) >> 2)
  }
}

const none: Int32Array = new Int32Array(0)

const byOctets = (bytes: Uint8Array, start: number, end: number, key: number): void => {
  for (let i = start, shift = 0; i < end; i++, shift += 8) bytes[i] ^= key >>> (shift & 24)
}
