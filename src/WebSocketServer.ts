/**
 * Servers as layers: a path, and what to do with each connection to it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import type { Connection } from "./Connection.ts"
import * as ConnectionOptions from "./ConnectionOptions.ts"
import { withoutOwn } from "./server/Environment.ts"
import type { UpgradeRequest } from "./UpgradeRequest.ts"
import { fromUsage, type WebSocketError } from "./WebSocketError.ts"

/**
 * A typed "no" to a client that asks for a connection: the HTTP answer that it gets (RFC 6455 §4.2.2).
 *
 * @category errors
 * @since 0.1.0
 */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Plain text, by default empty. */
  readonly body?: string | undefined
}> {}

/**
 * Who may connect, and on what terms.
 *
 * @category models
 * @since 0.1.0
 */
export interface HandleOptions<A, R> extends ConnectionOptions.ConnectionOptions {
  /**
   * Accepts the request by succeeding, with a value that the handler gets, or refuses it by failing. It is interrupted if
   * the client goes away, and answered 503 if it takes longer than the server's `handshakeTimeout`. What it acquires is
   * released after the connection, or when it has refused.
   */
  readonly accept?: ((request: UpgradeRequest) => Effect.Effect<A, Refusal, R>) | undefined
  /**
   * The subprotocols that are spoken here; the first of the client's offers that is among them is chosen. Where there is
   * none, the connection is opened without: `accept` can refuse it. Default none.
   */
  readonly protocols?: ReadonlyArray<string> | undefined
  /**
   * The origins from which browsers may connect, such as `https://example.com`; others get 403 (RFC 6455 §10.2). `"same"`
   * stands for pages of this host. Requests without an origin come from programs and are let through. Default: any.
   */
  readonly origins?: "same" | ReadonlyArray<string> | ((origin: string, request: UpgradeRequest) => boolean) | undefined
  /** Further headers of the 101 answer. Default none. */
  readonly headers?: ((request: UpgradeRequest) => Readonly<Record<string, string>>) | undefined
}

/**
 * A connection as a server's handler gets it: there is a request that asked for it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerConnection extends Connection {
  readonly request: UpgradeRequest
}

/**
 * What is done with a connection. `accepted` is what `accept` gave.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler<X, E, R, A = void> = (connection: ServerConnection, accepted: A) => Effect.Effect<X, E, R>

/**
 * On what terms connections are accepted, with nothing left open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Terms extends Pick<HandleOptions<unknown, never>, "protocols" | "origins" | "headers"> {
  readonly options: ConnectionOptions.Resolved
}

/**
 * The terms of a path's options.
 *
 * @category models
 * @since 0.1.0
 */
export const terms = (options: Omit<HandleOptions<never, never>, "accept">): Terms => ({
  protocols: options.protocols,
  origins: options.origins,
  headers: options.headers,
  options: ConnectionOptions.resolve(options)
})

/**
 * What a server does with the requests for one path. `handle` makes them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Route extends Terms {
  /** Such as `/chat`, percent-encoded as clients send it; a last segment `*` stands for everything below. */
  readonly path: string
  /** The services that `accept` and `run` find. What is the server's is there, too, if it has no other value here. */
  readonly context: Context.Context<never>
  /** The scope ends after the connection, or when there will be none. */
  readonly accept: (request: UpgradeRequest) => Effect.Effect<unknown, Refusal, Scope.Scope>
  /** The scope is the connection's. */
  readonly run: (connection: ServerConnection, accepted: unknown) => Effect.Effect<unknown, unknown, Scope.Scope>
}

/**
 * A WebSocket server.
 *
 * @category services
 * @since 0.1.0
 */
export class WebSocketServer extends Context.Service<WebSocketServer, {
  /** Where the server listens. Fails with a `UsageError` if it does not (yet). */
  readonly address: Effect.Effect<NetAddress.SocketAddress, WebSocketError>
  /** The address as a URL, such as `ws://localhost:8080`, for clients on the same machine. */
  readonly url: Effect.Effect<string, WebSocketError>
  /** How many connections are opening, open, or closing. */
  readonly connections: Effect.Effect<number>
  /**
   * Serves a path until the scope ends: new clients are then refused with 503, every connection says goodbye with 1001,
   * all at once, and the path is free again. Fails with a `UsageError` if the path is taken, or is none.
   */
  readonly route: (route: Route) => Effect.Effect<void, WebSocketError, Scope.Scope>
}>()("effect-ws/WebSocketServer") {}

/**
 * Handles the connections to a path.
 *
 * **When to use**
 *
 * Use for every kind of endpoint. The handler runs once for each connection, in a fiber and with a scope of its own, and
 * gets its services from the environment.
 *
 * **Details**
 *
 * The path is matched as it is: `/rooms/*` stands for everything below `/rooms/`, and `/*` for all that has no handler of
 * its own. There are no parameters such as `:room`; `request.path` says what was asked for, and `NodeHttpWebSocket.add`
 * has them. Without `accept` everybody is let in; errors of other kinds become a `Refusal` there by `Effect.mapError`. The
 * layer fails with a `UsageError` if the path has a handler already, or if the options cannot be.
 *
 * The connection ends with the handler: it says 1000 if the handler is done, 1011 if it fails or dies, and 1001 if it is
 * interrupted, as it is when the server shuts down. Failures and defects are logged, except those that say no more than
 * that the connection has ended.
 *
 * **Gotchas**
 *
 * The handler does not end with the connection: it finds out as it reads or sends. One that waits for events, to send them,
 * should read besides, or it stays when its client has gone: `Effect.raceFirst(Stream.run(events, sink),
 * Stream.runDrain(messages))`.
 *
 * **Example** (Echoing)
 *
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Layer, Stream } from "effect"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))
 *
 * Echo.pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 })),
 *   Layer.launch,
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * **Example** (Letting in those who show a token)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Private = WebSocketServer.handle(
 *   "/private",
 *   {
 *     accept: ({ searchParams }) =>
 *       searchParams.get("token") === "open sesame"
 *         ? Effect.succeed("Ali Baba")
 *         : Effect.fail(new WebSocketServer.Refusal({ status: 401 }))
 *   },
 *   (connection, user) => connection.send(`Hello, ${user}`)
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const handle: {
  <X, E, R>(
    path: string,
    handler: Handler<X, E, R>
  ): Layer.Layer<never, WebSocketError, WebSocketServer | Exclude<R, Scope.Scope>>
  <X, E, R, A = void, RA = never>(
    path: string,
    options: HandleOptions<A, RA>,
    handler: Handler<X, E, R, NoInfer<A>>
  ): Layer.Layer<never, WebSocketError, WebSocketServer | Exclude<R | RA, Scope.Scope>>
} = <X, E, R, A, RA>(
  path: string,
  ...rest: readonly [Handler<X, E, R, A>] | readonly [HandleOptions<A, RA>, Handler<X, E, R, A>]
) => {
  const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest
  return Layer.effectDiscard(serve(path, options, handler))
}

/** Adds the route to the server; what the handler needs is taken from the layer's environment. */
const serve = Effect.fnUntraced(
  function*<X, E, R, A, RA>(path: string, options: HandleOptions<A, RA>, handler: Handler<X, E, R, A>) {
    const problem = ConnectionOptions.misuse(options)
    if (problem !== undefined) return yield* fromUsage(problem)
    const server = yield* WebSocketServer
    const given = yield* Effect.context<Exclude<R | RA, Scope.Scope>>()
    const context = withoutOwn(given) as Context.Context<never>
    const annotations = Context.get(given, References.CurrentLogAnnotations)
    const accept = options.accept ?? (() => Effect.succeed(undefined as A))
    yield* server.route({
      ...terms(options),
      path,
      context,
      accept: accept as Route["accept"],
      run: (connection, accepted) =>
        annotate(handler(connection, accepted as A), annotations) as ReturnType<Route["run"]>
    })
  }
)

/** Most have no annotations, and need no context of their own for them. */
const annotate = <X, E, R>(
  effect: Effect.Effect<X, E, R>,
  annotations: Readonly<Record<string, unknown>>
): Effect.Effect<X, E, R> => Object.keys(annotations).length === 0 ? effect : Effect.annotateLogs(effect, annotations)
