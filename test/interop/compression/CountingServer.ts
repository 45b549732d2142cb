/** Our server on an HTTP server whose sockets are known, with the octets that they have carried. */
import { Effect } from "effect"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import * as NodeWebSocketServer from "../../../src/NodeWebSocketServer.ts"
import * as TestServer from "../../server/TestServer.ts"

type Routes = Parameters<typeof TestServer.startOn>[1]

/** Listens until the scope ends. */
export const start = Effect.fnUntraced(function*(routes: Routes) {
  const sockets: Array<Socket> = []
  const host = Http.createServer().on("connection", (socket: Socket) => sockets.push(socket))
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      host.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.callback<void>((resume) => {
        host.close(() => resume(Effect.void))
        host.closeAllConnections()
      })
  )
  yield* TestServer.startOn(NodeWebSocketServer.layerFrom(host), routes)
  return { url: `ws://127.0.0.1:${(host.address() as AddressInfo).port}`, sockets }
})
