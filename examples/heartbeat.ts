/** Finds out that a peer is gone although nobody says so: here, a client that stops to answer. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import * as Heartbeat from "effect-ws/Heartbeat"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Watch = WebSocketServer.handle(
  "/watch",
  (connection) =>
    Stream.runForEach(Heartbeat.roundTrips(connection), () => connection.send("I can see you")).pipe(
      Effect.andThen(Stream.runDrain(connection.messages)),
      Effect.catchReason("WebSocketError", "HeartbeatError", ({ missed }) => Console.log(`no ${missed}, so it is gone`))
    )
)

const Server = NodeWebSocketServer.layer({ port: 0 }).pipe(
  Layer.provide(Heartbeat.layer({ interval: "50 millis", timeout: "100 millis" }))
)

const program = Effect.gen(function*() {
  const { url } = yield* WebSocketServer.WebSocketServer
  // Does not look at the first message, and therefore not at the pings behind it
  yield* WebSocketClient.connect(`${yield* url}/watch`, { inboxSize: 0, heartbeat: false })
  yield* Effect.sleep("500 millis")
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(Layer.provideMerge(Watch, Server)),
  NodeRuntime.runMain
)
