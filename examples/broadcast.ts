/** The time, for everybody: made once a second, framed once, and sent to however many there are. */
import { NodeRuntime } from "@effect/platform-node"
import { DateTime, Effect, Layer, Schedule, Stream } from "effect"
import * as Hub from "effect-ws/Hub"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Tick = Layer.effectDiscard(Effect.gen(function*() {
  const hub = yield* Hub.Hub
  const tick = Effect.flatMap(DateTime.now, (now) => hub.publish("time", DateTime.formatIso(now)))
  yield* Effect.forkScoped(Effect.repeat(tick, Schedule.fixed("1 second")))
}))

const Clock = WebSocketServer.handle(
  "/clock",
  Effect.fnUntraced(function*(connection) {
    const hub = yield* Hub.Hub
    yield* hub.join("time", connection, { strategy: "sliding" }) // who reads too slowly misses a tick
    yield* Stream.runDrain(connection.messages)
  })
)

Layer.mergeAll(Tick, Clock).pipe(
  Layer.provide(Hub.layer()),
  Layer.provide(NodeWebSocketServer.layer({ port: Number(process.env["PORT"] ?? 8080) })),
  Layer.launch,
  NodeRuntime.runMain
)
