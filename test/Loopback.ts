/** Two connections to each other over real TCP, or one that faces a bare socket. */
import { Effect, Scope } from "effect"
import * as Connection from "effect-ws/Connection"
import * as ConnectionOptions from "effect-ws/ConnectionOptions"
import * as NodeTransport from "../src/transport/NodeTransport.ts"
import * as TcpPair from "./TcpPair.ts"

const sockets = Effect.acquireRelease(
  Effect.promise(TcpPair.make),
  (pair) =>
    Effect.sync(() => {
      for (const socket of pair) socket.destroy()
    })
)

/** A client and a server; the client lives in a scope of its own, if one is given. */
export const pair = Effect.fnUntraced(
  function*(options?: ConnectionOptions.ConnectionOptions, clientScope?: Scope.Scope) {
    const resolved = ConnectionOptions.resolve(options)
    const [left, right] = yield* sockets
    const client = yield* Connection.make(NodeTransport.fromDuplex(left), { role: "client" }, resolved).pipe(
      Scope.provide(clientScope ?? (yield* Scope.Scope))
    )
    const server = yield* Connection.make(NodeTransport.fromDuplex(right), { role: "server" }, resolved)
    return { client, server, clientSocket: left, serverSocket: right }
  }
)

/** A client's connection, and the bare socket of a server that does what the test wants, and no more. */
export const facing = Effect.fnUntraced(function*(options?: ConnectionOptions.ConnectionOptions) {
  const [left, peer] = yield* sockets
  peer.on("error", () => {})
  const resolved = ConnectionOptions.resolve({ closeTimeout: 100, ...options })
  const connection = yield* Connection.make(NodeTransport.fromDuplex(left), { role: "client" }, resolved)
  return { connection, peer, socket: left }
})
