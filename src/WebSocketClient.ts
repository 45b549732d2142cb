/**
 * Clients: a connection to a URL, for as long as a scope lives.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Duplex } from "node:stream"
import * as Address from "./client/Address.ts"
import * as Dialing from "./client/Dialer.ts"
import type { HandshakeOptions } from "./client/HandshakeOptions.ts"
import * as HandshakeSpan from "./client/HandshakeSpan.ts"
import * as NodeHandshake from "./client/NodeHandshake.ts"
import * as Connection from "./Connection.ts"
import * as ConnectionSpan from "./connection/ConnectionSpan.ts"
import { tallies } from "./connection/Tally.ts"
import * as Tracing from "./connection/Tracing.ts"
import * as ConnectionOptions from "./ConnectionOptions.ts"
import * as NodeTransport from "./transport/NodeTransport.ts"
import * as WebSocketError from "./WebSocketError.ts"

/**
 * Options of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends HandshakeOptions, ConnectionOptions.ConnectionOptions {
  /** How long connecting may take, redirects and TLS included. Default 10 seconds. */
  readonly handshakeTimeout?: Duration.Input | undefined
}

/**
 * Where a URL leads.
 *
 * @category models
 * @since 0.1.0
 */
export type Destination = Dialing.Destination

/**
 * Gives a stream to the server, on which HTTP is then spoken. It is destroyed with the connection, or where none comes
 * about. If dialling fails, `connect` fails with a `TransportError`.
 *
 * @category models
 * @since 0.1.0
 */
export type Dial = Dialing.Dial

/**
 * What dials in place of Node and of the options `agent` and `tls`, such as through a tunnel; `TestNetwork` of
 * `effect-ws/testing` has it lead to a server in memory. Default: none.
 *
 * **Example** (Sending every connection to one Unix socket)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import { connect } from "node:net"
 *
 * const dial: WebSocketClient.Dial = () =>
 *   Effect.callback((resume) => {
 *     const socket = connect("/run/proxy.sock")
 *     socket.once("error", (error) => resume(Effect.fail(error)))
 *     socket.once("connect", () => resume(Effect.succeed(socket)))
 *     return Effect.sync(() => socket.destroy())
 *   })
 *
 * const Proxied = Layer.succeed(WebSocketClient.Dialer, dial)
 *
 * const program = WebSocketClient.connect("ws://example.com").pipe(
 *   Effect.scoped,
 *   Effect.catchReason("WebSocketError", "TransportError", ({ message }) => Effect.succeed(message)),
 *   Effect.provide(Proxied)
 * )
 *
 * await Effect.runPromise(program) // => "connect ENOENT /run/proxy.sock"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const Dialer = Dialing.Dialer

/**
 * Connects to a server.
 *
 * **Details**
 *
 * URLs are `ws:`, `wss:`, `http:`, `https:`, `ws+unix:/path/of/socket:/request/path` and `wss+unix:`; those with a user
 * and password send them as Basic authentication. The connection ends with the scope: see `Connection`. Interruption
 * drops the attempt at any stage.
 *
 * Fails with `UsageError` for a URL, subprotocol or header that cannot be, `TransportError` where no connection came
 * about, `HandshakeError` with the server's answer where it said no, and `TimeoutError`.
 *
 * **Example** (Saying hello to an echo server)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink)).pipe(
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
 * @category constructors
 * @since 0.1.0
 */
export const connect = (
  url: string | URL,
  options: Options = {}
): Effect.Effect<Connection.Connection, WebSocketError.WebSocketError, Scope.Scope> =>
  Effect.suspend(() => {
    const address = Address.parse(url)
    const problem = Result.isFailure(address) ? address.failure : misuse(options)
    if (Result.isFailure(address) || problem !== undefined) return Effect.fail(WebSocketError.fromUsage(problem ?? ""))
    return HandshakeSpan.begin(address.success, options, (span, options) => open(address.success, options, span))
  })

const misuse = (options: Options): string | undefined =>
  ConnectionOptions.misuse(options) ?? ConnectionOptions.misusedTime("handshakeTimeout", options.handshakeTimeout)

/** Nothing can be interrupted between the socket and the connection that owns it. */
const open = (address: Address.Address, options: Options, span: Tracing.Begun | undefined) => {
  const start = performance.now()
  const timeout = Duration.fromInputUnsafe(options.handshakeTimeout ?? Duration.seconds(10))
  const resolved = ConnectionOptions.resolve({ ...options, compression: options.compression ?? true })
  let socket: Duplex | undefined = undefined
  const deflate = resolved.compression?.negotiation
  const handshake = NodeHandshake.perform(address, options, deflate, (opened) => socket = opened).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(tooLate(timeout)) })
  )
  return Effect.uninterruptibleMask((restore) =>
    restore(handshake).pipe(
      Effect.onError(() => Effect.sync(() => socket?.destroy())),
      Effect.onExit((exit) => Effect.sync(() => settle(exit, start, span))),
      Effect.flatMap(({ compression, extensions, head, protocol, socket }) =>
        Connection.make(
          NodeTransport.fromDuplex(socket, head),
          { role: "client", protocol, extensions, compression },
          resolved
        )
      ),
      Effect.flatMap((connection) => Tracing.within(span, traced(connection)))
    )
  )
}

const traced = (connection: Connection.Connection) =>
  Effect.flatMap(
    ConnectionSpan.begin(connection, "client"),
    (begun) => ConnectionSpan.within(begun, connection, Effect.succeed)
  )

/** Counts a handshake, and ends its span. */
const settle = (
  exit: Exit.Exit<unknown, WebSocketError.WebSocketError>,
  start: number,
  span: Tracing.Begun | undefined
): void => {
  const error = Exit.findErrorOption(exit)
  if (Exit.isSuccess(exit)) tallies.client.handshakes.since(start)
  else if (Option.isSome(error)) count(error.value.reason)
  HandshakeSpan.end(span, exit)
}

const count = (reason: WebSocketError.Reason): void => {
  tallies.client.fail(reason._tag === "HandshakeError" ? reason.status ?? reason._tag : reason._tag)
  if (reason._tag === "TimeoutError") tallies.client.reach("handshakeTimeout")
}

const tooLate = (timeout: Duration.Duration) => {
  const message = `the opening handshake took longer than ${Duration.format(timeout)}`
  const reason = new WebSocketError.TimeoutError({ operation: "handshake", message })
  return new WebSocketError.WebSocketError({ reason })
}
