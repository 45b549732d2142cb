/** The procedures, and their handlers, which all servers share. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Schema, Stream } from "effect"
import { Rpc, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
import { report } from "../report.ts"

const Item = Schema.Struct({
  id: Schema.Number,
  name: Schema.String,
  price: Schema.Number,
  tags: Schema.Array(Schema.String)
})

class Shop extends RpcGroup.make(
  Rpc.make("Call", { payload: { id: Schema.Number }, success: Item }),
  Rpc.make("Stream", { payload: { count: Schema.Number, chunk: Schema.Number }, success: Item, stream: true })
) {}

const itemOf = (id: number) => ({ id, name: `item ${id}`, price: id * 1.5, tags: ["new", "in stock"] })

const Handlers = Shop.toLayer({
  Call: ({ id }) => Effect.succeed(itemOf(id)),
  Stream: ({ chunk, count }) => Stream.range(1, count).pipe(Stream.map(itemOf), Stream.rechunk(chunk))
})

/** What every server serves, by the protocol that it is provided with. */
export const procedures = Layer.provide(RpcServer.layer(Shop), Handlers)

/** Tells the runner where the server listens. */
export const tell = (address: object): void => {
  if ("port" in address) report(Number(address.port))
}

/** Compress messages of any size, or none. */
export const compression = process.argv[2] === "compression" && { threshold: 0 }

export const listening = { port: 0, host: "127.0.0.1" }

export const run = <E>(server: Layer.Layer<never, E, RpcSerialization.RpcSerialization>): void =>
  server.pipe(Layer.provide(RpcSerialization.layerNdjson), Layer.launch, NodeRuntime.runMain)
