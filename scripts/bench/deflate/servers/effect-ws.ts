import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { report } from "../../report.ts"
import { pushed } from "../cases.ts"
import { messages as messagesOf } from "../messages.ts"

const options = { compression: { threshold: 0 } }

const Echo = WebSocketServer.handle("/echo", options, ({ messages, sink }) => Stream.run(messages, sink))

/** Sends as many messages as it is asked for. */
const feed = messagesOf(pushed)

const Push = WebSocketServer.handle("/push", options, ({ messages, sendAll }) => {
  let next = 0
  const take = (length: number) => Array.from({ length }, () => feed[next++ % feed.length])
  return Stream.runForEach(messages, (message) => sendAll(take(Number(message))))
})

const Report = Layer.effectDiscard(Effect.gen(function*() {
  const { address } = yield* WebSocketServer.WebSocketServer
  const bound = yield* address
  if (bound._tag !== "UnixPathAddress") report(bound.port)
}))

Layer.mergeAll(Echo, Push, Report).pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })),
  Layer.launch,
  NodeRuntime.runMain
)
