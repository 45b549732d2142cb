import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber } from "effect"
import * as Connection from "effect-ws/Connection"
import { HttpUpgrades } from "../../src/server/HttpUpgrades.ts"
import * as Garbage from "../protocol/Garbage.ts"

describe("a connection that is made while the server stops", () => {
  it.live("is interrupted, as those before it", () =>
    Effect.gen(function*() {
      const upgrades = new HttpUpgrades()
      yield* upgrades.goodbye(Duration.minutes(1))
      const [, server] = yield* Connection.pair()
      const serving = Effect.withFiber((fiber) => {
        upgrades.keep(server, fiber)
        return Effect.yieldNow
      })
      const fiber = yield* Effect.forkChild(serving)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }))
})

describe("a connection whose fiber has ended", () => {
  it.live("is forgotten", () =>
    Effect.gen(function*() {
      const upgrades = new HttpUpgrades()
      const serving = Effect.withFiber((fiber) => {
        const connection = {} as Connection.Connection
        upgrades.keep(connection, fiber)
        return Effect.succeed(new WeakRef(connection))
      })
      const reference = yield* Fiber.join(yield* Effect.forkChild(serving))
      assert.isTrue(yield* Effect.promise(() => Garbage.isGone(reference)))
      yield* upgrades.goodbye(Duration.minutes(1))
    }))
})
