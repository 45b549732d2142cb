/**
 * Compressing messages: permessage-deflate (RFC 7692), small and fast enough to be left on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as LiveMetric from "./connection/LiveMetric.ts"
import { DeflatePool, nodeDeflatePool } from "./transport/DeflatePool.ts"

export {
  /**
   * @category guards
   * @since 0.1.0
   */
  misuse,
  /**
   * @category models
   * @since 0.1.0
   */
  type Options,
  /**
   * @category constructors
   * @since 0.1.0
   */
  resolve,
  /**
   * @category models
   * @since 0.1.0
   */
  type Resolved,
  /**
   * @category constants
   * @since 0.1.0
   */
  standard
} from "./connection/CompressionOptions.ts"

export {
  /**
   * @category models
   * @since 0.1.0
   */
  DeflatePool as Pool
}

const contexts = Metric.gauge("effect_ws_deflate_contexts", {
  description: "permessage-deflate's contexts: zlib contexts that are awake, connections' contexts that are asleep"
})

const bytes = Metric.gauge("effect_ws_deflate_bytes", {
  description: "Memory that permessage-deflate's contexts hold, in octets"
})

/**
 * Reports what a pool holds, by default the process's, as gauges: `effect_ws_deflate_contexts`, with the attribute
 * `state` being `awake` or `asleep`, and `effect_ws_deflate_bytes`. They are read from the pool when metrics are, and cost
 * nothing otherwise.
 *
 * **Example** (Reading the gauges)
 *
 * ```ts
 * import { Effect, Metric } from "effect"
 * import * as Compression from "effect-ws/Compression"
 *
 * const program = Effect.map(Metric.snapshot, (metrics) => metrics.map(({ id }) => id)).pipe(
 *   Effect.provide(Compression.layerMetrics()),
 *   Effect.provideService(Metric.MetricRegistry, new Map())
 * )
 *
 * new Set(await Effect.runPromise(program)) // => new Set(["effect_ws_deflate_contexts", "effect_ws_deflate_bytes"])
 * ```
 *
 * @category metrics
 * @since 0.1.0
 */
export const layerMetrics = (pool: DeflatePool = nodeDeflatePool): Layer.Layer<never> =>
  Layer.effectDiscard(Effect.gen(function*() {
    yield* report(Metric.withAttributes(contexts, { state: "awake" }), () => pool.usage.awake)
    yield* report(Metric.withAttributes(contexts, { state: "asleep" }), () => pool.usage.asleep)
    yield* report(bytes, () => pool.usage.bytesHeld)
  }))

const report = (gauge: Metric.Gauge<number>, read: () => number) =>
  LiveMetric.register(gauge, () => ({ value: read() }))
