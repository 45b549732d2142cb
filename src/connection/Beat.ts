/**
 * The heartbeat of one connection: pings, and what is expected of the peer.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import * as Opcode from "../protocol/Opcode.ts"
import { fromUsage, HeartbeatError } from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"
import * as HeartbeatOptions from "./HeartbeatOptions.ts"
import type { Heartbeat } from "./Parts.ts"
import type { Slot, Timed, TimerWheel } from "./TimerWheel.ts"

/** How many times in an idle time-out it is seen to whether data came. */
const looks = 4

/**
 * What a heartbeat goes by, and where it logs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Surroundings {
  readonly wheel: TimerWheel
  readonly context: Context.Context<never>
}

/**
 * A heartbeat, from `start` until the connection is closed or closing.
 *
 * **Details**
 *
 * Nothing is done when bytes come: it is the counters of the driver that are looked at whenever something is due.
 *
 * @category models
 * @since 0.1.0
 */
export class Beat implements Heartbeat, Timed {
  slot: Slot | undefined = undefined
  private readonly driver: Driver
  private readonly settings: HeartbeatOptions.Resolved
  private readonly context: Context.Context<never>
  private readonly wheel: TimerWheel
  /** If a schedule says when to ping. */
  private readonly step: Step | undefined
  private pingAt: number
  /** When the first ping was sent that no sign of life has followed. */
  private askedAt = Infinity
  private signs = 0
  private queued = 0
  private data = 0
  private dataAt: number
  private pings = 0
  /** The payload of the ping whose pong gives the round-trip time. */
  private probe: Uint8Array | undefined = undefined
  private probedAt = 0
  private watchers: Set<(roundTrip: Duration.Duration) => void> | undefined = undefined
  roundTrip: Duration.Duration | undefined = undefined

  constructor(driver: Driver, settings: HeartbeatOptions.Resolved, { context, wheel }: Surroundings) {
    const now = wheel.now()
    this.driver = driver
    this.settings = settings
    this.context = context
    this.wheel = wheel
    this.step = typeof settings.interval === "number" ? undefined : stepOf(settings.interval)
    this.pingAt = this.nextPing(now)
    this.dataAt = now
  }

  /** Begins, in the place of a heartbeat that the driver may have. */
  start(): void {
    this.driver.heartbeat?.stop()
    this.driver.heartbeat = this
    this.wait(this.wheel.now())
  }

  stop(): void {
    this.wheel.clear(this)
    this.probe = undefined
  }

  watch(watcher: (roundTrip: Duration.Duration) => void): () => void {
    this.watchers = (this.watchers ?? new Set()).add(watcher)
    return () => this.watchers?.delete(watcher)
  }

  onDue(now: number): void {
    const { driver, settings } = this
    if (driver.state !== "Open" || driver.protocol.state !== "Open") return this.stop() // closing has a timer of its own
    this.look(now)
    if (now - this.askedAt >= settings.timeout) return this.fail("pong", settings.timeout)
    if (now - this.dataAt >= settings.idleTimeout) return this.fail("data", settings.idleTimeout)
    if (now < this.pingAt) return this.wait(now)
    try {
      this.pingAt = this.nextPing(now)
    } catch (defect) {
      return giveUp(driver, defect, this.context)
    }
    this.ping(now)
    this.wait(now)
  }

  /** While we do not read, it is not the peer's fault that nothing comes. */
  private look(now: number): void {
    const { driver, queued, signs } = this
    this.signs = driver.signs
    this.queued = driver.transport.queued
    if (this.signs !== signs || this.queued < queued) this.askedAt = Infinity
    else if (!driver.isReading && this.askedAt !== Infinity) this.askedAt = now
    if (this.data === driver.receivedData && driver.isReading) return
    this.data = driver.receivedData
    this.dataAt = now
  }

  /** A ping that was not answered is repeated as it was: whichever the peer answers (RFC 6455 §5.5.3). */
  private ping(now: number): void {
    this.askedAt = Math.min(this.askedAt, now)
    if (this.probe !== undefined) return this.driver.outbox.frame(true, Opcode.Ping, this.probe)
    this.probe = payloadOf(this.pings++)
    this.probedAt = this.wheel.preciseNow()
    this.driver.ping(this.probe, (error) => this.answered(error))
  }

  private nextPing(now: number): number {
    const { interval } = this.settings
    return now + (typeof interval === "number" ? interval : this.step!(now, this.roundTrip))
  }

  private answered(error: unknown): void {
    if (error !== undefined || this.probe === undefined) return // it ends, or has ended
    this.probe = undefined
    this.roundTrip = Duration.millis(this.wheel.preciseNow() - this.probedAt)
    for (const watcher of this.watchers ?? []) watcher(this.roundTrip)
  }

  private fail(missed: HeartbeatError["missed"], after: number): void {
    this.driver.fail(silence(missed, Duration.millis(after)))
  }

  private wait(now: number): void {
    const { idleTimeout, timeout } = this.settings
    const idleAt = Math.min(this.dataAt + idleTimeout, now + idleTimeout / looks)
    const dueAt = Math.min(this.pingAt, this.askedAt + timeout, idleAt)
    if (dueAt !== Infinity) this.wheel.set(this, now, dueAt - now)
  }
}

/**
 * The heartbeat that a connection begins with.
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = (driver: Driver, options: true | HeartbeatOptions.Options, surroundings: Surroundings): void => {
  try {
    new Beat(driver, HeartbeatOptions.resolve(options), surroundings).start()
  } catch (defect) {
    giveUp(driver, defect, surroundings.context)
  }
}

/** The schedule died: that is the end of this connection, and of no other. */
const giveUp = (driver: Driver, defect: unknown, context: Context.Context<never>): void => {
  Effect.runForkWith(context)(Effect.logError("the schedule of a heartbeat died", Cause.die(defect)))
  const message = defect instanceof Error ? defect.message : String(defect)
  driver.failWith(fromUsage(`the schedule of the heartbeat died: ${message}`), { code: 1011, reason: "" })
}

/** Two letters and a number: of another length than those of `Connection.ping`. */
const payloadOf = (count: number): Uint8Array => {
  const payload = new Uint8Array([104, 98, 0, 0, 0, 0])
  new DataView(payload.buffer).setUint32(2, count)
  return payload
}

/** 1011 if the peer seems to be gone, 1001 if it only has nothing to say (RFC 6455 §7.4.1). */
const silence = (missed: HeartbeatError["missed"], after: Duration.Duration): HeartbeatError => {
  const time = Duration.format(after)
  return missed === "pong"
    ? new HeartbeatError({ missed, after, closeCode: 1011, message: `no sign of life within ${time} of a ping` })
    : new HeartbeatError({ missed, after, closeCode: 1001, message: `no data for ${time}` })
}

type Step = (now: number, roundTrip: Duration.Duration | undefined) => number

/** How long a schedule says to wait; for ever at its end. It has to say so at once, and what is wrong with it is thrown. */
const stepOf = (schedule: Exclude<HeartbeatOptions.Resolved["interval"], number>): Step => {
  const step = Effect.runSync(Schedule.toStep(schedule))
  return (now, roundTrip) => {
    const delay = Effect.map(step(now, roundTrip), ([, delay]) => Duration.toMillis(delay))
    return Effect.runSync(Pull.catchDone(delay, () => Effect.succeed(Infinity)))
  }
}
