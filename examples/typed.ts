/** Both ends share one protocol of schemas. What does not fit it does not compile, and what comes is checked. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schema, Stream } from "effect"
import * as Codec from "effect-ws/Codec"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Order = Schema.Struct({ drink: Schema.Literals(["tea", "coffee"]), cups: Schema.Int })
const Bill = Schema.Struct({ order: Order, cents: Schema.Int })

/** What the bar takes and sends; a guest's is `Codec.flip` of it. */
const barCodec = Codec.json(Order, Bill)

const prices = { tea: 250, coffee: 300 }

const Bar = WebSocketServer.handle("/bar", (connection) => {
  const { messages, sink } = Codec.typed(connection, barCodec)
  const bills = Stream.map(messages, (order) => ({ order, cents: order.cups * prices[order.drink] }))
  return Stream.run(bills, sink)
})

const visit = Effect.gen(function*() {
  const server = yield* WebSocketServer.WebSocketServer
  const connection = yield* WebSocketClient.connect(`${yield* server.url}/bar`)
  const { messages, sendAll } = Codec.typed(connection, Codec.flip(barCodec))
  yield* sendAll([{ drink: "tea", cups: 2 }, { drink: "coffee", cups: 1 }])
  yield* Stream.runForEach(
    Stream.take(messages, 2),
    ({ cents, order }) => Console.log(`${order.drink}: ${cents} cents`)
  )
  yield* connection.send(JSON.stringify({ drink: "beer", cups: 1 }))
  const { code, reason } = yield* connection.closed
  yield* Console.log(`${code}: ${reason}`)
}).pipe(Effect.scoped)

visit.pipe(
  Effect.provide(Layer.provideMerge(Bar, NodeWebSocketServer.layer({ port: 0 }))),
  NodeRuntime.runMain
)
