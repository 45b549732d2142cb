/** Subscribes to news, and again on the next connection, when the server has restarted. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Duration, Effect, Layer, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as Reconnect from "effect-ws/Reconnect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const News = WebSocketServer.handle(
  "/news",
  ({ close, messages, send }) =>
    Stream.runForEach(messages, (topic) => Effect.andThen(send(`news about ${topic}`), close(1012, "restarting")))
)

const show = <E>(status: Reconnect.Status<E>) => {
  switch (status._tag) {
    case "Connecting":
      return Console.log("connecting")
    case "Open":
      return Console.log("connected")
    case "Waiting":
      return Console.log(`waiting for ${Duration.format(Duration.millis(Math.round(Duration.toMillis(status.delay))))}`)
    case "Closed":
      return Effect.void
  }
}

const program = Effect.gen(function*() {
  const { url } = yield* WebSocketServer.WebSocketServer
  const connect = WebSocketClient.connect(`${yield* url}/news`, { heartbeat: true })
  const { changes, messages } = yield* Reconnect.make(connect, {
    onConnect: ({ send }) => send("Effect"),
    schedule: Reconnect.schedule({ first: "100 millis" })
  })
  yield* Effect.forkScoped(Stream.runForEach(changes, show))
  yield* Stream.runForEach(Stream.take(messages, 2), Console.log)
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(Layer.provideMerge(News, NodeWebSocketServer.layer({ port: 0 }))),
  NodeRuntime.runMain
)
