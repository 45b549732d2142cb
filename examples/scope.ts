/** Whatever a connection starts ends with it: fibers are interrupted, resources released, however it came to its end. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schedule, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const session = Effect.acquireRelease(Console.log("session opened"), () => Console.log("session released"))

const Feed = WebSocketServer.handle(
  "/feed",
  Effect.fnUntraced(function*({ messages, ping, send }) {
    yield* session
    const feed = Effect.repeat(send("news"), Schedule.spaced("20 millis")).pipe(
      Effect.onInterrupt(() => Console.log("feed interrupted"))
    )
    const heartbeat = Effect.repeat(ping({ timeout: "5 seconds" }), Schedule.spaced("10 seconds"))
    const silence = Stream.runDrain(messages)
    // The first that is done, or fails, takes the others with it
    yield* Effect.raceAllFirst([feed, heartbeat, silence])
  })
)

const visit = Effect.gen(function*() {
  const server = yield* WebSocketServer.WebSocketServer
  const { messages } = yield* WebSocketClient.connect(`${yield* server.url}/feed`)
  yield* Stream.runForEach(Stream.take(messages, 3), Console.log)
}).pipe(Effect.scoped)

visit.pipe(
  Effect.provide(Layer.provideMerge(Feed, NodeWebSocketServer.layer({ port: 0 }))),
  NodeRuntime.runMain
)
