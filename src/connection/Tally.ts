/**
 * What the connections of this process have done: numbers that are counted in passing, for whoever wants to look.
 *
 * @since 0.1.0
 */
import type { Ended } from "../protocol/Order.ts"
import type { Role } from "../protocol/Protocol.ts"
import type { Violation } from "../protocol/Violation.ts"
import { type Member, Roster } from "../transport/Roster.ts"
import { Distribution } from "./Distribution.ts"

/**
 * A connection as it is looked at.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counted extends Member {
  /** Octets that came, and that nobody has taken yet. */
  readonly unread: number
  /** Octets that were accepted, and not taken by the operating system. */
  readonly unsent: number
  /** Since when the peer is held back, as `performance.now()` told. */
  readonly pausedSince: number | undefined
  /** Since when senders should wait for the peer. */
  readonly congestedSince: number | undefined
}

/**
 * A bound that something or somebody was held to, by the name of its option.
 *
 * @category models
 * @since 0.1.0
 */
export type Limit =
  | "maxMessageSize"
  | "maxFragments"
  | "maxChunks"
  | "maxPendingPings"
  | "maxConnections"
  | "maxHeaderSize"
  | "handshakeTimeout"
  | "closeTimeout"
  | "heartbeat"
  | "idleTimeout"

/** The violations that are none of the RFC's rules, but of our limits. */
const limitOf: { readonly [Name in Violation]?: Limit } = {
  MessageTooBig: "maxMessageSize",
  LengthUnsupported: "maxMessageSize",
  FragmentsTooMany: "maxFragments",
  ChunksTooMany: "maxChunks",
  PingFlood: "maxPendingPings"
}

/**
 * The tally of all connections of one role.
 *
 * **Details**
 *
 * Counting is a few additions for each read and each write, and one for each message. What can be read off the open
 * connections is not counted at all.
 *
 * @category models
 * @since 0.1.0
 */
export class Tally {
  readonly open: Roster<Counted> = new Roster()
  opened = 0
  messagesIn = 0
  messagesOut = 0
  octetsIn = 0
  octetsOut = 0
  /** Milliseconds, of times that are over. */
  pausedTime = 0
  congestedTime = 0
  readonly closes: Map<string, number> = new Map()
  readonly violations: Map<string, number> = new Map()
  readonly limits: Map<string, number> = new Map()
  /** Handshakes that came to nothing, by status or by the tag of the error. */
  readonly failures: Map<string, number> = new Map()
  /** Those that succeeded. */
  readonly handshakes: Distribution = new Distribution()
  readonly roundTrips: Distribution = new Distribution()

  /** Counts a connection, until its `end`; gives its number, from 1. */
  begin(connection: Counted): number {
    this.open.add(connection)
    return ++this.opened
  }

  /** Counts an end by the code that was on the wire, also if it was ours. */
  end(connection: Counted, { code, error }: Ended): void {
    if (connection.pausedSince !== undefined) this.pausedTime += performance.now() - connection.pausedSince
    this.open.delete(connection)
    increment(this.closes, closeName(error?.closeCode ?? code))
    if (error === undefined) return
    increment(this.violations, error.violation)
    const limit = limitOf[error.violation]
    if (limit !== undefined) this.reach(limit)
  }

  /** Counts a limit that did its work. */
  reach(limit: Limit): void {
    increment(this.limits, limit)
  }

  /** Counts a handshake that came to nothing. */
  fail(reason: number | string): void {
    increment(this.failures, `${reason}`)
  }

  /** Adds up something about the open connections. */
  sum(measure: (connection: Counted) => number): number {
    let sum = 0
    for (const connection of this.open) sum += measure(connection)
    return sum
  }
}

const increment = (counts: Map<string, number>, key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)

/** A peer may choose among a thousand codes each for libraries and applications: they are counted together. */
const closeName = (code: number): string => code < 3000 ? `${code}` : code < 4000 ? "3xxx" : "4xxx"

/**
 * The tallies of this process.
 *
 * @category constants
 * @since 0.1.0
 */
export const tallies: Readonly<Record<Role, Tally>> = { client: new Tally(), server: new Tally() }
