/** A chat in the browser: `npm start`. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import { WebSocketServer } from "effect-ws/WebSocketServer"
import { Chat } from "./Chat.ts"
import { Room } from "./Room.ts"
import { Site } from "./Site.ts"

const invitation = (port: string) => `
  The chat is open:  http://localhost:${port}

  Open it in two windows, and talk to yourself. Or join from a terminal:

    npm run client -- ws://localhost:${port}/chat Ada

  Ctrl-C closes it: the pages say so, and are back when it is.
`

const Invitation = Layer.effectDiscard(Effect.gen(function*() {
  const server = yield* WebSocketServer
  const { port } = new URL(yield* server.url)
  yield* Console.log(invitation(port))
}))

const WebSockets = Layer.unwrap(Effect.map(Site, (server) => NodeWebSocketServer.layerFrom(server)))

Layer.mergeAll(Chat, Invitation).pipe(
  Layer.provide([Room.layer, WebSockets]),
  Layer.provide(Site.layer),
  Layer.launch,
  NodeRuntime.runMain
)
