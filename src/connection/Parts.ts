/**
 * What a connection is made of. It may never need some of it, and has that from the time on that it does.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Protocol from "../protocol/Protocol.ts"
import type { Transport } from "../transport/Transport.ts"
import type { WebSocketError } from "../WebSocketError.ts"
import type { Compressor } from "./Compressor.ts"
import type { Encoders } from "./Encoders.ts"
import { Ending } from "./Ending.ts"
import * as Inbox from "./Inbox.ts"
import type { Item } from "./Item.ts"
import { Outbox, type Owner } from "./Outbox.ts"
import { tallies, type Tally } from "./Tally.ts"

/**
 * What is there from the beginning.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly protocol: Protocol.Protocol
  readonly transport: Transport
  readonly encoders: Encoders
  /** If permessage-deflate was agreed on. */
  readonly compressor: Compressor | undefined
  readonly inboxSize: number
}

/**
 * What watches a driver's peer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Heartbeat {
  /** The last round-trip time, if one was measured. */
  readonly roundTrip: Duration.Duration | undefined
  /** Calls back with every round-trip time; returns how to call that off. */
  watch(watcher: (roundTrip: Duration.Duration) => void): () => void
  stop(): void
}

/**
 * The parts of a connection.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Parts implements Owner {
  readonly protocol: Protocol.Protocol
  readonly transport: Transport
  readonly encoders: Encoders
  readonly compressor: Compressor | undefined
  readonly tally: Tally
  private readonly inboxSize: number
  protected madeInbox: Inbox.Inbox<Item> | undefined = undefined
  protected madeOutbox: Outbox | undefined = undefined
  protected madeEnding: Ending | undefined = undefined
  /** Stopped when the end is known. */
  heartbeat: Heartbeat | undefined = undefined

  abstract readonly isActive: boolean

  constructor(options: Options) {
    this.protocol = options.protocol
    this.transport = options.transport
    this.encoders = options.encoders
    this.compressor = options.compressor
    this.tally = tallies[options.protocol.role]
    this.inboxSize = options.inboxSize
  }

  abstract onWritable(writable: boolean): void

  /** What came, and was not taken yet. */
  get inbox(): Inbox.Inbox<Item> {
    return this.madeInbox ??= new Inbox.Inbox(this.inboxSize)
  }

  get unread(): number {
    return this.madeInbox?.size ?? 0
  }

  /** What is to be sent. */
  get outbox(): Outbox {
    return this.madeOutbox ??= new Outbox(this)
  }

  /** Octets that are accepted, and not taken by the operating system. */
  get unsent(): number {
    return this.madeOutbox?.size ?? this.transport.queued
  }

  get congestedSince(): number | undefined {
    return this.madeOutbox?.congestedSince
  }

  /** Writes what was gathered. */
  flush(): void {
    this.madeOutbox?.flush()
  }

  /** What is known of the end. */
  get ending(): Ending {
    return this.madeEnding ??= new Ending()
  }

  get state(): Ending["state"] {
    return this.madeEnding?.state ?? "Open"
  }

  /** Why nothing can be sent any more, or `undefined`. */
  get unsendable(): WebSocketError | undefined {
    return this.madeEnding?.unsendable
  }

  /** Whether the operating system has taken our Close. */
  get isCloseWritten(): boolean {
    return this.madeEnding?.isWritten === true
  }

  /** Whether the transport is gone. */
  protected get isGone(): boolean {
    return this.madeEnding?.isGone === true
  }
}
