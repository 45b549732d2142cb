import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scheduler, Stream } from "effect"
import * as Connection from "effect-ws/Connection"

/** Has a fiber wait for another turn before one of its steps. */
class HesitantAt extends Scheduler.MixedScheduler {
  private left: number

  constructor(step: number) {
    super()
    this.left = step
  }

  override shouldYield(): boolean {
    return this.left-- === 0
  }
}

describe("a reader", () => {
  it.live("misses nothing that comes between its look and its wait", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      for (let step = 0; step < 20; step++) {
        const pulling = Effect.provideService(server.pull, Scheduler.Scheduler, new HesitantAt(step))
        const reading = yield* Effect.forkChild(pulling, { startImmediately: true })
        yield* client.send(`at ${step}`)
        assert.deepStrictEqual(yield* Fiber.join(reading), [`at ${step}`])
      }
    }).pipe(Effect.scoped))

  it.live("that is interrupted leaves what comes to the next one", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      const reading = yield* Effect.forkChild(server.pull, { startImmediately: true })
      yield* Fiber.interrupt(reading)
      yield* client.send("for the next")
      assert.deepStrictEqual(yield* server.pull, ["for the next"])
    }).pipe(Effect.scoped))

  it.live("that comes second fails, and does not disturb the first", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      const first = yield* Effect.forkChild(Stream.runCollect(Stream.take(server.messages, 2)), {
        startImmediately: true
      })
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(server.messages))).reason._tag, "UsageError")
      assert.isTrue(Exit.isFailure(yield* Effect.exit(server.pull)))
      yield* client.sendAll(["a", "b"])
      assert.deepStrictEqual(yield* Fiber.join(first), ["a", "b"])
    }).pipe(Effect.scoped))
})
