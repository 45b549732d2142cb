/**
 * What waits for a consumer that reads more slowly than is published.
 *
 * @since 0.1.0
 */
import { Waiters } from "../connection/Waiters.ts"
import type { Prepared } from "../protocol/Message.ts"

/**
 * What happens to a message for which there is no room.
 *
 * @category models
 * @since 0.1.0
 */
export type Strategy = typeof strategies[number]

const strategies = ["close", "suspend", "sliding", "dropping"] as const

/**
 * What is wrong with a strategy, or `undefined`.
 *
 * @category guards
 * @since 0.1.0
 */
export const misusedStrategy = (given: Strategy | undefined): string | undefined =>
  given === undefined || strategies.includes(given)
    ? undefined
    : `strategy must be one of ${strategies.join(", ")}, not ${given}`

/**
 * How much may wait for one consumer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Capacity {
  readonly messages: number
  /** Octets of payload. */
  readonly size: number
}

/**
 * A message that waits.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiting {
  readonly message: Prepared
  readonly compress: boolean
  readonly strategy: Strategy
  /** Told when it is dropped. */
  readonly topic: { countDropped(): void }
}

/**
 * The messages that wait, oldest first.
 *
 * @category models
 * @since 0.1.0
 */
export class Backlog {
  private readonly capacity: Capacity
  private readonly waiting: Array<Waiting> = []
  private size = 0
  /** Told when it is within its capacity again, or given up. */
  readonly waiters = new Waiters()

  constructor(capacity: Capacity) {
    this.capacity = capacity
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  /** Whether it is within its capacity. Only messages that suspend their publishers may bring it above that. */
  get isWithin(): boolean {
    return this.waiting.length <= this.capacity.messages && this.size <= this.capacity.size
  }

  /** Adds a message, whether there is room or not. */
  push(waiting: Waiting): void {
    this.waiting.push(waiting)
    this.size += waiting.message.payload.length
  }

  /** Whether there is room for a message, if need be in the place of the oldest sliding ones, which are dropped. */
  makeRoom({ message: { payload } }: Waiting): boolean {
    if (payload.length > this.capacity.size) return false
    while (!this.hasRoom(payload.length)) {
      const oldest = this.waiting.findIndex(({ strategy }) => strategy === "sliding")
      if (oldest === -1) return false
      this.take(oldest, 1).forEach(drop)
    }
    return true
  }

  private hasRoom(size: number): boolean {
    return this.waiting.length < this.capacity.messages && this.size + size <= this.capacity.size
  }

  /** Sends messages, oldest first, as long as it `can`. */
  drain(can: () => boolean, send: (waiting: Waiting) => void): void {
    let count = 0
    while (count < this.waiting.length && can()) send(this.waiting[count++])
    this.take(0, count)
  }

  /** Drops everything. */
  drop(): void {
    this.take(0, this.waiting.length).forEach(drop)
  }

  private take(from: number, count: number): ReadonlyArray<Waiting> {
    const taken = this.waiting.splice(from, count)
    for (const { message } of taken) this.size -= message.payload.length
    return taken
  }
}

const drop = ({ topic }: Waiting): void => topic.countDropped()
