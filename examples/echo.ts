/** Sends back what comes: batches of messages in, batches out, and the peer's pace all the way. */
import { NodeRuntime } from "@effect/platform-node"
import { Layer, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))

Echo.pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: Number(process.env["PORT"] ?? 8080) })),
  Layer.launch,
  NodeRuntime.runMain
)
