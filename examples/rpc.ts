/** Remote procedure calls: one that is answered, one that fails, and a stream of which the client has enough. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import * as EffectRpc from "effect-ws/EffectRpc"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import { WebSocketServer } from "effect-ws/WebSocketServer"
import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"

class Numbers extends RpcGroup.make(
  Rpc.make("Root", { payload: { of: Schema.Number }, success: Schema.Number, error: Schema.String }),
  Rpc.make("Primes", { success: Schema.Number, stream: true })
) {}

const isPrime = (n: number): boolean => {
  for (let i = 2; i * i <= n; i++) if (n % i === 0) return false
  return true
}

const Handlers = Numbers.toLayer({
  Root: ({ of }) => of < 0 ? Effect.fail(`${of} has no root`) : Effect.succeed(Math.sqrt(of)),
  Primes: () =>
    Stream.iterate(2, (n) => n + 1).pipe(Stream.filter(isPrime), Stream.ensuring(Console.log("no more primes")))
})

const Server = RpcServer.layer(Numbers).pipe(
  Layer.provide(Handlers),
  Layer.provide(EffectRpc.layerServer("/rpc", { compression: true }))
)

const Client = Layer.unwrap(Effect.gen(function*() {
  const server = yield* WebSocketServer
  return EffectRpc.layerClient(Effect.map(server.url, (url) => `${url}/rpc`))
}))

const program = Effect.gen(function*() {
  const { Primes, Root } = yield* RpcClient.make(Numbers)
  yield* Console.log(yield* Root({ of: 1764 }))
  yield* Console.log(yield* Effect.flip(Root({ of: -1 })))
  yield* Console.log(yield* Stream.runCollect(Stream.take(Primes(), 10)))
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(Layer.merge(Client, Server)),
  Effect.provide(NodeWebSocketServer.layer({ port: 0 })),
  Effect.provide(RpcSerialization.layerNdjson),
  NodeRuntime.runMain
)
