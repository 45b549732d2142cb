/**
 * A path of a server as the `SocketServer` of `effect/socket`.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import * as Tracer from "effect/Tracer"
import { closeCode } from "./connection/Release.ts"
import * as ConnectionOptions from "./ConnectionOptions.ts"
import * as EffectSocket from "./EffectSocket.ts"
import { withoutOwn } from "./server/Environment.ts"
import { Fibers } from "./server/Fibers.ts"
import { fromUsage, type WebSocketError } from "./WebSocketError.ts"
import * as WebSocketServer from "./WebSocketServer.ts"

/**
 * The connection beneath the socket that a handler was given, with the request that asked for it; `undefined` elsewhere.
 * Handlers of remote procedure calls, and their middleware, find it as well.
 *
 * **Example** (Telling who asks)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as EffectSocketServer from "effect-ws/EffectSocketServer"
 *
 * const agent = Effect.map(
 *   EffectSocketServer.CurrentConnection,
 *   (connection) => connection?.request.headers["user-agent"] ?? "nobody"
 * )
 *
 * Effect.runSync(agent) // => "nobody"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const CurrentConnection: Context.Reference<WebSocketServer.ServerConnection | undefined> = Context.Reference(
  "effect-ws/EffectSocketServer/CurrentConnection",
  { defaultValue: (): WebSocketServer.ServerConnection | undefined => undefined }
)

/**
 * Serves a path of a server with the handler that `run` is given.
 *
 * **Details**
 *
 * Connections that come while nothing runs wait, with `inboxSize` octets of messages. When `run` is interrupted, its
 * handlers are too; their connections close with 1001, and it waits for them. A run that was there before goes on then.
 * A handler that is done closes its connection with 1000, and one that fails with 1011; that it failed is logged at the
 * level of what is unhandled.
 *
 * Fails with a `SocketServerOpenError`, whose `cause` is the `WebSocketError`, if the path is taken or the server does not
 * listen.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A = void, R = never>(
  path: string,
  options: WebSocketServer.HandleOptions<A, R> = {}
): Effect.Effect<
  SocketServer.SocketServer["Service"],
  SocketServer.SocketServerError,
  WebSocketServer.WebSocketServer | Scope.Scope | Exclude<R, Scope.Scope>
> =>
  Effect.gen(function*() {
    const problem = ConnectionOptions.misuse(options)
    if (problem !== undefined) return yield* fromUsage(problem)
    const server = yield* WebSocketServer.WebSocketServer
    const address = yield* server.address
    const given = withoutOwn(yield* Effect.context<Exclude<R, Scope.Scope>>())
    const { accept = () => Effect.void } = options
    const runs = new Runs()
    yield* server.route({
      ...WebSocketServer.terms(options),
      path,
      context: given as Context.Context<never>,
      accept: accept as WebSocketServer.Route["accept"],
      run: runs.serve
    })
    return SocketServer.SocketServer.of({
      address,
      run: (handler) => Effect.contextWith((context) => runs.run(serveWith(handler, context)))
    })
  }).pipe(Effect.mapError(openError))

/**
 * The server of sockets as a layer, for a path of a `WebSocketServer`.
 *
 * **Example** (Serving with the service of Effect)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { Socket, SocketServer } from "effect/socket"
 * import * as EffectSocketServer from "effect-ws/EffectSocketServer"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 *
 * const echo = Effect.fnUntraced(function*(socket: Socket.Socket) {
 *   const { pull } = yield* socket.reader
 *   const { writeAll } = yield* socket.writer
 *   while (true) yield* writeAll(yield* pull)
 * }, Effect.scoped)
 *
 * const Echo = Layer.effectDiscard(Effect.gen(function*() {
 *   const { run } = yield* SocketServer.SocketServer
 *   yield* Effect.forkScoped(run(echo))
 * })).pipe(
 *   Layer.provide(EffectSocketServer.layer("/echo")),
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const { messages, send } = yield* WebSocketClient.connect("ws://localhost:8080/echo")
 *   yield* send("Hello")
 *   return yield* Stream.runCollect(Stream.take(messages, 1))
 * }).pipe(Effect.scoped, Effect.provide(Echo))
 *
 * await Effect.runPromise(program) // => ["Hello"]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <A = void, R = never>(
  path: string,
  options?: WebSocketServer.HandleOptions<A, R>
): Layer.Layer<
  SocketServer.SocketServer,
  SocketServer.SocketServerError,
  WebSocketServer.WebSocketServer | Exclude<R, Scope.Scope>
> => Layer.effect(SocketServer.SocketServer, make(path, options))

const openError = (cause: WebSocketError): SocketServer.SocketServerError =>
  new SocketServer.SocketServerError({ reason: new SocketServer.SocketServerOpenError({ cause }) })

type Serve = (connection: WebSocketServer.ServerConnection) => Effect.Effect<void, never, Scope.Scope>

/** Serves a connection in its own fiber and scope. */
const serveWith = <X, E, R>(
  handler: (socket: Socket.Socket) => Effect.Effect<X, E, R>,
  context: Context.Context<R>
): Serve => {
  const services = withoutOwn(context)
  return (connection) => {
    const handling = Effect.matchCauseEffect(handler(EffectSocket.fromConnection(connection)), {
      onFailure: (cause) => failed(connection, cause),
      onSuccess: () => Effect.void
    })
    return Effect.updateContext(handling, (own) => contextOf(connection, services as Context.Context<R>, own))
  }
}

/** The services are the run's; what else is there is not merged with them, since a copy takes 1 KiB. */
const contextOf = <R>(
  connection: WebSocketServer.ServerConnection,
  services: Context.Context<R>,
  own: Context.Context<Scope.Scope>
): Context.Context<R | Scope.Scope> => {
  const context = services.pipe(
    Context.add(Scope.Scope, Context.get(own, Scope.Scope)),
    Context.add(References.CurrentLogAnnotations, Context.get(own, References.CurrentLogAnnotations)),
    Context.add(CurrentConnection, connection)
  )
  const span = Context.getOrUndefined(own, Tracer.ParentSpan)
  return span === undefined ? context : Context.add(context, Tracer.ParentSpan, span)
}

const failed = (connection: WebSocketServer.ServerConnection, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.andThen(report(cause), Effect.ignore(connection.close(closeCode(Exit.failCause(cause)))))

const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.ignoreCause(Effect.failCause(cause), { log: "Unhandled", message: "Unhandled error in SocketServer" })

/** A run in service, and the fibers of its connections. */
interface Run {
  readonly serve: Serve
  readonly fibers: Fibers
}

/** Those who serve, of whom the last does; connections wait where there is none. */
class Runs {
  private readonly runs: Array<Run> = []
  private readonly running = Latch.makeUnsafe(false)

  /** Serves until it is interrupted. */
  run(serve: Serve): Effect.Effect<never> {
    return Effect.acquireUseRelease(
      Effect.sync(() => this.begin({ serve, fibers: new Fibers() })),
      () => Effect.never,
      (run) => Effect.suspend(() => this.end(run))
    )
  }

  readonly serve: Serve = (connection) =>
    Effect.suspend(() => {
      const run = this.runs.at(-1)
      if (run !== undefined) return run.fibers.with(run.serve(connection))
      if (connection.state === "Closed") return Effect.void
      return Effect.andThen(Effect.raceFirst(this.running.await, connection.closed), this.serve(connection))
    })

  private begin(run: Run): Run {
    this.runs.push(run)
    this.running.openUnsafe()
    return run
  }

  private end(run: Run): Effect.Effect<void> {
    this.runs.splice(this.runs.indexOf(run), 1)
    if (this.runs.length === 0) this.running.closeUnsafe()
    return run.fibers.interrupt
  }
}
