/**
 * A hub's counts as metrics.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as LiveMetric from "../connection/LiveMetric.ts"

/**
 * What is told of a hub.
 *
 * @category models
 * @since 0.1.0
 */
export interface Figures {
  readonly topics: number
  readonly members: number
  readonly published: number
  readonly deliveries: number
  readonly dropped: number
}

/** One metric, and how it is read off the figures. */
interface Fact {
  readonly metric: Metric.Metric<never, unknown>
  readonly stateOf: (figures: Figures) => unknown
}

type Read = (figures: Figures) => number

const gauge = (name: string, description: string, read: Read): Fact => ({
  metric: Metric.gauge(`effect_ws_hub_${name}`, { description }),
  stateOf: (figures: Figures) => ({ value: read(figures) })
})

const counter = (name: string, description: string, read: Read): Fact => ({
  metric: Metric.counter(`effect_ws_hub_${name}`, { description, incremental: true }),
  stateOf: (figures: Figures) => ({ count: read(figures), incremental: true })
})

const facts: ReadonlyArray<Fact> = [
  gauge("topics", "Topics that have members", ({ topics }) => topics),
  gauge("members", "Connections that joined a topic", ({ members }) => members),
  counter("published_total", "Messages that were published while there were members", ({ published }) => published),
  counter("deliveries_total", "Messages times the members that they were for", ({ deliveries }) => deliveries),
  counter("dropped_total", "Deliveries that were dropped, since the member read too slowly", ({ dropped }) => dropped)
]

/**
 * Registers the metrics until the scope ends. They are read off the hub when metrics are.
 *
 * @category metrics
 * @since 0.1.0
 */
export const register = Effect.fnUntraced(
  function*(attributes: Metric.Metric.AttributeSet, read: () => Figures): Effect.fn.Return<void, never, Scope.Scope> {
    for (const { metric, stateOf } of facts) {
      yield* LiveMetric.register(Metric.withAttributes(metric, attributes), () => stateOf(read()))
    }
  }
)
