/**
 * WebSockets at home in Effect's HTTP servers: as routes of an `HttpRouter`, beside the others, on a server that says
 * goodbye to them.
 *
 * @since 0.1.0
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import { ServeError } from "effect/http/HttpServerError"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Http from "node:http"
import type * as Http2 from "node:http2"
import * as ConnectionOptions from "./ConnectionOptions.ts"
import * as NodeHttpRoute from "./server/NodeHttpRoute.ts"
import * as NodeHttpServing from "./server/NodeHttpServing.ts"
import type { UpgradeRequest } from "./UpgradeRequest.ts"
import { fromUsage, type WebSocketError } from "./WebSocketError.ts"
import * as WebSocketServer from "./WebSocketServer.ts"

/**
 * Who may connect, and on what terms.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A, E, R> extends Omit<WebSocketServer.HandleOptions<A, R>, "accept"> {
  /**
   * Accepts the request by succeeding, with a value that the handler gets, or refuses it by failing: with a `Refusal` or
   * an `HttpServerResponse`, which is the answer, or with an error of the app's, as any route may fail. How long that may
   * take is the app's to say, such as by `Effect.timeout`, also if the client has gone meanwhile.
   */
  readonly accept?: ((request: UpgradeRequest) => Effect.Effect<A, E, R>) | undefined
}

type Arguments<X, E, R, A, EA, RA> =
  | readonly [handler: WebSocketServer.Handler<X, E, R, A>]
  | readonly [options: Options<A, EA, RA>, handler: WebSocketServer.Handler<X, E, R, A>]

type Refused = WebSocketServer.Refusal | HttpServerResponse

/**
 * Makes a connection of the request at hand, and runs the handler with it: an HTTP app, or a part of one.
 *
 * **When to use**
 *
 * Use where there is no router, or where one path answers to others, too; `add` is the one for routers.
 *
 * **Details**
 *
 * It ends with the handler: with a response 101 that is there to be looked at, such as by middleware, or with the handler's
 * failure, after the connection was closed with 1011. That the client is gone, or silent, is no failure. A request that
 * does not ask for a WebSocket is answered 426.
 *
 * **Example** (Serving one WebSocket without a router)
 *
 * ```ts
 * import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
 * import { Layer, Stream } from "effect"
 * import { HttpServer } from "effect/http"
 * import * as NodeHttpWebSocket from "effect-ws/NodeHttpWebSocket"
 * import { createServer } from "node:http"
 *
 * const echo = NodeHttpWebSocket.upgrade(({ messages, sink }) => Stream.run(messages, sink))
 *
 * HttpServer.serve(echo).pipe(
 *   Layer.provide(NodeHttpServer.layer(createServer, { port: 8080 })),
 *   Layer.launch,
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category handlers
 * @since 0.1.0
 */
export const upgrade: {
  <X, E, R>(
    handler: WebSocketServer.Handler<X, E, R>
  ): Effect.Effect<HttpServerResponse, E | WebSocketError, HttpServerRequest | Exclude<R, Scope.Scope>>
  <X, E, R, A = void, EA = never, RA = never>(
    options: Options<A, EA, RA>,
    handler: WebSocketServer.Handler<X, E, R, NoInfer<A>>
  ): Effect.Effect<
    HttpServerResponse,
    E | Exclude<EA, Refused> | WebSocketError,
    HttpServerRequest | RA | Exclude<R, Scope.Scope>
  >
} = <X, E, R, A, EA, RA>(...args: Arguments<X, E, R, A, EA, RA>) => {
  const [options, handler] = args.length === 1 ? [{}, args[0]] : args
  const problem = ConnectionOptions.misuse(options)
  if (problem !== undefined) return Effect.fail(fromUsage(problem))
  const accept = options.accept ?? (() => Effect.succeed(undefined as A))
  return NodeHttpRoute.serve({ terms: WebSocketServer.terms(options), accept, handler })
}

type Route<E, R> = Layer.Layer<
  never,
  WebSocketError,
  | HttpRouter.HttpRouter
  | HttpRouter.Request.From<"Requires", Exclude<R, HttpRouter.Provided>>
  | HttpRouter.Request.From<"Error", E>
>

/**
 * Adds a WebSocket to the router: a route for `GET` as any other, with path parameters, middleware, services and errors.
 *
 * **Details**
 *
 * The handler and `accept` run with what the route's middleware provides, inside of it, until the connection has ended.
 * `request` is what the client sent; what middleware made of it is the service `HttpServerRequest`. Fails with a
 * `UsageError` if the options cannot be.
 *
 * **Gotchas**
 *
 * What middleware adds to responses, such as cookies, does not come with the 101: `headers` of the options does.
 *
 * **Example** (Serving rooms beside a page)
 *
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Effect, Layer, Stream } from "effect"
 * import { HttpRouter, HttpServerResponse } from "effect/http"
 * import * as NodeHttpWebSocket from "effect-ws/NodeHttpWebSocket"
 * import { createServer } from "node:http"
 *
 * const Page = HttpRouter.add("GET", "/", HttpServerResponse.text("Hello"))
 *
 * const Rooms = NodeHttpWebSocket.add(
 *   "/rooms/:room",
 *   Effect.fnUntraced(function*({ messages, send, sink }) {
 *     const { room } = yield* HttpRouter.params
 *     yield* send(`This is room ${room}`)
 *     yield* Stream.run(messages, sink)
 *   })
 * )
 *
 * HttpRouter.serve(Layer.mergeAll(Page, Rooms)).pipe(
 *   Layer.provide(NodeHttpWebSocket.layer(createServer, { port: 8080 })),
 *   Layer.launch,
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @see {@link upgrade} for what it answers
 * @category layers
 * @since 0.1.0
 */
export const add: {
  <X, E, R>(path: HttpRouter.PathInput, handler: WebSocketServer.Handler<X, E, R>): Route<E | WebSocketError, R>
  <X, E, R, A = void, EA = never, RA = never>(
    path: HttpRouter.PathInput,
    options: Options<A, EA, RA>,
    handler: WebSocketServer.Handler<X, E, R, NoInfer<A>>
  ): Route<E | Exclude<EA, Refused> | WebSocketError, R | RA>
} = <X, E, R, A, EA, RA>(path: HttpRouter.PathInput, ...args: Arguments<X, E, R, A, EA, RA>) =>
  HttpRouter.use((router) => {
    const problem = args.length === 1 ? undefined : ConnectionOptions.misuse(args[0])
    if (problem !== undefined) return Effect.fail(fromUsage(problem))
    const [options, handler] = args.length === 1 ? [{}, args[0]] : args
    return router.add("GET", path, upgrade(options, handler))
  })

type Server = Http.Server | Http2.Http2Server | Http2.Http2SecureServer

/**
 * Options of a server: those of `NodeHttpServer`, but for what concerns ws.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerOptions extends Omit<NodeHttpServer.Options, "websocket"> {
  /** On what terms an app that upgrades requests by itself, with `HttpServerRequest.upgrade`, does so. */
  readonly websocket?: Omit<WebSocketServer.HandleOptions<void, never>, "accept"> | undefined
}

/**
 * An `HttpServer` as `NodeHttpServer.make` makes it, with WebSockets of ours. Fails with a `ServeError` if it cannot listen,
 * or if the options cannot be.
 *
 * @see {@link layer} for the details
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(
  function*(
    evaluate: () => Server,
    options: ServerOptions
  ): Effect.fn.Return<HttpServer.HttpServer["Service"], ServeError, Scope.Scope> {
    const { gracefulShutdownTimeout = Duration.seconds(20), websocket = {}, ...listenOptions } = options
    const problem = ConnectionOptions.misuse(websocket)
    if (problem !== undefined) return yield* new ServeError({ cause: fromUsage(problem) })
    const server = evaluate()
    const { address, serve } = yield* NodeHttpServer.make(() => server, { ...listenOptions, gracefulShutdownTimeout })
    const terms = WebSocketServer.terms(websocket)
    const grace = Duration.fromInputUnsafe(gracefulShutdownTimeout)
    return HttpServer.make({ address, serve: NodeHttpServing.serving({ server, serve, terms, grace }) })
  }
)

/**
 * The server alone, without the services that come with `layer`.
 *
 * @see {@link layer} for the details
 * @category layers
 * @since 0.1.0
 */
export const layerServer = (
  evaluate: () => Server,
  options: ServerOptions
): Layer.Layer<HttpServer.HttpServer, ServeError> => Layer.effect(HttpServer.HttpServer, make(evaluate, options))

/**
 * Effect's HTTP server on Node, in the place of `NodeHttpServer.layer`, with WebSockets of ours.
 *
 * **Details**
 *
 * `HttpServerRequest.upgrade`, and what is written for it, such as `RpcServer.layerHttp`, gets connections of effect-ws, on
 * the terms of the option `websocket`: see `EffectSocket`. `upgradeWith` adds headers to the 101. A request that breaks the
 * rules of the handshake is refused when `upgrade` is called; the 101 is written when the socket's reader is acquired.
 * Apps are interruptible where a WebSocket is asked for, also those that Effect's server would not interrupt otherwise.
 *
 * When the server stops, it interrupts the handlers of its WebSockets, so that every client hears 1001 at once, after all
 * that was sent before. It waits for them, and for other requests, up to `gracefulShutdownTimeout`, by default 20
 * seconds; then it drops the connections that are left. Clients that are not accepted by then get 503.
 *
 * **Gotchas**
 *
 * `add` and `upgrade` work on the server of `NodeHttpServer.layer`, too. That one waits for open WebSockets until its
 * `gracefulShutdownTimeout` is over, and only then interrupts them; and it loses what a client sends before it is
 * answered, which no client should (RFC 6455 §4.1).
 *
 * **Example** (Calling procedures over a stock RPC server)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { HttpRouter } from "effect/http"
 * import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
 * import * as EffectRpc from "effect-ws/EffectRpc"
 * import * as NodeHttpWebSocket from "effect-ws/NodeHttpWebSocket"
 * import { createServer } from "node:http"
 *
 * class Numbers extends RpcGroup.make(
 *   Rpc.make("Double", { payload: { of: Schema.Number }, success: Schema.Number })
 * ) {}
 *
 * const Routes = RpcServer.layerHttp({ group: Numbers, path: "/rpc" }).pipe(
 *   Layer.provide(Numbers.toLayer({ Double: ({ of }) => Effect.succeed(2 * of) })),
 *   Layer.provide(RpcSerialization.layerNdjson)
 * )
 *
 * const Server = HttpRouter.serve(Routes, { disableLogger: true, disableListenLog: true }).pipe(
 *   Layer.provide(NodeHttpWebSocket.layer(createServer, { port: 8080 }))
 * )
 *
 * const program = Effect.flatMap(RpcClient.make(Numbers), ({ Double }) => Double({ of: 21 })).pipe(
 *   Effect.scoped,
 *   Effect.provide(EffectRpc.layerClient("ws://localhost:8080/rpc")),
 *   Effect.provide(RpcSerialization.layerNdjson),
 *   Effect.provide(Server)
 * )
 *
 * await Effect.runPromise(program) // => 42
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  evaluate: () => Server,
  options: ServerOptions
): Layer.Layer<
  HttpServer.HttpServer | Layer.Success<typeof NodeHttpServer.layerHttpServices>,
  ServeError
> => Layer.mergeAll(layerServer(evaluate, options), NodeHttpServer.layerHttpServices)
