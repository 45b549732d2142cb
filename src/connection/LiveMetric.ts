/**
 * Metrics that are not updated: what they tell is read where it is counted, when metrics are read.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"

/**
 * Registers a metric until the scope ends.
 *
 * @category metrics
 * @since 0.1.0
 */
export const register = <State>(
  metric: Metric.Metric<never, State>,
  get: () => State
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.acquireRelease(
      Effect.sync(() => Metric.registerUnsafe(metric, context, { get, update: ignore, modify: ignore })),
      ({ remove }) => Effect.sync(remove)
    )
  )

const ignore = (): void => {}
