/**
 * The fibers that serve connections.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { type Member, place, Roster } from "../transport/Roster.ts"

interface Serving extends Member {
  readonly fiber: Fiber.Fiber<unknown, unknown>
}

/**
 * Fibers from their start to their end.
 *
 * @category models
 * @since 0.1.0
 */
export class Fibers {
  private readonly servings = new Roster<Serving>()

  get size(): number {
    return this.servings.size
  }

  /** Makes the fiber that serves one of them, from its very start: what it does first may end them all already. */
  with<A, E, R>(serving: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.withFiber((fiber) => {
      this.keep(fiber)
      return serving
    })
  }

  /** A method of its own, so that the observer does not hold on to what is served. */
  private keep(fiber: Fiber.Fiber<unknown, unknown>): void {
    const serving: Serving = { fiber, [place]: 0 }
    this.servings.add(serving)
    fiber.addObserver(() => this.servings.delete(serving))
  }

  /** Interrupts all of them, and waits for their end. */
  readonly interrupt: Effect.Effect<void> = Effect.suspend(() =>
    Fiber.interruptAll(Array.from(this.servings, ({ fiber }) => fiber))
  )
}
