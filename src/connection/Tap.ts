/**
 * A synchronous way into a connection, for those who take events as they happen instead of pulling messages.
 *
 * @since 0.1.0
 */
import type { Octets } from "../protocol/MessageAssembler.ts"

/**
 * Told what the peer sends, in order and within the read in which it came.
 *
 * **Details**
 *
 * Messages come as octets. A ping is not answered: that is up to the tap. What a tap throws is not caught, and does not
 * lose what follows.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tap {
  readonly onMessage: (message: Octets) => void
  readonly onPing: (payload: Uint8Array) => void
  readonly onPong: (payload: Uint8Array) => void
}
