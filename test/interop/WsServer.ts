/**
 * A server of the `ws` package: as the other side of our client.
 */
import { Effect } from "effect"
import type { Scope } from "effect/Scope"
import type { IncomingMessage } from "node:http"
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo } from "node:net"
import { type ServerOptions, WebSocketServer } from "ws"
import * as Certificate from "../server/Certificate.ts"
import * as WsPeer from "./WsPeer.ts"

export interface WsServer {
  readonly port: number
  readonly url: string
  /** The requests for the connections, in order. */
  readonly requests: ReadonlyArray<IncomingMessage>
  /** The other ends of the connections, in order. */
  readonly peers: ReadonlyArray<WsPeer.WsPeer>
}

export interface Options extends ServerOptions {
  readonly secure?: boolean
  /** The path of a Unix socket. */
  readonly socketPath?: string
}

/** Listens until the scope ends. Every connection is shown to `onPeer` from its first moment on. */
export const start = (
  onPeer: (peer: WsPeer.WsPeer) => void = () => {},
  { secure = false, socketPath, ...options }: Options = {}
): Effect.Effect<WsServer, never, Scope> =>
  Effect.gen(function*() {
    const server = secure ? Https.createServer(Certificate.identity) : Http.createServer()
    const peers: Array<WsPeer.WsPeer> = []
    const requests: Array<IncomingMessage> = []
    const sockets = new WebSocketServer({ server, ...options })
    sockets.on("connection", (socket, request) => {
      const peer = new WsPeer.WsPeer(socket)
      requests.push(request)
      peers.push(peer)
      onPeer(peer)
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(socketPath === undefined ? { port: 0, host: "127.0.0.1" } : { path: socketPath }, () =>
          resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          for (const { socket } of peers) {
            socket.terminate()
          }
          server.close(() =>
            resume(Effect.void)
          )
          server.closeAllConnections()
        })
    )
    const port = socketPath === undefined ? (server.address() as AddressInfo).port : 0
    const url = secure ? `wss://localhost:${port}` : `ws://127.0.0.1:${port}`
    return { port, url, requests, peers }
  })

/** What an echo server does with a peer. */
export const echo = ({ socket }: WsPeer.WsPeer): void => {
  socket.on("message", (data, binary) => socket.send(data, { binary }))
}
