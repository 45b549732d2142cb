/**
 * An HTTP server that listens to nothing, and is handed its connections.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Server } from "node:http"
import type { Duplex } from "node:stream"
import { upgradeRequired } from "../server/NodePlainRequest.ts"
import { http } from "../transport/NodeModules.ts"

/**
 * The server, and how to hand it a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemoryServer {
  readonly server: Server
  readonly connect: (socket: Duplex) => void
}

/**
 * Makes a server. What is left of its connections when the scope ends is dropped.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<MemoryServer, never, Scope.Scope> = Effect.gen(function*() {
  const server = http.createServer(upgradeRequired)
  const sockets = new Set<Duplex>()
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const socket of sockets) socket.destroy()
    })
  )
  const connect = (socket: Duplex): void => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    server.emit("connection", socket)
  }
  return { server, connect }
})
