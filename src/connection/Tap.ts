/**
 * A synchronous way into a connection, for those who take events as they happen instead of pulling messages.
 *
 * @since 0.1.0
 */

/**
 * Told what the peer sends, in order and within the read in which it came.
 *
 * **Details**
 *
 * Messages come as octets, and with the payloads of their frames if the protocol keeps these apart. A ping is not
 * answered: that is up to the tap. What a tap throws is not caught, and does not lose what follows.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tap {
  onMessage(payload: Uint8Array, isText: boolean, fragments: ReadonlyArray<Uint8Array> | undefined): void
  onPing(payload: Uint8Array): void
  onPong(payload: Uint8Array): void
  /** A Close is due, with this payload, for the peer's or for a rule that it broke. What is sent now goes out before it. */
  onCloseDue(payload: Uint8Array): void
  /** The peer has closed, and nothing can be sent any more: the answer waits until what was sent before is out. */
  onClosing(): void
}

/**
 * Told of the end, before those who only wait for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Watcher {
  /** The end is known. */
  onClosed(): void
  /** The transport is gone, too. */
  onGone(): void
}
