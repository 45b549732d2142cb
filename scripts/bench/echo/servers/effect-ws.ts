import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { report } from "../../report.ts"

/** Array by array; or, with the argument `each`, in the plain style of an effect for each message. */
const Echo = WebSocketServer.handle(
  "/",
  ({ messages, send, sink }) =>
    process.argv[2] === "each" ? Stream.runForEach(messages, send) : Stream.run(messages, sink)
)

const Report = Layer.effectDiscard(Effect.gen(function*() {
  const { address } = yield* WebSocketServer.WebSocketServer
  const bound = yield* address
  if (bound._tag !== "UnixPathAddress") report(bound.port)
}))

Layer.mergeAll(Echo, Report).pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })),
  Layer.launch,
  NodeRuntime.runMain
)
