import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect } from "effect"
import * as Connection from "effect-ws/Connection"
import { Beat } from "../../src/connection/Beat.ts"
import type { Driver } from "../../src/connection/Driver.ts"
import { type Slot, type Timed, TimerWheel } from "../../src/connection/TimerWheel.ts"

type Pair = readonly [client: Connection.Connection, server: Connection.Connection]

/** A clock that a test turns, and the timers that were started by it. */
class Time {
  now = 0
  started = 0
  readonly timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  readonly wheel: TimerWheel

  constructor(grainOf: (delay: number) => number = () => 1, most = Infinity) {
    const clock: Clock.Clock = {
      ...Context.get(Context.empty(), Clock.Clock),
      monotonicTimeNanosUnsafe: () => BigInt(Math.round(this.now * 1e6))
    }
    this.wheel = new TimerWheel(clock, {
      startTimer: (milliseconds, callback) => this.start(milliseconds, callback),
      grainOf,
      most
    })
  }

  private start(milliseconds: number, callback: () => void) {
    const timer = { at: this.now + milliseconds, callback }
    this.started++
    this.timers.add(timer)
    return () => void this.timers.delete(timer)
  }

  turnTo(millis: number): void {
    for (;;) {
      const next = [...this.timers].toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > millis) break
      this.now = Math.max(this.now, next.at)
      this.timers.delete(next)
      next.callback()
    }
    this.now = millis
  }
}

class Item implements Timed {
  slot: Slot | undefined = undefined
  readonly due: Array<number> = []
  readonly onDue: (now: number) => void

  constructor(onDue: (now: number) => void = () => {}) {
    this.onDue = (now) => {
      this.due.push(now)
      onDue(now)
    }
  }
}

describe("a timer wheel", () => {
  it("calls back each item once, when its delay is over", () => {
    const time = new Time()
    const items = [30, 10, 20, 10].map((delay) => {
      const item = new Item()
      time.wheel.set(item, 0, delay)
      return item
    })
    time.turnTo(9.9)
    assert.deepStrictEqual(items.map(({ due }) => due), [[], [], [], []])
    time.turnTo(100)
    assert.deepStrictEqual(items.map(({ due }) => due), [[30], [10], [20], [10]])
    assert.strictEqual(time.timers.size, 0)
  })

  it("has one timer for many items, and none for nothing", () => {
    const time = new Time((delay) => delay / 10)
    const items = Array.from({ length: 1000 }, () => new Item())
    for (const [i, item] of items.entries()) {
      time.turnTo(i)
      time.wheel.set(item, i, 10_000)
      assert.strictEqual(time.timers.size, 1)
    }
    assert.strictEqual(time.started, 1)
    time.turnTo(10_500)
    assert.strictEqual(items.filter(({ due }) => due.length > 0).length, 1)
    time.turnTo(12_000)
    for (const [i, { due }] of items.entries()) assert.isTrue(due[0] >= i + 10_000 && due[0] <= i + 11_000)
    assert.deepStrictEqual([time.started, time.timers.size], [2, 0])
  })

  it("has no timer left when all items are cleared, and calls none of them", () => {
    const time = new Time()
    const items = [10, 20, 20].map((delay) => {
      const item = new Item()
      time.wheel.set(item, 0, delay)
      return item
    })
    for (const item of items) time.wheel.clear(item)
    for (const item of items) time.wheel.clear(item)
    assert.strictEqual(time.timers.size, 0)
    time.turnTo(1000)
    assert.deepStrictEqual(items.flatMap(({ due }) => due), [])
  })

  it("lets items be set and cleared by one that is due", () => {
    const time = new Time()
    const again: Item = new Item((now) => time.wheel.set(again, now, 10))
    const cleared = new Item()
    const clearing = new Item(() => time.wheel.clear(cleared))
    time.wheel.set(again, 0, 10)
    time.wheel.set(clearing, 0, 20)
    time.wheel.set(cleared, 0, 20)
    time.turnTo(35)
    assert.deepStrictEqual([again.due, clearing.due, cleared.due], [[10, 20, 30], [20], []])
    time.wheel.clear(again)
    assert.strictEqual(time.timers.size, 0)
  })

  it("wakes earlier for what is due earlier", () => {
    const time = new Time()
    const [late, early] = [new Item(), new Item()]
    time.wheel.set(late, 0, 100)
    time.wheel.set(early, 0, 5)
    assert.strictEqual(time.timers.size, 1)
    time.turnTo(5)
    assert.deepStrictEqual([early.due, late.due], [[5], []])
    time.turnTo(100)
    assert.deepStrictEqual(late.due, [100])
  })

  it("leaves those that are too many for one go to the next", () => {
    const time = new Time(() => 1, 10)
    const items = Array.from({ length: 25 }, () => new Item())
    for (const item of items) time.wheel.set(item, 0, 5)
    const called = () => items.filter(({ due }) => due.length === 1).length
    const counts = [5, 6, 7, 100].map((millis) => {
      time.turnTo(millis)
      return called()
    })
    assert.deepStrictEqual(counts, [10, 20, 25, 25])
    assert.strictEqual(time.timers.size, 0)
  })

  it("serves the others although one of them throws", () => {
    const time = new Time()
    const items = [new Item(), new Item(() => assert.fail("oops")), new Item()]
    for (const item of items) time.wheel.set(item, 0, 10)
    assert.throws(() => time.turnTo(10), "oops")
    time.turnTo(20)
    assert.deepStrictEqual(items.map(({ due }) => due.length), [1, 1, 1])
    assert.strictEqual(time.timers.size, 0)
  })

  it("asks again where a delay is longer than timers can take", () => {
    const time = new Time()
    const item = new Item()
    time.wheel.set(item, 0, Infinity)
    assert.deepStrictEqual([...time.timers].map(({ at }) => at), [2 ** 30])
    time.turnTo(2 ** 30)
    assert.deepStrictEqual(item.due, [2 ** 30])
  })
})

describe("the heartbeats of many connections", () => {
  /** As much of a driver as a heartbeat looks at. */
  const silentDriver = () => {
    const driver = {
      failed: 0,
      pings: 0,
      signs: 0,
      receivedData: 0,
      isReading: true,
      state: "Open",
      protocol: { state: "Open" },
      transport: { queued: 0 },
      ping: () => driver.pings++,
      fail: () => {
        driver.failed = time.now
        driver.state = "Closed"
        beat.stop()
      }
    }
    const beat = new Beat(
      driver as unknown as Driver,
      { interval: 30_000, timeout: 20_000, idleTimeout: Infinity },
      { context: Context.empty(), wheel: time.wheel }
    )
    beat.start()
    return driver
  }
  const time = new Time((delay) => 2 ** Math.floor(Math.log2(delay / 16)))

  it("share one timer, which goes with the last of them", () => {
    const drivers = Array.from({ length: 1000 }, (_, i) => {
      time.turnTo(i * 10)
      return silentDriver()
    })
    assert.strictEqual(time.timers.size, 1)
    time.turnTo(120_000)
    for (const [i, { failed, pings }] of drivers.entries()) {
      assert.strictEqual(pings, 1)
      assert.isTrue(failed >= i * 10 + 50_000 && failed <= i * 10 + 50_000 * (1 + 1 / 16), `${i}: ${failed}`)
    }
    assert.strictEqual(time.timers.size, 0)
    assert.isBelow(time.started, 60)
  })

  it.live("leave no timer when their connections are closed, whichever way", () =>
    Effect.gen(function*() {
      const time = new Time()
      const ways = [
        ([client]: Pair) => client.close(),
        ([, server]: Pair) => server.close(),
        ([, server]: Pair) => server.terminate
      ]
      for (const way of ways) {
        const pair = yield* Connection.pair()
        const { driver } = Connection.toDriver(pair[0])!
        const settings = { interval: 30_000, timeout: 20_000, idleTimeout: 60_000 }
        new Beat(driver, settings, { context: Context.empty(), wheel: time.wheel }).start()
        assert.strictEqual(time.timers.size, 1)
        yield* way(pair)
        yield* pair[0].closed
        assert.strictEqual(time.timers.size, 0)
      }
    }).pipe(Effect.scoped))
})
