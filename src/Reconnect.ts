/**
 * A client's connection that survives: one connection after another, used as if it were one.
 *
 * **When to use**
 *
 * Use for clients that are to be there for long, over restarts of the server and networks that come and go. With a
 * heartbeat on its connections, such a client also notices when nobody says that the other end is gone.
 *
 * **Details**
 *
 * `make` takes an effect that connects. It is run anew for each attempt, so that it may fetch a fresh token or choose
 * another server. Between two attempts it waits as the schedule says, which begins anew after a connection that was open
 * for `resetAfter`. It ends for good when its scope ends, with `close`, when the schedule does, or when a reason says that
 * it makes no sense to go on: see `isTransient`.
 *
 * What came is delivered before anything that a later connection brings, and nothing of it is lost. If the messages of two
 * closed connections have not been read, it waits with the next one until they are.
 *
 * **Gotchas**
 *
 * A message is sent at most once: it is given to one connection, by `send` or out of the queue, and to no other one. Where
 * `send` succeeds, that connection has accepted the message, or the queue has; that does not say that the peer got it. If
 * the connection ends before it is written and read, it is lost. If `send` fails because the connection ended meanwhile,
 * the peer may have got it or not. A program that has to know needs an answer from the peer; `onConnect` is the place to
 * say again what was not answered.
 *
 * **Example** (Coming back after the server has gone away)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as Reconnect from "effect-ws/Reconnect"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const News = WebSocketServer.handle("/news", ({ close, send }) => Effect.andThen(send("news"), close(1012))).pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const { messages } = yield* Reconnect.make(WebSocketClient.connect("ws://localhost:8080/news"), {
 *     schedule: Reconnect.schedule({ first: "10 millis" })
 *   })
 *   return yield* Stream.runCollect(Stream.take(messages, 3))
 * }).pipe(Effect.scoped, Effect.provide(News))
 *
 * await Effect.runPromise(program) // => ["news", "news", "news"]
 * ```
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Policy } from "./client/Outgoing.ts"
import * as Reconnector from "./client/Reconnector.ts"
import type { Connection, Prepared, SendOptions } from "./Connection.ts"
import type { Message } from "./protocol/Message.ts"
import { WebSocketError } from "./WebSocketError.ts"

/**
 * How it stands with a connection: `Connecting`, `Open`, `Waiting` for the next attempt, or `Closed` for good.
 *
 * @category models
 * @since 0.1.0
 */
export type Status<E = never> = Reconnector.Status<E>

/**
 * Options of a connection that survives. `E` and `R` are what connecting and `onConnect` fail with and need.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /** How long to wait between attempts. It gets the reasons as input. Default `schedule()`. */
  readonly schedule?: Schedule.Schedule<unknown, NoInfer<E> | WebSocketError, never, R> | undefined
  /** Whether to go on after an attempt that failed, or a connection that ended. Default `isTransient`. */
  readonly while?: ((reason: NoInfer<E> | WebSocketError) => boolean) | undefined
  /** How long a connection is open until the schedule and the counting of attempts begin anew. Default 10 seconds. */
  readonly resetAfter?: Duration.Input | undefined
  /**
   * What to do first on each connection, such as to subscribe: messages that wait are sent after it, and messages that come
   * can be pulled by it. If it fails, the connection closes with 1011, and the attempt counts as failed.
   */
  readonly onConnect?: ((connection: Connection) => Effect.Effect<unknown, E, R>) | undefined
  /**
   * What becomes of messages that are sent while there is no connection: the first `capacity` of them are accepted, and
   * sent later. With one that is too many the sender waits (`suspend`), it is dropped (`dropping`), the oldest are dropped
   * for it (`sliding`), or sending fails. Default: no capacity, and senders wait.
   */
  readonly queue?: Policy | undefined
}

/**
 * A connection that survives.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reconnecting<E = never> {
  /** How it stands. */
  readonly status: Effect.Effect<Status<E>>
  /** How it stands now, and each change from now on. Ends when it is `Closed`. */
  readonly changes: Stream.Stream<Status<E>>
  /**
   * The messages of all connections, as `Connection.messages` gives them. Ends with the last connection's goodbye, and
   * fails with the reason if there will be no further one for another reason. One reader at a time.
   */
  readonly messages: Stream.Stream<Message, E | WebSocketError>
  /** Sends every message. */
  readonly sink: Sink.Sink<void, Message | Prepared, never, E | WebSocketError>
  /** Sends a message: on the connection that is open, or as `queue` says. Messages go out in the order of the calls. */
  readonly send: (message: Message | Prepared, options?: SendOptions) => Effect.Effect<void, E | WebSocketError>
  /** Sends messages, all on one connection. */
  readonly sendAll: (
    messages: ReadonlyArray<Message | Prepared>,
    options?: SendOptions
  ) => Effect.Effect<void, E | WebSocketError>
  /** The connection that is open, for pings and what else it can; waits for one. Fails if there will be none. */
  readonly connection: Effect.Effect<Connection, E | WebSocketError>
  /** Says goodbye, and connects no more; what waits to be sent is not sent. */
  readonly close: (code?: number, reason?: string) => Effect.Effect<void, WebSocketError>
}

/**
 * Makes a connection that survives, until the scope ends: then it says goodbye, as a `Connection` does. It does not wait
 * for the first connection; `connection` does.
 *
 * **Example** (Fetching a token for each attempt, and subscribing on each connection)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as Reconnect from "effect-ws/Reconnect"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 *
 * const freshToken = Effect.succeed("open sesame")
 *
 * const connect = Effect.flatMap(freshToken, (token) =>
 *   WebSocketClient.connect("wss://example.com/prices", {
 *     headers: { Authorization: `Bearer ${token}` },
 *     heartbeat: { interval: "15 seconds", timeout: "10 seconds" }
 *   }))
 *
 * const prices = Reconnect.make(connect, {
 *   onConnect: ({ send }) => send("subscribe EUR"),
 *   queue: { capacity: 100, strategy: "sliding" }
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <E, R, EH = never, RH = never>(
  connect: Effect.Effect<Connection, E, R>,
  options: Options<E | EH, RH> = {}
): Effect.Effect<Reconnecting<Exclude<E | EH, WebSocketError>>, never, Scope.Scope | Exclude<R | RH, Scope.Scope>> => {
  type Failure = Exclude<E | EH, WebSocketError>
  const settings = {
    connect,
    onConnect: options.onConnect ?? (() => Effect.void),
    schedule: options.schedule ?? schedule(),
    isTransient: options.while ?? isTransient,
    resetAfter: Duration.fromInputUnsafe(options.resetAfter ?? Duration.seconds(10)),
    queue: options.queue ?? { capacity: 0, strategy: "suspend" }
  } as Reconnector.Settings<Failure, Exclude<R | RH, Scope.Scope>>
  const starting = Effect.gen(function*() {
    const status = yield* SubscriptionRef.make<Status<Failure>>({ _tag: "Connecting", attempt: 1 })
    const reconnector = new Reconnector.Reconnector(settings, status)
    yield* reconnector.start
    return reconnector
  })
  return Effect.map(Effect.acquireRelease(starting, (reconnector, exit) => reconnector.end(exit)), faceOf)
}

const faceOf = <E, R>(reconnector: Reconnector.Reconnector<E, R>): Reconnecting<E> => {
  const sendAll: Reconnecting<E>["sendAll"] = (messages, options) =>
    Effect.suspend(() => reconnector.outgoing.send(messages, options))
  return {
    status: SubscriptionRef.get(reconnector.status),
    changes: Stream.takeUntil(SubscriptionRef.changes(reconnector.status), ({ _tag }) => _tag === "Closed"),
    messages: reconnector.incoming.messages,
    sink: Sink.forEachArray((messages) => sendAll(messages)),
    send: (message, options) => sendAll([message], options),
    sendAll,
    connection: reconnector.opened,
    close: (code, reason) => reconnector.close(code, reason)
  }
}

/**
 * The default schedule: it doubles from `first`, by default half a second, to `longest`, by default half a minute, and of
 * that it takes a part between a half and all, by chance, so that not all clients of a server come back at once. It has no
 * end.
 *
 * @category schedules
 * @since 0.1.0
 */
export const schedule = (
  options: { readonly first?: Duration.Input | undefined; readonly longest?: Duration.Input | undefined } = {}
): Schedule.Schedule<Duration.Duration> => {
  const longest = Duration.fromInputUnsafe(options.longest ?? Duration.seconds(30))
  return Schedule.exponential(options.first ?? Duration.millis(500)).pipe(
    Schedule.modifyDelay(({ duration }) =>
      Effect.map(Random.next, (chance) => Duration.times(Duration.min(duration, longest), 0.5 + chance / 2))
    )
  )
}

/** Of a server that does not say "never", but "not like this", or "not now". */
const passing: ReadonlySet<number> = new Set([408, 421, 425, 429])

/** The peer is done, has a rule against us, or does not know us (3000 and 3003: the IANA's names of 401 and 403). */
const final: ReadonlySet<number> = new Set([1000, 1008, 3000, 3003])

/**
 * Whether it makes sense to try again: after everything but
 *
 * - an answer 4xx to the handshake, other than 408, 421, 425 and 429: the server will not have us;
 * - close codes 1000, 1008, 3000, 3003, and 4000 to 4999, whose meaning only the application knows;
 * - a `UsageError` or an `EncodeError`.
 *
 * Errors of others, such as those of an effect that fetches a token, count as transient.
 *
 * **Example** (Coming back after a close code of one's own)
 *
 * ```ts
 * import * as Reconnect from "effect-ws/Reconnect"
 * import * as WebSocketError from "effect-ws/WebSocketError"
 *
 * const again = (error: WebSocketError.WebSocketError) =>
 *   Reconnect.isTransient(error) || (error.reason._tag === "CloseError" && error.reason.code === 4100)
 *
 * const codes = [1001, 1008, 4100, 4101]
 * codes.map((code) => again(WebSocketError.fromClose(code, ""))) // => [true, false, true, false]
 * ```
 *
 * @category guards
 * @since 0.1.0
 */
export const isTransient = (reason: unknown): boolean => {
  if (!(reason instanceof WebSocketError)) return true
  switch (reason.reason._tag) {
    case "UsageError":
    case "EncodeError":
      return false
    case "HandshakeError":
      return mayPass(reason.reason.status ?? 0)
    case "CloseError":
      return mayReturn(reason.reason.code)
    case "ProtocolError":
    case "TransportError":
    case "TimeoutError":
    case "HeartbeatError":
    case "DecodeError":
      return true
  }
}

const mayPass = (status: number): boolean => status < 400 || status >= 500 || passing.has(status)

const mayReturn = (code: number): boolean => code < 4000 && !final.has(code)
