import { NodeHttpServer, NodeWS } from "@effect/platform-node"
import { Effect, Layer, Schema, Stream } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
import { Socket } from "effect/socket"
import { createServer } from "node:http"

class Api extends RpcGroup.make(
  Rpc.make("Greet", { success: Schema.String, payload: { name: Schema.String } }),
  Rpc.make("Count", { success: Schema.Number, payload: { to: Schema.Number }, stream: true })
) {}

const Handlers = Api.toLayer({
  Greet: ({ name }) => Effect.succeed(`Hello, ${name}`),
  Count: ({ to }) => Stream.range(1, to)
})

/** Effect's own upgrade, by ws. */
const Served = RpcServer.layerHttp({ group: Api, path: "/rpc" }).pipe(
  Layer.provide(Handlers),
  HttpRouter.serve,
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
  Layer.provide(RpcSerialization.layerJson)
)

const program = Effect.gen(function*() {
  const { address } = yield* HttpServer.HttpServer
  const url = `ws://127.0.0.1:${"port" in address ? address.port : 0}/rpc`
  const Connected = RpcClient.layerProtocolSocket().pipe(
    Layer.provide(Layer.effect(Socket.Socket)(Socket.makeWebSocket(url))),
    Layer.provide(NodeWS.layerWebSocketConstructor),
    Layer.provide(RpcSerialization.layerJson)
  )
  return yield* Effect.gen(function*() {
    const client = yield* RpcClient.make(Api)
    return [yield* client.Greet({ name: "Ada" }), yield* Stream.runCollect(client.Count({ to: 5 }))]
  }).pipe(Effect.scoped, Effect.provide(Connected))
})

export const run = () => Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(Served)))

export const expected = ["Hello, Ada", [1, 2, 3, 4, 5]]
export const users = ["@effect/platform-node-shared"]
