/** Lets in who shows a token, and tells the handler who that is. Others get an HTTP answer, as a typed error. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import type { UpgradeRequest } from "effect-ws/UpgradeRequest"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"

const users = new Map([["Bearer s3cret", "Ada"]])

const authenticate = ({ headers }: UpgradeRequest) => {
  const user = users.get(headers["authorization"] ?? "")
  return user === undefined
    ? Effect.fail(new WebSocketServer.Refusal({ status: 401, body: "a token, please" }))
    : Effect.succeed(user)
}

const Private = WebSocketServer.handle(
  "/private",
  { accept: authenticate },
  (connection, user) => connection.send(`Welcome, ${user}`)
)

const knock = Effect.fn("knock")(
  function*(token: string) {
    const server = yield* WebSocketServer.WebSocketServer
    const url = `${yield* server.url}/private`
    const { messages } = yield* WebSocketClient.connect(url, { headers: { authorization: `Bearer ${token}` } })
    yield* Stream.runForEach(messages, Console.log)
  },
  Effect.catchReason("WebSocketError", "HandshakeError", ({ body, status }) => Console.log(`${status}: ${body}`)),
  Effect.scoped
)

Effect.andThen(knock("guess"), knock("s3cret")).pipe(
  Effect.provide(Layer.provideMerge(Private, NodeWebSocketServer.layer({ port: 0 }))),
  NodeRuntime.runMain
)
