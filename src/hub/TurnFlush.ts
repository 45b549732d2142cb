/**
 * One write for all that a connection is sent in a turn of the event loop.
 *
 * @since 0.1.0
 */
import type { Outbox } from "../connection/Outbox.ts"

/**
 * Flushes outboxes when all events of this turn are handled, and not when the one at hand is: what the messages of many
 * members set off leaves together.
 *
 * @category models
 * @since 0.1.0
 */
export class TurnFlush {
  private outboxes: Array<Outbox> = []

  /** To be called before something is sent. */
  include(outbox: Outbox): void {
    if (!outbox.takeOverFlush()) return
    if (this.outboxes.length === 0) setImmediate(() => this.flush())
    this.outboxes.push(outbox)
  }

  private flush(): void {
    const { outboxes } = this
    this.outboxes = []
    for (const outbox of outboxes) outbox.flush()
  }
}
