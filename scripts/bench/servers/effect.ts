/** A server of the Effect face, for handlers in the one or the other style. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import type { WebSocketError } from "effect-ws/WebSocketError"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { identity } from "../../../test/server/Certificate.ts"
import { type Job, job, maxMessageSize } from "../job.ts"
import { report } from "../report.ts"

export type Handlers = Readonly<Record<Job["work"], WebSocketServer.Handler<void, WebSocketError, Scope.Scope>>>

const Report = Layer.effectDiscard(Effect.gen(function*() {
  const { address } = yield* WebSocketServer.WebSocketServer
  const bound = yield* address
  if (bound._tag !== "UnixPathAddress") report(bound.port)
}))

export const serve = (handlers: Handlers): void => {
  const { compression, tls, work } = job()
  const options = { compression: compression && { threshold: 0 }, maxMessageSize }
  Layer.mergeAll(WebSocketServer.handle("/", options, handlers[work]), Report).pipe(
    Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1", tls: tls ? identity : undefined })),
    Layer.launch,
    NodeRuntime.runMain
  )
}
