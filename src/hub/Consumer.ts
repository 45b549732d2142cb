/**
 * A connection as a hub sees it: somebody who takes messages, more or less slowly.
 *
 * @since 0.1.0
 */
import type { Driver } from "../connection/Driver.ts"
import type { Prepared } from "../protocol/Message.ts"
import { Backlog, type Capacity, type Waiting } from "./Backlog.ts"
import type { TurnFlush } from "./TurnFlush.ts"

const tooSlow = { code: 1013, reason: "reads too slowly" }

/**
 * Takes messages for a connection, and keeps those that it cannot take yet.
 *
 * @category models
 * @since 0.1.0
 */
export class Consumer {
  readonly driver: Driver
  private readonly turn: TurnFlush
  private readonly capacity: Capacity
  /** Made when something waits, and gone with it. */
  private backlog: Backlog | undefined = undefined
  private pumps = false
  private isHopeless = false
  /** Told when nothing waits any more. */
  private readonly onCaughtUp: () => void

  constructor(driver: Driver, capacity: Capacity, turn: TurnFlush, onCaughtUp: () => void) {
    this.driver = driver
    this.turn = turn
    this.capacity = capacity
    this.onCaughtUp = onCaughtUp
  }

  get isOpen(): boolean {
    return this.driver.state === "Open"
  }

  /** Whether what is sent now goes out at once, and behind everything before it. */
  get isReady(): boolean {
    const { isCongested, isFree } = this.driver.outbox
    return !isCongested && isFree && this.backlog === undefined
  }

  get hasCaughtUp(): boolean {
    return this.backlog === undefined
  }

  /** Sends a message for which it is ready. */
  send(message: Prepared, compress: boolean): void {
    const { outbox } = this.driver
    this.turn.include(outbox)
    outbox.message(message, compress)
  }

  /** Keeps a message for later, as far as its strategy allows that; true if the consumer is too slow for it. */
  keep(waiting: Waiting): boolean {
    const backlog = this.backlog ??= new Backlog(this.capacity)
    const isKept = backlog.makeRoom(waiting)
    if (isKept || waiting.strategy === "suspend") backlog.push(waiting)
    else waiting.topic.countDropped()
    if (!isKept && waiting.strategy === "close") this.isHopeless = true
    this.pumpLater()
    return this.isHopeless || !backlog.isWithin
  }

  /** Closes the connection if that is due. Who is resumed by that may publish: not to be called within a delivery. */
  settle(): void {
    if (!this.isHopeless) return
    this.backlog?.drop()
    this.driver.close(tooSlow)
  }

  /** Calls back when there is room again, or the connection has ended; returns how to call that off. */
  whenWithin(callback: () => void): () => void {
    if (this.backlog?.isWithin === false) return this.backlog.waiters.add(callback)
    callback()
    return ignore
  }

  /** Before our Close: what waits was accepted, and goes out, however slowly. */
  finish(): void {
    const { outbox } = this.driver
    this.backlog?.drain(always, ({ compress, message }) => {
      const run = () => outbox.message(message, compress)
      outbox.turns.inOrder({ size: message.payload.length, run, drop: ignore })
    })
    queueMicrotask(() => this.end()) // publishers are not to go on before the connection closes
  }

  /** The connection has ended, and with it what was kept. */
  end(): void {
    const { backlog } = this
    this.backlog = undefined
    backlog?.waiters.call()
  }

  private pumpLater(): void {
    if (this.pumps) return
    this.pumps = true
    const { outbox } = this.driver
    if (outbox.isCongested) outbox.whenWritable(() => this.pump(outbox.isFree))
    else outbox.turns.inOrder({ size: 0, run: () => this.pump(true), drop: ignore })
  }

  /** Sends what the connection takes of what waits. */
  private pump(isTurn: boolean): void {
    this.pumps = false
    const { backlog, driver: { outbox } } = this
    if (backlog === undefined || !this.isOpen) return
    const can = () => isTurn && this.isOpen && !outbox.isCongested && !outbox.isBusy
    backlog.drain(can, ({ compress, message }) => outbox.message(message, compress))
    if (backlog.isEmpty) this.catchUp()
    else this.pumpLater()
    if (backlog.isWithin) backlog.waiters.call() // last: publishers go on at once
  }

  private catchUp(): void {
    this.backlog = undefined
    this.onCaughtUp()
  }
}

const always = () => true
const ignore = () => {}
