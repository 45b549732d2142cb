/**
 * Connections as `Socket`s of `effect/socket`, for everything that is written for those.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { Connection } from "./Connection.ts"
import { closeCode } from "./connection/Release.ts"
import * as WebSocketClient from "./WebSocketClient.ts"
import type { WebSocketError } from "./WebSocketError.ts"

/**
 * A socket whose every reader connects anew.
 *
 * **When to use**
 *
 * Use with an effect that makes connections in some way of its own; `makeWebSocket` is the one for a URL.
 *
 * **Details**
 *
 * The scope in which the reader is acquired is the connection's: at its end the connection says goodbye, as `Connection`
 * tells. Every end of a connection fails the reader, those that are well too, so that `Effect.retry` connects again. Close
 * codes are in a `SocketCloseError`, with 1006 and what happened as its reason for a peer that is gone without a goodbye.
 * What the peer does wrong is in a `SocketReadError`, and what goes wrong before the connection is open in a
 * `SocketOpenError`; their `cause` is the `WebSocketError`.
 *
 * The writer is not bound to one connection: what is written while there is none waits for the next. Writing to one that
 * is closing fails with a `SocketWriteError`, and to a peer that does not read it waits. A `CloseEvent` starts the closing
 * handshake, and does not wait for its end: the reader is told.
 *
 * **Gotchas**
 *
 * Where Effect's own sockets let go of a WebSocket at once, the end of a scope here waits until what was written has
 * arrived, for `closeTimeout` at most. So does a retry.
 *
 * **Example** (Connecting again and again)
 *
 * ```ts
 * import { Effect, Schedule } from "effect"
 * import * as EffectSocket from "effect-ws/EffectSocket"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 *
 * const follow = Effect.gen(function*() {
 *   const socket = yield* EffectSocket.make(WebSocketClient.connect("ws://localhost:1/news"))
 *   const read = Effect.gen(function*() {
 *     const { pull } = yield* socket.reader
 *     while (true) yield* Effect.log(yield* pull)
 *   })
 *   yield* Effect.retry(Effect.scoped(read), Schedule.recurs(2))
 * })
 *
 * const reason = await Effect.runPromise(Effect.flip(follow))
 * reason.message // => "An error occurred during Open"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <R>(
  connect: Effect.Effect<Connection, WebSocketError, R>
): Effect.Effect<Socket.Socket, never, Exclude<R, Scope.Scope>> =>
  Effect.contextWith((context: Context.Context<Exclude<R, Scope.Scope>>) => {
    const connected = Latch.makeUnsafe(false)
    let current: Connection | undefined = undefined

    const reader = Effect.gen(function*() {
      const connection = yield* Effect.mapError(connect, openError)
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          if (current !== connection) return
          current = undefined
          connected.closeUnsafe()
        })
      )
      const reading = yield* read(connection)
      current = connection
      connected.openUnsafe()
      return reading
    }).pipe(
      Effect.updateContext((own: Context.Context<Scope.Scope>) =>
        Context.merge(context, own) as Context.Context<R | Scope.Scope>
      )
    )

    const whenConnected: Via = (use) =>
      Effect.suspend(() => current === undefined ? connected.whenOpen(whenConnected(use)) : use(current))

    return Effect.succeed(Socket.make({ reader, writer: Effect.succeed(new Writer(whenConnected)) }))
  })

/**
 * A socket for a connection that is there already, such as a server's.
 *
 * **Details**
 *
 * It is `make` for one connection. The end of the reader's scope closes it: with 1000, with 1001 if the scope was
 * interrupted, and with 1011 if it failed. Afterwards readers and writers fail: there is no other connection to wait for.
 * The writer can be used before the reader.
 *
 * **Example** (Giving a connection to code for sockets)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Socket } from "effect/socket"
 * import * as Connection from "effect-ws/Connection"
 * import * as EffectSocket from "effect-ws/EffectSocket"
 *
 * const program = Effect.gen(function*() {
 *   const [client, server] = yield* Connection.pair()
 *   yield* client.sendAll(["Hello", "and goodbye"])
 *   const octets = Socket.toStream(EffectSocket.fromConnection(server))
 *   return yield* octets.pipe(Stream.take(2), Stream.decodeText(), Stream.mkString)
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => "Helloand goodbye"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromConnection = (connection: Connection): Socket.Socket => new ConnectionSocket(connection)

/** A server has one for each connection: nothing is made before it is wanted. */
class ConnectionSocket implements Socket.Socket {
  readonly [Socket.TypeId] = Socket.TypeId
  private readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
  }

  get reader(): Socket.Socket["reader"] {
    const closing = Effect.addFinalizer((exit) => Effect.ignore(this.connection.close(closeCode(exit))))
    return Effect.andThen(closing, read(this.connection))
  }

  get writer(): Socket.Socket["writer"] {
    return Effect.sync(() => new Writer((use) => use(this.connection)))
  }
}

/**
 * A socket for a URL: every reader connects anew. The URL may be an effect, which is run each time.
 *
 * **Details**
 *
 * It is what `Socket.makeWebSocket` makes, without need of a `WebSocketConstructor`. `openTimeout` is `handshakeTimeout`
 * here, and `highWaterMark` is `inboxSize`.
 *
 * @see {@link make} for what readers and writers do
 * @category constructors
 * @since 0.1.0
 */
export const makeWebSocket = <R = never>(
  url: string | URL | Effect.Effect<string | URL, WebSocketError, R>,
  options?: WebSocketClient.Options
): Effect.Effect<Socket.Socket, never, Exclude<R, Scope.Scope>> =>
  make(Effect.flatMap(Effect.isEffect(url) ? url : Effect.succeed(url), (url) => WebSocketClient.connect(url, options)))

/**
 * The socket for a URL as a layer, in the place of `Socket.layerWebSocket`.
 *
 * **Example** (Talking through the service of Effect)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { Socket } from "effect/socket"
 * import * as EffectSocket from "effect-ws/EffectSocket"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink)).pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 * )
 *
 * const program = Stream.make("Hello").pipe(
 *   Stream.concat(Stream.never),
 *   Stream.pipeThroughChannel(Socket.makeChannel()),
 *   Stream.take(1),
 *   Stream.decodeText(),
 *   Stream.mkString,
 *   Effect.provide(EffectSocket.layerWebSocket("ws://localhost:8080/echo")),
 *   Effect.provide(Echo)
 * )
 *
 * await Effect.runPromise(program) // => "Hello"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWebSocket = <R = never>(
  url: string | URL | Effect.Effect<string | URL, WebSocketError, R>,
  options?: WebSocketClient.Options
): Layer.Layer<Socket.Socket, never, Exclude<R, Scope.Scope>> =>
  Layer.effect(Socket.Socket, makeWebSocket(url, options))

// ---- reading ----

/** A reader for as long as the scope lives. */
const read = (connection: Connection): Effect.Effect<Socket.Reader, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const messages = yield* Channel.toPullScoped(connection.messages.channel, scope)
    let isOver = false
    yield* Scope.addFinalizer(scope, Effect.sync(() => isOver = true))
    const pull = Effect.catch(messages, (end) => isOver ? Effect.fail(closeError(1006)) : ended(connection, end))
    return {
      pull: Effect.suspend(() => isOver ? Effect.fail(closeError(1006)) : pull),
      upgrade: Socket.SocketUpgradeError.unsupported
    }
  })

/** The end as a failure, with the close code of those that are well, too. */
const ended = (connection: Connection, end: WebSocketError | Cause.Done): Effect.Effect<never, Socket.SocketError> => {
  if (!Cause.isDone(end)) return Effect.fail(readError(end))
  return Effect.flatMap(connection.closed, ({ code, reason }) => Effect.fail(closeError(code, reason)))
}

// ---- writing ----

/** Runs what needs a connection with one. */
type Via = (use: (connection: Connection) => Effect.Effect<void, Socket.SocketError>) => ReturnType<typeof use>

class Writer implements Socket.Writer {
  private readonly via: Via

  constructor(via: Via) {
    this.via = via
  }

  get write(): Socket.Writer["write"] {
    return (chunk) =>
      this.via((connection) =>
        Socket.isCloseEvent(chunk)
          ? startClosing(connection, chunk)
          : Effect.mapError(connection.send(chunk), writeError)
      )
  }

  get writeAll(): Socket.Writer["writeAll"] {
    return (chunks) => this.via((connection) => Effect.mapError(connection.sendAll(chunks), writeError))
  }
}

/** Says goodbye, without waiting for the answer; fails if it cannot be said like that. */
const startClosing = (connection: Connection, { code, reason }: Socket.CloseEvent) =>
  Effect.flatMap(Effect.forkDetach(connection.close(code, reason), { startImmediately: true }), (closing) => {
    const exit = closing.pollUnsafe()
    return exit !== undefined && Exit.isFailure(exit) ? Effect.mapError(exit, writeError) : Effect.void
  })

// ---- errors ----

const closeError = (code: number, closeReason = ""): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketCloseError({ code, closeReason }) })

const openError = (cause: WebSocketError): Socket.SocketError => {
  const kind = cause.reason._tag === "TimeoutError" ? "Timeout" : "Unknown"
  return new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind, cause }) })
}

/** A peer that is gone without a goodbye closed the connection with 1006 (RFC 6455 §7.1.5). */
const readError = (cause: WebSocketError): Socket.SocketError => {
  const { reason } = cause
  switch (reason._tag) {
    case "CloseError":
      return closeError(reason.code, reason.closeReason)
    case "TransportError":
    case "HeartbeatError":
      return closeError(1006, reason.message)
    default:
      return new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })
  }
}

const writeError = (cause: WebSocketError): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })
