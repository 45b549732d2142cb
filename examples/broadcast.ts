/** The time, for everybody: made once a second, framed once, and sent to however many there are. */
import { NodeRuntime } from "@effect/platform-node"
import { Context, DateTime, Effect, Layer, PubSub, Schedule, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import type { Message } from "effect-ws/protocol"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const tick = (ticks: PubSub.PubSub<Message.Prepared>) =>
  DateTime.now.pipe(
    Effect.flatMap((now) => PubSub.publish(ticks, Connection.prepare(DateTime.formatIso(now)))),
    Effect.repeat(Schedule.fixed("1 second")),
    Effect.forkScoped
  )

class Ticks extends Context.Service<Ticks, PubSub.PubSub<Message.Prepared>>()("Ticks") {
  // Sliding: who reads too slowly misses a tick, and holds up nobody
  static readonly layer = Layer.effect(Ticks, Effect.tap(PubSub.sliding<Message.Prepared>(16), tick))
}

const Clock = WebSocketServer.handle(
  "/clock",
  Effect.fnUntraced(function*({ messages, sendAll }) {
    const ticks = Stream.fromPubSub(yield* Ticks)
    yield* Effect.raceFirst(Stream.runForEachArray(ticks, sendAll), Stream.runDrain(messages))
  })
)

Clock.pipe(
  Layer.provide(Ticks.layer),
  Layer.provide(NodeWebSocketServer.layer({ port: Number(process.env["PORT"] ?? 8080) })),
  Layer.launch,
  NodeRuntime.runMain
)
