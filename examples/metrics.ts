/** Sends back what comes, and tells Prometheus at `/metrics` what went on. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as Observability from "effect-ws/Observability"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { PrometheusMetrics } from "effect/observability"
import { createServer, type RequestListener } from "node:http"

const site = createServer()

const Site = Layer.effectDiscard(Effect.gen(function*() {
  const run = Effect.runPromiseWith(yield* Effect.context())
  const answer: RequestListener = async ({ url }, response) => {
    if (url !== "/metrics") return response.writeHead(404).end()
    response.setHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
    response.end(await run(PrometheusMetrics.format()))
  }
  site.on("request", answer).listen(Number(process.env["PORT"] ?? 8080))
  yield* Effect.addFinalizer(() => Effect.sync(() => site.close()))
}))

const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink)).pipe(
  Layer.provide(NodeWebSocketServer.layerFrom(site))
)

Layer.merge(Site, Echo).pipe(
  Layer.provide(Observability.layerMetrics),
  Layer.launch,
  NodeRuntime.runMain
)
