/** Rooms by path: who connects to /rooms/tea hears what is said there, and how many are listening. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Stream } from "effect"
import * as Hub from "effect-ws/Hub"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Rooms = WebSocketServer.handle(
  "/rooms/*",
  Effect.fnUntraced(function*(connection) {
    const hub = yield* Hub.Hub
    const room = connection.request.path
    yield* hub.join(room, connection)

    const heard = Stream.runForEach(
      connection.messages,
      (text) => hub.publish(room, text, { except: connection })
    )
    // Counts are for this connection alone, and wait for it
    const counted = Stream.runForEach(hub.presence(room), (count) => connection.send(`${count} in here`))
    yield* Effect.raceFirst(heard, counted)
  })
)

Rooms.pipe(
  // Who reads too slowly misses something, and holds up nobody
  Layer.provide(Hub.layer({ strategy: "sliding", backlogMessages: 100 })),
  Layer.provide(NodeWebSocketServer.layer({ port: Number(process.env["PORT"] ?? 8080) })),
  Layer.launch,
  NodeRuntime.runMain
)
