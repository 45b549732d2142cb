import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber } from "effect"
import * as Connection from "effect-ws/Connection"
import { HttpUpgrades } from "../../src/server/HttpUpgrades.ts"

describe("a connection that is made while the server stops", () => {
  it.live("is interrupted, as those before it", () =>
    Effect.gen(function*() {
      const upgrades = new HttpUpgrades()
      yield* upgrades.goodbye(Duration.minutes(1))
      const [, server] = yield* Connection.pair()
      const serving = Effect.withFiber((fiber) =>
        Effect.andThen(upgrades.keep(Effect.succeed(server), fiber), Effect.yieldNow)
      )
      const fiber = yield* Effect.forkChild(Effect.scoped(serving))
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }))
})
