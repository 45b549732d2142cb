/** Sends back what comes, and tells Prometheus at `/metrics` what went on. */
import { NodeRuntime } from "@effect/platform-node"
import { Layer, Stream } from "effect"
import * as NodeHttpWebSocket from "effect-ws/NodeHttpWebSocket"
import * as Observability from "effect-ws/Observability"
import { HttpRouter } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { createServer } from "node:http"

const Echo = NodeHttpWebSocket.add("/echo", ({ messages, sink }) => Stream.run(messages, sink))

const Server = NodeHttpWebSocket.layer(createServer, { port: Number(process.env["PORT"] ?? 8080) })

HttpRouter.serve(Layer.merge(Echo, PrometheusMetrics.layerHttp())).pipe(
  Layer.provide([Observability.layerMetrics, Server]),
  Layer.launch,
  NodeRuntime.runMain
)
