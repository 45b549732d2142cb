/**
 * WebSocket servers on Node: of their own, or on an HTTP server that is there.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type * as Https from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { tallies } from "./connection/Tally.ts"
import * as ConnectionOptions from "./ConnectionOptions.ts"
import * as Handling from "./server/Handling.ts"
import * as NodeBadRequest from "./server/NodeBadRequest.ts"
import { upgradeRequired } from "./server/NodePlainRequest.ts"
import * as NodeUpgradeHandler from "./server/NodeUpgradeHandler.ts"
import * as NodeUpgradeListeners from "./server/NodeUpgradeListeners.ts"
import { pathOf } from "./server/NodeUpgradeRequest.ts"
import * as Routes from "./server/Routes.ts"
import { http, https } from "./transport/NodeModules.ts"
import * as NodeUpgrade from "./transport/NodeUpgrade.ts"
import * as NodeUpgradeReader from "./transport/NodeUpgradeReader.ts"
import * as WebSocketError from "./WebSocketError.ts"
import { WebSocketServer } from "./WebSocketServer.ts"

/**
 * Options of every server.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Connections at once; further clients get 503. Default 65,536. */
  readonly maxConnections?: number | undefined
  /** How long accepting may take, and on a server of its own the request's head and a TLS handshake. Default 10 s. */
  readonly handshakeTimeout?: Duration.Input | undefined
}

/**
 * Options of a server of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface ListenOptions extends Options {
  /** 0 has the system choose one, and so has nothing, without a `path`: see `url` of the service. */
  readonly port?: number | undefined
  /** Default: every address of the machine. */
  readonly host?: string | undefined
  /** A Unix socket or Windows named pipe to listen on, instead of a port. */
  readonly path?: string | undefined
  /** Connections that the system keeps waiting for the server. Default 511. */
  readonly backlog?: number | undefined
  /** Octets of a request's head. Default 16 KiB. */
  readonly maxHeaderSize?: number | undefined
  /** Key, certificate and further options of a server for `wss:`. Default: none, for `ws:`. */
  readonly tls?: Https.ServerOptions | undefined
}

type Server = Http.Server | Https.Server

/**
 * A server of its own. Plain HTTP requests get 426, unknown paths 404.
 *
 * **Details**
 *
 * When the layer's scope ends, its connections have said goodbye already, with their handlers' layers; the server then
 * stops to listen. Fails with a `TransportError` if it cannot listen, and with a `UsageError` if the options cannot be.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ListenOptions): Layer.Layer<WebSocketServer, WebSocketError.WebSocketError> =>
  Layer.effect(
    WebSocketServer,
    Effect.gen(function*() {
      yield* check(options)
      const server = yield* Effect.acquireRelease(Effect.try({ try: () => makeServer(options), catch: misuse }), stop)
      if (options.tls !== undefined) yield* dropHandshakes(server)
      else yield* Effect.acquireRelease(Effect.sync(() => NodeUpgradeReader.readOn(server)), Effect.sync)
      yield* listen(server, options)
      return yield* serve(server, options)
    })
  )

/**
 * A server on an HTTP or HTTPS server that is there, which listens, and ends, as its owner wants.
 *
 * **Details**
 *
 * Requests that do not ask for an upgrade are left to the HTTP server's own handlers. An upgrade on an unknown path is
 * left to other `upgrade` listeners, and gets 404 if there are none. When the layer's scope ends, the HTTP server is as
 * it was. Fails with a `UsageError` if the options cannot be.
 *
 * **Gotchas**
 *
 * Effect's `NodeHttpServer` answers every upgrade on its server, whoever else does. Beside an app of Effect's, have the
 * app served by `NodeHttpWebSocket.layer`, which leaves the paths of this one alone, or make the WebSockets routes of it.
 *
 * **Example** (Sharing a port with a web site)
 *
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Layer, Stream } from "effect"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 * import { createServer } from "node:http"
 *
 * const site = createServer((_request, response) => response.end("Hello"))
 * site.listen(8080)
 *
 * const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))
 *
 * Echo.pipe(
 *   Layer.provide(NodeWebSocketServer.layerFrom(site)),
 *   Layer.launch,
 *   NodeRuntime.runMain({ teardown: (_exit, exit) => site.close(() => exit(0)) })
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFrom = (
  server: Server,
  options: Options = {}
): Layer.Layer<WebSocketServer, WebSocketError.WebSocketError> =>
  Layer.effect(WebSocketServer, Effect.andThen(check(options), serve(server, options)))

const check = ({ handshakeTimeout, maxConnections }: Options): Effect.Effect<void, WebSocketError.WebSocketError> => {
  const problem = ConnectionOptions.misusedCount("maxConnections", maxConnections) ??
    ConnectionOptions.misusedTime("handshakeTimeout", handshakeTimeout)
  return problem === undefined ? Effect.void : Effect.fail(WebSocketError.fromUsage(problem))
}

/** What Node throws at once is about the options. */
const misuse = (cause: unknown): WebSocketError.WebSocketError => WebSocketError.fromUsage((cause as Error).message)

/** Node takes whole milliseconds, and its timers no more than these, which are 24 days. */
const longest = 2 ** 31 - 1

const makeServer = (options: ListenOptions): Server => {
  const timeout = Math.min(Math.ceil(Duration.toMillis(handshakeTimeout(options))), longest)
  const limits = {
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(timeout, 1000),
    ...(options.maxHeaderSize === undefined ? {} : { maxHeaderSize: options.maxHeaderSize })
  }
  const server = options.tls === undefined
    ? http.createServer(limits, upgradeRequired)
    : https.createServer({ ...limits, handshakeTimeout: timeout, ...options.tls }, upgradeRequired)
  NodeBadRequest.answerOn(server)
  return server
}

const handshakeTimeout = (options: Options): Duration.Duration =>
  Duration.fromInputUnsafe(options.handshakeTimeout ?? Duration.seconds(10))

const listen = (server: Server, options: ListenOptions): Effect.Effect<void, WebSocketError.WebSocketError> =>
  Effect.callback((resume) => {
    const onError = (cause: Error) => resume(Effect.fail(WebSocketError.fromTransport(cause)))
    const { backlog, host, path, port } = options
    server.once("error", onError)
    try {
      server.listen(path === undefined ? { port, host, backlog } : { path, backlog }, () => {
        server.off("error", onError)
        resume(Effect.void)
      })
    } catch (cause) {
      resume(Effect.fail(misuse(cause)))
    }
  })

const stop = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Drops what a stopping server would wait for, since only TLS knows of it: handshakes that are not done. */
const dropHandshakes = (server: Server): Effect.Effect<void, never, Scope.Scope> => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  return Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const socket of sockets) socket.destroy()
    })
  )
}

/** Answers the server's upgrade requests until the scope ends. */
const serve = Effect.fnUntraced(
  function*(server: Server, options: Options): Effect.fn.Return<WebSocketServer["Service"], never, Scope.Scope> {
    const routes = new Routes.Routes(yield* Effect.context())
    const timeout = handshakeTimeout(options)
    const maxConnections = options.maxConnections ?? 65_536

    const onUpgrade: NodeUpgradeListeners.Listener = (request, socket, head) => {
      const path = pathOf(request.url!)
      const entry = routes.find(path)
      if (entry === undefined && NodeUpgradeListeners.isLeftToOthers(server, onUpgrade, path)) return
      NodeUpgrade.guard(socket)
      if (entry === undefined) return refuse(socket, 404)
      if (entry.closing) return refuse(socket, 503)
      if (routes.count() >= maxConnections) return refuseTooMany(socket)
      Handling.fork(
        entry.context,
        (scope) => entry.fibers.with(NodeUpgradeHandler.serve({ request, socket, head }, entry.route, timeout, scope))
      )
    }

    yield* NodeUpgradeListeners.listen(server, onUpgrade, routes)
    return {
      address: Effect.suspend(() => addressOf(server)),
      url: Effect.map(Effect.suspend(() => addressOf(server)), (address) => urlOf(server, address)),
      connections: Effect.sync(() => routes.count()),
      route: (route) => routes.add(route)
    }
  }
)

const refuse = (socket: Duplex, status: number): void =>
  void NodeUpgradeHandler.turnAway(socket, { status, headers: [], body: "" })

const refuseTooMany = (socket: Duplex): void => {
  tallies.server.reach("maxConnections")
  refuse(socket, 503)
}

const addressOf = (server: Server): Effect.Effect<NetAddress.SocketAddress, WebSocketError.WebSocketError> => {
  const address = server.address()
  if (address === null) return Effect.fail(WebSocketError.fromUsage("the server does not listen"))
  if (typeof address === "string") return Effect.succeed(NetAddress.unixPathAddress(address))
  return Effect.orDie(Effect.fromResult(NetAddress.inetAddressFromIpString(address.address, address.port)))
}

const urlOf = (server: Server, address: NetAddress.SocketAddress): string => {
  const scheme = server instanceof https.Server ? "wss" : "ws"
  if (address._tag === "UnixPathAddress") return `${scheme}+unix:${address.path}`
  const host = NetAddress.formatUrlHost(address.address)
  return `${scheme}://${host === "0.0.0.0" || host === "[::]" ? "localhost" : host}:${address.port}`
}
