/**
 * The options that every connection has, on either side, with their defaults.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Compression from "./Compression.ts"
import * as HeartbeatOptions from "./connection/HeartbeatOptions.ts"
import * as Inbox from "./connection/Inbox.ts"
import * as Limits from "./protocol/Limits.ts"

/**
 * Options of a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionOptions extends Limits.Given {
  /**
   * How long the peer may take with its part of the closing handshake; also how long a reader that is busy may delay the
   * answer to the peer's Close. Default 10 seconds.
   */
  readonly closeTimeout?: Duration.Input | undefined
  /**
   * Octets of messages that are received ahead of the reader, besides the message in flight. When they are there, the
   * peer is held back. Default 64 KiB.
   */
  readonly inboxSize?: number | undefined
  /**
   * Whether and how messages are compressed (RFC 7692), if the peer agrees. Default: a client offers it, a server declines
   * it.
   */
  readonly compression?: boolean | Compression.Options | undefined
  /**
   * Whether and how the peer is pinged, and dropped if it is silent. Default: as `Heartbeat.layer` says, which is not at
   * all where there is none.
   */
  readonly heartbeat?: boolean | HeartbeatOptions.Options | undefined
}

/**
 * The options with nothing left open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolved {
  readonly closeTimeout: Duration.Duration
  readonly inboxSize: number
  readonly limits: Limits.Limits
  readonly compression: Compression.Resolved | undefined
  /** As given: what is not is for the context of the connection to say. */
  readonly heartbeat?: boolean | HeartbeatOptions.Options | undefined
}

/**
 * What is wrong with options, if something is.
 *
 * @category guards
 * @since 0.1.0
 */
export const misuse = (options: ConnectionOptions): string | undefined =>
  counts.map((name) => misusedCount(name, options[name])).find((problem) => problem !== undefined) ??
    misusedTime("closeTimeout", options.closeTimeout) ??
    Compression.misuse(options.compression ?? false) ??
    HeartbeatOptions.misuse(options.heartbeat ?? false)

const counts = ["maxMessageSize", "maxFragments", "maxChunks", "maxPendingPings", "inboxSize"] as const

/**
 * What is wrong with an option that is to be a number of things, or `undefined`.
 *
 * @category guards
 * @since 0.1.0
 */
export const misusedCount = (name: string, given: number | undefined): string | undefined => {
  const count: unknown = given ?? 0
  return typeof count === "number" && count >= 0 ? undefined : `${name} must be a number from 0 on, not ${given}`
}

/**
 * What is wrong with an option that is to be a time, or `undefined`.
 *
 * @category guards
 * @since 0.1.0
 */
export const misusedTime = (name: string, given: Duration.Input | undefined): string | undefined => {
  const isTime = Option.exists(Duration.fromInput(given ?? 0), (time) => !Duration.isNegative(time))
  return isTime ? undefined : `${name} must be a time, such as "10 seconds", not ${given}`
}

/**
 * Fills in the defaults, which of compression are those of a server.
 *
 * @category constructors
 * @since 0.1.0
 */
export const resolve = (options: ConnectionOptions = {}): Resolved => ({
  closeTimeout: Duration.fromInputUnsafe(options.closeTimeout ?? Duration.seconds(10)),
  inboxSize: options.inboxSize ?? Inbox.usualSize,
  limits: Limits.resolve(options),
  compression: Compression.resolve(options.compression ?? false),
  heartbeat: options.heartbeat
})
