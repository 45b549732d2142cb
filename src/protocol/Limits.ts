/**
 * What a peer may make this side hold in memory. Each limit is checked before the memory is spent.
 *
 * @since 0.1.0
 */

/**
 * The limits on what is received.
 *
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  /** Octets of one message, over all its fragments, as they come and inflated. Over it: 1009. Default 100 MiB. */
  readonly maxMessageSize: number
  /** Frames of one message. Over it: 1008. Default 16,384. */
  readonly maxFragments: number
  /** Pieces, as reads cut them, of one frame in progress. Over it: 1008. Default 262,144. */
  readonly maxChunks: number
  /** Pings that arrive while a pong waits for the peer to read. Over it: 1008. Default 60. */
  readonly maxPendingPings: number
}

/**
 * The limits that are safe on the open internet.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults: Limits = {
  maxMessageSize: 100 * 1024 * 1024,
  maxFragments: 16_384,
  maxChunks: 262_144,
  maxPendingPings: 60
}

/**
 * Some of the limits.
 *
 * @category models
 * @since 0.1.0
 */
export type Given = { readonly [Name in keyof Limits]?: Limits[Name] | undefined }

/**
 * The limits that are given, and the defaults for the others.
 *
 * @category constructors
 * @since 0.1.0
 */
export const resolve = (given: Given = {}): Limits => ({
  maxMessageSize: given.maxMessageSize ?? defaults.maxMessageSize,
  maxFragments: given.maxFragments ?? defaults.maxFragments,
  maxChunks: given.maxChunks ?? defaults.maxChunks,
  maxPendingPings: given.maxPendingPings ?? defaults.maxPendingPings
})

/**
 * Whether two are the same limits.
 *
 * @category comparing
 * @since 0.1.0
 */
export const equal = (a: Limits, b: Limits): boolean =>
  a.maxMessageSize === b.maxMessageSize && a.maxFragments === b.maxFragments && a.maxChunks === b.maxChunks &&
  a.maxPendingPings === b.maxPendingPings
