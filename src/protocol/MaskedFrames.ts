/**
 * Whole frames that lie one behind the other, masked or unmasked in one go (RFC 6455 §5.3).
 *
 * @since 0.1.0
 */
import * as FrameHeader from "./FrameHeader.ts"
import * as Mask from "./Mask.ts"

/**
 * Payloads below this size are masked together with those beside them; for larger ones the platform has a way of its own.
 *
 * @category constants
 * @since 0.1.0
 */
export const small = 1536

/**
 * Masks or unmasks frames, each by the key in its header.
 *
 * **Details**
 *
 * `mask` changes payloads where they lie: from the frame at `start` on, up to the first frame that goes beyond `end`, or
 * is larger than 60 KiB. It returns where that one starts. Frames without a key stay as they are.
 *
 * @category models
 * @since 0.1.0
 */
export interface MaskedFrames {
  readonly mask: (bytes: Uint8Array, start: number, end: number) => number
  /** Whether the texts that the last call left, of one frame each, are known to be ASCII. */
  readonly isAscii: boolean
}

/**
 * The way in plain JavaScript, for any platform.
 *
 * **Example** (Unmasking the RFC's "Hello")
 *
 * ```ts
 * import { MaskedFrames } from "effect-ws/protocol"
 *
 * const bytes = Buffer.from("818537fa213d7f9f4d5158", "hex")
 * MaskedFrames.portable.mask(bytes, 0, bytes.length) // => 11
 * bytes.toString("latin1", 6) // => "Hello"
 * ```
 *
 * @category masking
 * @since 0.1.0
 */
export const portable: MaskedFrames = {
  mask: (bytes, start, end) => {
    const words = new Mask.Words()
    let at = start
    while (end - at >= 2) {
      const payload = at + FrameHeader.size(bytes[at + 1])
      if (payload > end) break
      const next = payload + FrameHeader.length(bytes, at)
      if (next > end) break
      if (bytes[at + 1] >= 0x80) words.apply(bytes, payload, next, Mask.readKey(bytes, payload - 4))
      at = next
    }
    return at
  },
  isAscii: false
}
