/** What the metrics say has changed: the tallies are those of the whole process. */
import { Effect, Metric } from "effect"
import * as Observability from "../../src/Observability.ts"

type Role = "client" | "server"

export type Figures = ReadonlyMap<string, number>

/** The figures of a metric by role, direction and key, such as `server messages_total in`. */
const figuresOf = (metric: Metric.Metric.Snapshot): ReadonlyArray<readonly [string, number]> => {
  const { direction, role } = metric.attributes ?? {}
  const name = [role, metric.id.replace("effect_ws_", ""), direction].filter((part) => part !== undefined).join(" ")
  switch (metric.type) {
    case "Counter":
    case "Histogram":
      return [[name, Number(metric.state.count)]]
    case "Gauge":
      return [[name, Number(metric.state.value)]]
    case "Frequency":
      return [...metric.state.occurrences].map(([key, count]) => [`${name} ${key}`, count])
    case "Summary":
      return []
  }
}

export const read: Effect.Effect<Figures> = Metric.snapshot.pipe(
  Effect.map((metrics) => new Map(metrics.flatMap(figuresOf))),
  Effect.provide(Observability.layerMetrics),
  Effect.provideService(Metric.MetricRegistry, new Map())
)

/** What has changed since then, for one role: only what is not 0, and without what depends on the machine. */
export const since = (before: Figures, role: Role): Effect.Effect<Readonly<Record<string, number>>> =>
  Effect.map(read, (now) =>
    Object.fromEntries(
      [...now]
        .filter(([name]) => name.startsWith(role) && !name.includes("bytes") && !name.includes("backpressure"))
        .map(([name, value]) => [name.slice(role.length + 1), value - (before.get(name) ?? 0)] as const)
        .filter(([, change]) => change !== 0)
    ))

/** How much one figure has grown. */
export const growth = (before: Figures, name: string): Effect.Effect<number> =>
  Effect.map(read, (now) => (now.get(name) ?? 0) - (before.get(name) ?? 0))

/** Waits until one figure has grown by so much. */
export const reaches = (before: Figures, name: string, value: number): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.flatMap(
      growth(before, name),
      (now) => now === value ? Effect.void : Effect.andThen(Effect.sleep(5), reaches(before, name, value))
    )
  )
