/** Servers of both faces, with the same paths: they send back what comes, and end as they are told to. */
import { Deferred, Effect, Layer, Logger, Stream } from "effect"
import { WebSocketServer as CompatServer } from "effect-ws/compat"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { WebSocket } from "ws"

export interface Server {
  readonly port: number
  /** How many connections there are. */
  readonly count: () => number
}

/** What a client may say to have the server end the connection. */
export const orders = { close: "close!", terminate: "terminate!", fail: "fail!" } as const

/** With and without compression, and without context takeover; and one that refuses everybody. */
export const paths = { plain: "/plain", takeover: "/takeover", fresh: "/fresh", refused: "/refused" } as const

const echo: WebSocketServer.Handler<void, unknown, never> = (connection) =>
  Stream.runForEach(connection.messages, (message): Effect.Effect<unknown, unknown> => {
    if (message === orders.close) return connection.close(4000, "as you wish")
    if (message === orders.terminate) return connection.terminate
    return message === orders.fail ? Effect.fail("as you wish") : connection.send(message)
  })

const Routes = Layer.mergeAll(
  WebSocketServer.handle(paths.plain, echo),
  WebSocketServer.handle(paths.takeover, { compression: { threshold: 0 } }, echo),
  WebSocketServer.handle(paths.fresh, {
    compression: { threshold: 0, clientNoContextTakeover: true, serverNoContextTakeover: true }
  }, echo),
  WebSocketServer.handle(paths.refused, {
    accept: () => Effect.fail(new WebSocketServer.Refusal({ status: 401 }))
  }, echo)
)

/** A server of the Effect face, until the process ends. */
export const startEffect = async (): Promise<Server> => {
  const started = Deferred.makeUnsafe<Server>()
  const Started = Layer.effectDiscard(Effect.gen(function*() {
    const { address, connections } = yield* WebSocketServer.WebSocketServer
    const bound = yield* address
    const port = bound._tag === "UnixPathAddress" ? 0 : bound.port
    yield* Deferred.succeed(started, { port, count: () => Effect.runSync(connections) })
  }))
  Effect.runFork(
    Layer.mergeAll(Routes, Started).pipe(
      Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })),
      Layer.provide(Logger.layer([])), // what fails is meant to
      Layer.launch
    )
  )
  return Effect.runPromise(Deferred.await(started))
}

const follow = (socket: WebSocket, text: string): boolean => {
  if (text === orders.close) socket.close(4000, "as you wish")
  else if (text === orders.terminate) socket.terminate()
  else if (text === orders.fail) socket.close(1011)
  else return false
  return true
}

const compression = {
  [paths.plain]: false,
  [paths.takeover]: { threshold: 0 },
  [paths.fresh]: { threshold: 0, clientNoContextTakeover: true, serverNoContextTakeover: true }
} as const

/** A server of the face of ws, until the process ends. */
export const startCompat = async (): Promise<Server> => {
  const http = createServer()
  const servers = Object.entries(compression).map(([path, perMessageDeflate]) => {
    const server = new CompatServer({ noServer: true, perMessageDeflate })
    server.on("connection", (socket: WebSocket) => {
      socket.on("error", () => {})
      socket.on("message", (data, isBinary) => {
        if (isBinary || !follow(socket, data.toString())) socket.send(data, { binary: isBinary })
      })
    })
    return [path, server] as const
  })
  const byPath = new Map<string | undefined, CompatServer>(servers)
  http.on("upgrade", (request, socket, head) => {
    const server = byPath.get(request.url)
    if (server === undefined) return socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n")
    server.handleUpgrade(request, socket, head, (opened) => server.emit("connection", opened, request))
  })
  http.listen(0, "127.0.0.1")
  await once(http, "listening")
  const count = () => servers.reduce((sum, [, { clients }]) => sum + clients.size, 0)
  return { port: (http.address() as AddressInfo).port, count }
}
