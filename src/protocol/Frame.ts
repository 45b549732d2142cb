/**
 * Frames: what a message is cut into on the wire (RFC 6455 §5).
 *
 * @since 0.1.0
 */
import type * as Opcode from "./Opcode.ts"

/**
 * A frame, unmasked.
 *
 * **Details**
 *
 * A data frame that arrives in several reads is given in several pieces: a piece that is not the last has `fin: false`,
 * and every piece but the first is a continuation, as if an intermediary had fragmented it (RFC 6455 §5.4). `whole` is
 * true on a frame's last piece. The payload is a view of the bytes that were read, and stays valid.
 *
 * @category models
 * @since 0.1.0
 */
export interface Frame {
  readonly fin: boolean
  readonly rsv1: boolean
  readonly opcode: Opcode.Opcode
  readonly payload: Uint8Array
  readonly whole: boolean
}
