/**
 * Many timers that may be a little late, on one of the platform's.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type { StartTimer } from "./Deadline.ts"
import { timersOf } from "./Timers.ts"

/**
 * What is due together.
 *
 * @category models
 * @since 0.1.0
 */
export interface Slot {
  readonly dueAt: number
  readonly items: Set<Timed>
}

/**
 * What can be timed. It holds its slot, for the wheel.
 *
 * @category models
 * @since 0.1.0
 */
export interface Timed {
  slot: Slot | undefined
  /** It is due, or was to wait longer than the wheel can, and has to set itself again. */
  onDue(now: number): void
}

/**
 * How exactly a wheel goes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Manner {
  readonly startTimer: StartTimer
  /** The milliseconds, of which a time is a multiple that is due after a delay. */
  readonly grainOf: (delay: number) => number
  /** How many items are called in one go. */
  readonly most: number
}

/** Milliseconds: as long as nothing waits, and below what the platform's timers can take. */
const longest = 2 ** 30

/** A delay is lengthened by less than this part of it, so that few moments are left for many timers. */
const parts = 16

/**
 * Times many things with one timer, or none if there is nothing to be timed.
 *
 * @category models
 * @since 0.1.0
 */
export class TimerWheel {
  /** Milliseconds with fractions that only ever grow. */
  readonly preciseNow: () => number
  private readonly manner: Manner
  private readonly slots = new Map<number, Slot>()
  private wakesAt = Infinity
  private cancel: (() => void) | undefined = undefined

  constructor(clock: Clock.Clock, manner: Manner) {
    this.preciseNow = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    this.manner = manner
  }

  /** Whole milliseconds. */
  now(): number {
    return Math.floor(this.preciseNow())
  }

  /** Times what is not timed yet: it is due a delay in milliseconds after `now`. */
  set(item: Timed, now: number, delay: number): void {
    const whole = Math.min(Math.max(1, Math.ceil(delay)), longest)
    const grain = this.manner.grainOf(whole)
    const dueAt = Math.ceil((now + whole) / grain) * grain
    const slot = this.slots.get(dueAt) ?? { dueAt, items: new Set() }
    this.slots.set(dueAt, slot)
    slot.items.add(item)
    item.slot = slot
    if (dueAt < this.wakesAt) this.arm()
  }

  /** Calls off what was set. */
  clear(item: Timed): void {
    const { slot } = item
    item.slot = undefined
    slot?.items.delete(item)
    if (slot?.items.size === 0) this.slots.delete(slot.dueAt)
    if (this.slots.size === 0 && this.wakesAt !== -Infinity) this.arm()
  }

  private arm(): void {
    const earliest = Math.min(...this.slots.keys())
    if (earliest === this.wakesAt) return
    this.cancel?.()
    this.wakesAt = earliest
    this.cancel = earliest === Infinity ? undefined : this.wakeIn(earliest - this.now())
  }

  private wakeIn(millis: number): () => void {
    return this.manner.startTimer(Math.max(1, millis), () => {
      this.cancel = undefined
      this.wakesAt = -Infinity // whatever is set now waits for the end of the turn
      try {
        this.turn(this.now())
      } finally {
        this.wakesAt = Infinity
        this.arm() // also for the rest, if they were too many or one of them threw
      }
    })
  }

  private turn(now: number): void {
    let left = this.manner.most
    for (const slot of this.slots.values()) {
      if (slot.dueAt > now) continue
      for (const item of slot.items) {
        if (left-- === 0) return
        slot.items.delete(item)
        item.slot = undefined
        item.onDue(now)
      }
      this.slots.delete(slot.dueAt)
    }
  }
}

/**
 * After a wait, what came meanwhile is read before anybody is judged by it. Does not keep the process running.
 */
const afterReading: StartTimer = (milliseconds, callback) => {
  let reading: NodeJS.Immediate | undefined = undefined
  const timer = setTimeout(() => reading = setImmediate(callback), milliseconds).unref()
  return () => {
    clearTimeout(timer)
    clearImmediate(reading)
  }
}

const platformClock = Context.get(Context.empty(), Clock.Clock)

/** A power of two, which makes slots of different delays meet. */
const coarse = (delay: number): number => delay < parts ? 1 : 2 ** (31 - Math.clz32(delay / parts))

/** Some milliseconds' worth of pings, so that connections which began together do not hold up everything. */
const most = 128

const exact = (): number => 1

/** The platform's clock has one for the whole process. A test's clock has one of its own, which is never late. */
const wheels = new WeakMap<Clock.Clock, TimerWheel>([
  [platformClock, new TimerWheel(platformClock, { startTimer: afterReading, grainOf: coarse, most })]
])

/**
 * The wheel that goes by the clock of a context.
 *
 * @category constructors
 * @since 0.1.0
 */
export const wheelOf = (context: Context.Context<never>): TimerWheel => {
  const clock = Context.get(context, Clock.Clock)
  const known = wheels.get(clock)
  if (known !== undefined) return known
  const startTimer = timersOf(Context.make(Clock.Clock, clock))
  const wheel = new TimerWheel(clock, { startTimer, grainOf: exact, most: Infinity })
  wheels.set(clock, wheel)
  return wheel
}
