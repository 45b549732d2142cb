import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Chat } from "./Chat.ts"
import { Room } from "./Room.ts"
import * as Site from "./Site.ts"

const listen = (site: Server, port: number) =>
  Effect.callback<number, Error>((resume) => {
    site.once("error", (error) => resume(Effect.fail(error)))
    site.listen(port, () => resume(Effect.succeed((site.address() as AddressInfo).port)))
  })

const close = (site: Server) =>
  Effect.callback<void>((resume) => {
    site.close(() => resume(Effect.void))
    site.closeAllConnections()
  })

const greet = (port: number) =>
  Console.log(
    [
      "",
      `  A chat is on  http://localhost:${port}`,
      "",
      "  Open it in two windows, and write. From a terminal:",
      `    npm run client -- "ws://localhost:${port}/chat?name=Ada"`,
      "  Stop it with Ctrl-C: every page hears goodbye (1001), and comes back when you start it again.",
      ""
    ].join("\n")
  )

/** The port of the environment, or 8080, or one that is free. */
const program = Effect.gen(function*() {
  const site = yield* Effect.acquireRelease(Effect.sync(Site.make), close)
  const wanted = Number(process.env["PORT"] ?? 8080)
  const port = yield* Effect.catch(listen(site, wanted), () => listen(site, 0))
  yield* greet(port)
  return yield* Layer.launch(Chat.pipe(Layer.provide([Room.layer, NodeWebSocketServer.layerFrom(site)])))
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
