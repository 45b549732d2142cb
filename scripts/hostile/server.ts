/** An echo with what a public server should say, which tells its parent what it holds and what it has seen. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Metric, Schedule, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as Observability from "effect-ws/Observability"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Echo = WebSocketServer.handle(
  "/",
  { maxMessageSize: 1 << 20, compression: { maxRatio: 100 } },
  ({ messages, sink }) => Stream.run(messages, sink)
)

/** Metrics of the server that count by key, and those that are one number. */
const figures = Effect.map(
  Metric.snapshot,
  (metrics) =>
    metrics.filter(({ attributes }) => attributes?.["role"] === "server").flatMap(({ id, state, type }) => {
      if (type !== "Frequency") return []
      return [...(state as Metric.FrequencyState).occurrences].map(([key, count]) => [`${id} ${key}`, count] as const)
    })
)

const report = Effect.gen(function*() {
  globalThis.gc?.()
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  process.send?.({ rss, used: heapUsed + arrayBuffers, figures: yield* figures })
})

const Reports = Layer.effectDiscard(Effect.gen(function*() {
  const { url } = yield* WebSocketServer.WebSocketServer
  process.send?.({ url: yield* url })
  yield* Effect.forkScoped(Effect.repeat(report, Schedule.spaced("2 seconds")))
}))

Layer.merge(Echo, Reports).pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1", handshakeTimeout: "2 seconds" })),
  Layer.provide(Observability.layerMetrics),
  Layer.launch,
  NodeRuntime.runMain
)
