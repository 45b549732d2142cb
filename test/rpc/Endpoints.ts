/** Servers and clients for the procedures: ours, and those that Effect has of its own. */
import { NodeHttpServer, NodeSocket, NodeSocketServer, NodeWS } from "@effect/platform-node"
import { Context, Effect, Layer, Queue } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { RpcClient, RpcServer } from "effect/rpc"
import type { RpcSerialization } from "effect/rpc/RpcSerialization"
import { Socket, SocketServer } from "effect/socket"
import { createServer } from "node:http"
import * as EffectRpc from "../../src/EffectRpc.ts"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import { WebSocketServer } from "../../src/WebSocketServer.ts"
import * as Procedures from "./Procedures.ts"

/** Where a server listens. */
class Url extends Context.Service<Url, string>()("Url") {}

const urlOf = (address: object): string => `ws://127.0.0.1:${"port" in address ? address.port : 0}/rpc`

const serving = RpcServer.layer(Procedures.Procedures, { disableTracing: true })

const listening = { port: 0, host: "127.0.0.1" }

/** Messages of any size are compressed, if the client offers it. */
const ours = (port: number) =>
  Layer.merge(serving, Layer.effect(Url, Effect.map(Effect.flatMap(WebSocketServer, ({ address }) => address), urlOf)))
    .pipe(
      Layer.provide(EffectRpc.layerServer("/rpc", { compression: { threshold: 0 } })),
      Layer.provide(NodeWebSocketServer.layer({ ...listening, port }))
    )

const router = HttpRouter.serve(Layer.provide(serving, RpcServer.layerProtocolWebsocket({ path: "/rpc" })), {
  disableListenLog: true,
  disableLogger: true
}).pipe(
  Layer.merge(Layer.effect(Url, Effect.map(HttpServer.HttpServer, ({ address }) => urlOf(address)))),
  Layer.provide(NodeHttpServer.layer(createServer, { ...listening, gracefulShutdownTimeout: 100 }))
)

const sockets = Layer.merge(
  Layer.provide(serving, RpcServer.layerProtocolSocketServer),
  Layer.effect(Url, Effect.map(SocketServer.SocketServer, ({ address }) => urlOf(address)))
).pipe(Layer.provide(NodeSocketServer.layerWebSocket({ ...listening, perMessageDeflate: { threshold: 0 } })))

type Server = Layer.Layer<
  Url,
  unknown,
  RpcSerialization | Exclude<Layer.Services<typeof serving>, RpcServer.Protocol>
>

export const servers = { "our server": ours(0), "Effect's router": router, "Effect's server of sockets": sockets }

export const clients = {
  "our client": (url: string) => EffectRpc.layerClient(url, { compression: { threshold: 0 } }),
  "our client without compression": (url: string) => EffectRpc.layerClient(url, { compression: false }),
  "Effect's client over ws": (url: string) =>
    RpcClient.layerProtocolSocket().pipe(
      Layer.provide(Socket.layerWebSocket(url)),
      Layer.provide(NodeWS.layerWebSocketConstructor)
    ),
  "Effect's client over Node's WebSocket": (url: string) =>
    Layer.provide(RpcClient.layerProtocolSocket(), NodeSocket.layerWebSocket(url))
}

/** Serves the procedures until the scope ends. */
export const serve = Effect.fnUntraced(function*(server: Server = ours(0)) {
  const seen: Procedures.Seen = { counted: 0, calls: yield* Queue.unbounded<string>() }
  const context = yield* Layer.build(Layer.provide(server, Procedures.handlers(seen)))
  return { url: Context.get(context, Url), seen }
})

/** Serves them on a port that a server had before. */
export const serveAgain = (url: string) => serve(ours(Number(new URL(url).port)))

/** Our client for the procedures. */
export const connect = Effect.fnUntraced(function*(url: string, options?: EffectRpc.ClientOptions) {
  const context = yield* Layer.build(EffectRpc.layerClient(url, options))
  return yield* Effect.provideContext(RpcClient.make(Procedures.Procedures), context)
})
