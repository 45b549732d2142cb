/** Promises instead of effects, on both ends: loops over messages, a signal that ends them, and nothing left behind. */
import { Effect, Layer } from "effect"
import * as AsyncConnection from "effect-ws/AsyncConnection"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const Shouter = WebSocketServer.handle(
  "/shout",
  AsyncConnection.handler(async (connection) => {
    for await (const message of connection) await connection.send(`${message}!`)
  })
)

const shout = async (url: string) => {
  await using connection = await AsyncConnection.connect(url)
  await connection.send("hello")
  for await (const message of connection) {
    console.log(message)
    if (message.length > 7) break
    await connection.send(message)
  }
}

const giveUp = async (url: string) => {
  try {
    const connection = await AsyncConnection.connect(url, { signal: AbortSignal.timeout(50) })
    for await (const message of connection) console.log(message)
  } catch (error) {
    console.log(String(error))
  }
}

const program = Effect.gen(function*() {
  const server = yield* WebSocketServer.WebSocketServer
  const url = `${yield* server.url}/shout`
  yield* Effect.promise(() => shout(url))
  yield* Effect.promise(() => giveUp(url))
})

const Server = Layer.provideMerge(Shouter, NodeWebSocketServer.layer({ port: 0 }))
await Effect.runPromise(Effect.provide(program, Server))
