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
  const first = rotate(key, phase)
  if (end - start < wordsPay || !isLittleEndian) return byOctets(bytes, start, end, first)
  const head = (4 - ((bytes.byteOffset + start) & 3)) & 3
  byOctets(bytes, start, start + head, first)
  const tail = byWords(bytes, start + head, end, rotate(first, head))
  byOctets(bytes, tail, end, rotate(first, head))
}

const byOctets = (bytes: Uint8Array, start: number, end: number, key: number): void => {
  for (let i = start, shift = 0; i < end; i++, shift += 8) bytes[i] ^= key >>> (shift & 24)
}

/** Starts at a word's boundary; returns the first octet that was not reached. */
const byWords = (bytes: Uint8Array, start: number, end: number, key: number): number => {
  const count = (end - start) >> 2
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, count)
  for (let i = 0; i < count; i++) words[i] ^= key
  return start + (count << 2)
}
