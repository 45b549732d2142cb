/**
 * One topic: its members, and the loop that gives a message to all of them.
 *
 * @since 0.1.0
 */
import type { Driver } from "../connection/Driver.ts"
import type { Prepared } from "../protocol/Message.ts"
import type { Strategy } from "./Backlog.ts"
import type { Consumer } from "./Consumer.ts"

/**
 * That a connection gets the messages of a topic.
 *
 * @category models
 * @since 0.1.0
 */
export interface Membership {
  readonly consumer: Consumer
  readonly strategy: Strategy
  /** How often it was joined, and not left yet. */
  joins: number
}

/**
 * What is published, to whom, and how.
 *
 * @category models
 * @since 0.1.0
 */
export interface Publication {
  readonly message: Prepared
  readonly compress: boolean
  /** Who does not get it. */
  readonly except: Driver | undefined
}

/**
 * What came of the messages that were published.
 *
 * @category models
 * @since 0.1.0
 */
export class Counts {
  published = 0
  /** Messages times the members that they were for. */
  deliveries = 0
  /** Deliveries that did not take place, for want of room. */
  dropped = 0
}

/**
 * The members of a topic.
 *
 * @category models
 * @since 0.1.0
 */
export class Topic {
  readonly members = new Map<Driver, Membership>()
  readonly counts = new Counts()
  /** Those of the whole hub. */
  private readonly totals: Counts

  constructor(totals: Counts) {
    this.totals = totals
  }

  /**
   * Gives a message to all members that are open; returns those that its publisher has to wait for.
   *
   * Nothing here is an effect: a fiber for each member would cost 5.9 µs a delivery.
   */
  deliver({ compress, except, message }: Publication): ReadonlyArray<Consumer> {
    let count = 0
    let slow: Array<Consumer> | undefined
    for (const { consumer, strategy } of this.members.values()) {
      if (consumer.driver === except || !consumer.isOpen) continue
      count++
      if (consumer.isReady) consumer.send(message, compress)
      else if (consumer.keep({ message, compress, strategy, topic: this })) (slow ??= []).push(consumer)
    }
    this.countPublished(count)
    if (slow === undefined) return none
    for (const consumer of slow) consumer.settle()
    return slow
  }

  private countPublished(deliveries: number): void {
    const { counts, totals } = this
    counts.published++
    totals.published++
    counts.deliveries += deliveries
    totals.deliveries += deliveries
  }

  countDropped(): void {
    this.counts.dropped++
    this.totals.dropped++
  }
}

const none: ReadonlyArray<Consumer> = []
