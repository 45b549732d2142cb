/** Sends numbers to everybody, as fast as they are read, and at the end how many there were. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Numbers = WebSocketServer.handle("/", { compression: true, closeTimeout: "1 second" }, ({ send, sendAll }) => {
  let sent = 0
  const one = Effect.suspend(() => send(`${sent}`))
  const some = Effect.suspend(() => sendAll([`${sent}`, Buffer.from(`${sent + 1}`), `${sent + 2}`]))
  const count = (by: number) => Effect.sync(() => sent += by)
  const round = Effect.andThen(Effect.andThen(one, count(1)), Effect.andThen(Effect.uninterruptible(some), count(3)))
  return Effect.andThen(
    Effect.addFinalizer(() => Effect.ignore(send(`${sent} in all`))),
    Effect.forever(Effect.andThen(Effect.uninterruptible(round), Effect.yieldNow))
  )
})

const Url = Layer.effectDiscard(
  Effect.gen(function*() {
    const server = yield* WebSocketServer.WebSocketServer
    yield* Console.log(yield* server.url)
  })
)

Layer.merge(Numbers, Url).pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })),
  Layer.launch,
  NodeRuntime.runMain
)
