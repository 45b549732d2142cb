/**
 * UTF-8 validation that goes on from piece to piece and fails with the first octet that cannot be right (RFC 3629).
 *
 * @since 0.1.0
 */

/** From this length on a native check of the middle pays. */
const nativePays = 64

/**
 * The validator of one text.
 *
 * @category models
 * @since 0.1.0
 */
export class Validator {
  readonly isUtf8: ((bytes: Uint8Array) => boolean) | undefined
  /** Continuation octets that the current code point still needs, and the bounds of the next one. */
  needed = 0
  lower = 0x80
  upper = 0xbf

  constructor(isUtf8?: (bytes: Uint8Array) => boolean) {
    this.isUtf8 = isUtf8
  }

  /** Whether the text can still be valid with these octets next. */
  push(bytes: Uint8Array): boolean {
    if (this.isUtf8 === undefined || bytes.length < nativePays) return this.scan(bytes, 0, bytes.length)
    const start = this.needed
    const end = lastBoundary(bytes)
    return this.scan(bytes, 0, start) &&
      this.isUtf8(bytes.subarray(start, end)) &&
      this.scan(bytes, end, bytes.length)
  }

  /** Whether the text may end here: not within a code point. */
  isComplete(): boolean {
    return this.needed === 0
  }

  private scan(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const octet = bytes[i]
      if (this.needed === 0) {
        if (octet > 0x7f && !this.lead(octet)) return false
      } else {
        if (octet < this.lower || octet > this.upper) return false
        this.lower = 0x80
        this.upper = 0xbf
        this.needed--
      }
    }
    return true
  }

  /** RFC 3629 §4: the second octet's bounds exclude overlong forms, surrogates and what is above U+10FFFF. */
  private lead(octet: number): boolean {
    if (octet < 0xc2 || octet > 0xf4) return false
    this.needed = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3
    if (octet === 0xe0) this.lower = 0xa0
    else if (octet === 0xed) this.upper = 0x9f
    else if (octet === 0xf0) this.lower = 0x90
    else if (octet === 0xf4) this.upper = 0x8f
    return true
  }
}

/** Where the last code point starts if it may be incomplete, else the end. */
const lastBoundary = (bytes: Uint8Array): number => {
  const end = bytes.length
  for (let i = end - 1; i >= end - 3; i--) {
    if (bytes[i] >= 0xc0) return i
    if (bytes[i] < 0x80) break
  }
  return end
}

/**
 * Whether a whole byte sequence is UTF-8.
 *
 * **Example** (Refusing a surrogate)
 *
 * ```ts
 * import { Utf8 } from "effect-ws/protocol"
 *
 * Utf8.isValid(new Uint8Array([0xe2, 0x82, 0xac])) // => true
 * Utf8.isValid(new Uint8Array([0xed, 0xa0, 0x80])) // => false
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isValid = (bytes: Uint8Array): boolean => {
  const validator = new Validator()
  return validator.push(bytes) && validator.isComplete()
}
