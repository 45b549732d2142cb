/**
 * What goes on in the WebSockets of a process: metrics, spans, and logs.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Compression from "./Compression.ts"
import * as ConnectionLogs from "./connection/ConnectionLogs.ts"
import type { Distribution } from "./connection/Distribution.ts"
import * as LiveMetric from "./connection/LiveMetric.ts"
import { tallies, type Tally } from "./connection/Tally.ts"
import * as Tracing from "./connection/Tracing.ts"

/** One metric, and how it is read off the tally of a role. */
interface Fact {
  readonly metric: Metric.Metric<never, unknown>
  readonly read: (tally: Tally) => unknown
}

type Read<A> = (tally: Tally) => A

const counter = (
  name: string,
  description: string,
  attributes: Metric.Metric.AttributeSet,
  read: Read<number>
): Fact => ({
  metric: Metric.counter(`effect_ws_${name}`, { description, attributes, incremental: true }),
  read: (tally) => ({ count: read(tally), incremental: true })
})

const gauge = (name: string, description: string, read: Read<number>): Fact => ({
  metric: Metric.gauge(`effect_ws_${name}`, { description }),
  read: (tally) => ({ value: read(tally) })
})

const frequency = (name: string, description: string, read: Read<ReadonlyMap<string, number>>): Fact => ({
  metric: Metric.frequency(`effect_ws_${name}`, { description }),
  read: (tally) => ({ occurrences: read(tally) })
})

const histogram = (name: string, description: string, read: Read<Distribution>): Fact => ({
  metric: Metric.withAttributes(
    Metric.histogram(`effect_ws_${name}`, { description, boundaries: [] }),
    { unit: "s" }
  ),
  read
})

const secondsSince = (start: number | undefined): number => start === undefined ? 0 : (performance.now() - start) / 1000

const incoming = { direction: "in" }
const outgoing = { direction: "out" }
const messages = "Whole messages, as they are delivered or framed"
const bytes = "Octets that were read and written, frame headers included"
const heldUp = "Time for which peers were not read, and senders waited for peers that do not read, over all connections"

/** All that is told. */
const facts: ReadonlyArray<Fact> = [
  gauge("connections", "Connections that are open, or closing", ({ open }) => open.size),
  counter("connections_total", "Connections that were opened", {}, ({ opened }) => opened),
  frequency("closes_total", "Ends of connections, by close code", ({ closes }) => closes),
  frequency("violations_total", "Connections that were failed, by the broken rule", ({ violations }) => violations),
  frequency("limits_total", "How often a limit did its work, by its option", ({ limits }) => limits),
  frequency("handshake_failures_total", "Handshakes that failed, by status or error", ({ failures }) => failures),
  histogram("handshake_seconds", "How long successful handshakes took", ({ handshakes }) => handshakes),
  histogram("ping_seconds", "How long pongs were awaited", ({ roundTrips }) => roundTrips),
  counter("messages_total", messages, incoming, ({ messagesIn }) => messagesIn),
  counter("messages_total", messages, outgoing, ({ messagesOut }) => messagesOut),
  counter("bytes_total", bytes, incoming, ({ octetsIn }) => octetsIn),
  counter("bytes_total", bytes, outgoing, ({ octetsOut }) => octetsOut),
  counter(
    "backpressure_seconds_total",
    heldUp,
    incoming,
    (tally) => tally.pausedTime / 1000 + tally.sum(({ pausedSince }) => secondsSince(pausedSince))
  ),
  counter(
    "backpressure_seconds_total",
    heldUp,
    outgoing,
    (tally) => tally.congestedTime / 1000 + tally.sum(({ congestedSince }) => secondsSince(congestedSince))
  ),
  gauge(
    "paused_connections",
    "Connections whose peer is not read for now",
    (tally) => tally.sum(({ pausedSince }) => pausedSince === undefined ? 0 : 1)
  ),
  gauge(
    "inbox_bytes",
    "Octets that were received, and that no reader has taken",
    (tally) => tally.sum(({ unread }) => unread)
  ),
  gauge(
    "outbox_bytes",
    "Octets that were sent, and that no operating system has taken",
    (tally) => tally.sum(({ unsent }) => unsent)
  )
]

/**
 * Reports what all connections of the process do, with the attribute `role`, `client` or `server`; those of
 * `effect-ws/compat` included. Also what `Compression.layerMetrics` reports.
 *
 * **Details**
 *
 * | metric                                 | type      | attributes                                             |
 * | -------------------------------------- | --------- | ------------------------------------------------------ |
 * | `effect_ws_connections`                | gauge     |                                                        |
 * | `effect_ws_connections_total`          | counter   |                                                        |
 * | `effect_ws_closes_total`               | frequency | by close code; those from 3000 on as `3xxx` and `4xxx` |
 * | `effect_ws_violations_total`           | frequency | by the rule that was broken, such as `TextNotUtf8`     |
 * | `effect_ws_limits_total`               | frequency | by option, such as `maxMessageSize`, `closeTimeout`    |
 * | `effect_ws_handshake_failures_total`   | frequency | by status, or on a client by the error's tag           |
 * | `effect_ws_handshake_seconds`          | histogram |                                                        |
 * | `effect_ws_ping_seconds`               | histogram |                                                        |
 * | `effect_ws_messages_total`             | counter   | `direction`: `in`, `out`                               |
 * | `effect_ws_bytes_total`                | counter   | `direction`: `in`, `out`                               |
 * | `effect_ws_backpressure_seconds_total` | counter   | `direction`: `in`, `out`                               |
 * | `effect_ws_paused_connections`         | gauge     |                                                        |
 * | `effect_ws_inbox_bytes`                | gauge     |                                                        |
 * | `effect_ws_outbox_bytes`               | gauge     |                                                        |
 *
 * Connections count in plain numbers, whether there is this layer or not. They are read when metrics are: that takes a
 * look at each open connection, and nothing on the way of a message.
 *
 * **Example** (Reading a metric)
 *
 * ```ts
 * import { Effect, Metric } from "effect"
 * import * as Connection from "effect-ws/Connection"
 * import * as Observability from "effect-ws/Observability"
 *
 * const program = Effect.gen(function*() {
 *   const [client] = yield* Connection.pair()
 *   yield* client.send("Hello")
 *   const metrics = yield* Metric.snapshot
 *   return metrics.filter(({ id }) => id === "effect_ws_connections").map(({ attributes, state }) => [attributes, state])
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(Observability.layerMetrics),
 *   Effect.provideService(Metric.MetricRegistry, new Map())
 * )
 *
 * await Effect.runPromise(program) // => [[{ role: "client" }, { value: 1 }], [{ role: "server" }, { value: 1 }]]
 * ```
 *
 * @category metrics
 * @since 0.1.0
 */
export const layerMetrics: Layer.Layer<never> = Layer.merge(
  Layer.effectDiscard(Effect.gen(function*() {
    for (const [role, tally] of Object.entries(tallies)) {
      for (const { metric, read } of facts) {
        yield* LiveMetric.register(Metric.withAttributes(metric, { role }), () => read(tally))
      }
    }
  })),
  Compression.layerMetrics()
)

/**
 * What gets a span, if there is a tracer: nothing, handshakes and connections, or also each message.
 *
 * **Details**
 *
 * - `websocket.handshake`, on both sides. A client tells the server of it with `traceparent` and `b3`; a server's is a
 *   child of what it was told. What `accept` does is below it.
 * - `websocket.connection`, a child of it, up to the end of the connection, with its close code. What a server's handler
 *   does is below it.
 * - `websocket.send` for each message until it is accepted, and `websocket.receive` from when it is handed over until the
 *   reader wants more: only with `Messages`.
 *
 * Where no tracer is set, nothing is made.
 *
 * @category tracing
 * @since 0.1.0
 */
export type SpanLevel = Tracing.Level

/**
 * Sets what gets a span, by default `Connections`. On a server it belongs where the server's layer is provided.
 *
 * **Example** (Seeing what a connection did)
 *
 * ```ts
 * import { Effect, Layer, Tracer } from "effect"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as Observability from "effect-ws/Observability"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const spans: Array<Tracer.Span> = []
 * const tracer = Tracer.make({
 *   span: (options) => {
 *     const span = new Tracer.NativeSpan(options)
 *     spans.push(span)
 *     return span
 *   }
 * })
 *
 * const Greet = WebSocketServer.handle("/", ({ send }) => send("Hello")).pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 })),
 *   Layer.provide([Observability.layerSpans("Messages"), Layer.succeed(Tracer.Tracer, tracer)])
 * )
 *
 * const program = Effect.flatMap(WebSocketClient.connect("ws://localhost:8080"), ({ closed }) => closed).pipe(
 *   Effect.scoped,
 *   Effect.provide(Greet)
 * )
 *
 * await Effect.runPromise(program)
 * spans.map(({ name }) => name) // => ["websocket.handshake", "websocket.connection", "websocket.send"]
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const layerSpans = (level: SpanLevel): Layer.Layer<never> => Layer.succeed(Tracing.Level, level)

/**
 * Annotates what a server's handlers log with `websocket.connection.id`, the connection's `id`. It belongs where the
 * server's layer is provided. What the server itself logs of a handler is always annotated.
 *
 * @category logging
 * @since 0.1.0
 */
export const layerLogs: Layer.Layer<never> = Layer.succeed(ConnectionLogs.Wanted, true)
