/**
 * What a connection needs of whatever carries its bytes.
 *
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"

/**
 * The connection's side of a transport: what happens is told here.
 *
 * **Details**
 *
 * A chunk given to `onBytes` belongs to the receiver. `onEnd` says that the peer has ended its writing side. `onClose`
 * comes once and last, with what was read while nobody took it, and with the transport's error if there was one, of
 * which `onFailure` tells already when it comes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receiver {
  onBytes(chunk: Uint8Array): void
  /**
   * The first `length` octets are what `onBytes` gets next, a copy: what can be done where they lie is to be done now. Gives
   * how many of them it has taken already, and need no copy.
   */
  prepare?(memory: Uint8Array, length: number): number
  /** Memory for the bytes that come next, if it has some: to read into it, and give it to `onBytes`, saves a copy. */
  room(): Uint8Array | undefined
  onDrain(): void
  onEnd(): void
  onFailure?(): void
  onClose(error: Error | undefined, rest?: Uint8Array | undefined): void
}

/**
 * A two-way carrier of bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Transport {
  /** The Node stream beneath, where there is one. */
  readonly duplex: Duplex | undefined
  /** The peer's address, where there is one. */
  readonly remoteAddress: string | undefined
  /** Bytes that were written and not yet taken by the operating system. */
  readonly queued: number
  /**
   * Whether memory that was written is the writer's again when nothing is `queued`. A TCP socket hands it to the operating
   * system; a stream that passes it on may be read later.
   */
  readonly releases: boolean
  /** Whether more is queued than should be; `onDrain` comes when it is gone. */
  readonly congested: boolean
  /** Starts reading. Called once. */
  start(receiver: Receiver): void
  /** Stops reading, so that the peer is held back; bytes may still come. */
  pause(): void
  /** Reads on. */
  resume(): void
  /**
   * Writes the chunks in one go. They are the transport's from now on: see `releases`. `done` is told when they are
   * written, or why they are not.
   */
  write(chunks: ReadonlyArray<Uint8Array>, done?: (error?: Error | null) => void): void
  /** Ends the writing side, after what was written. */
  end(): void
  /** Drops everything at once. */
  destroy(): void
}
