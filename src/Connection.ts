/**
 * A WebSocket connection that is open: a scope, a stream of messages, and a sink for them.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import type * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { Duplex } from "node:stream"
import type * as Compression from "./Compression.ts"
import * as Backpressure from "./connection/Backpressure.ts"
import * as Broadcast from "./connection/Broadcast.ts"
import type * as Driver from "./connection/Driver.ts"
import type * as Ending from "./connection/Ending.ts"
import * as Opening from "./connection/Opening.ts"
import * as Ping from "./connection/Ping.ts"
import * as Reader from "./connection/Reader.ts"
import * as Release from "./connection/Release.ts"
import * as StreamedMessage from "./connection/StreamedMessage.ts"
import * as ConnectionOptions from "./ConnectionOptions.ts"
import * as CloseFrame from "./protocol/CloseFrame.ts"
import type { Extension } from "./protocol/Extension.ts"
import type { Frame } from "./protocol/Frame.ts"
import * as Message from "./protocol/Message.ts"
import * as PerMessageDeflate from "./protocol/PerMessageDeflate.ts"
import type * as Protocol from "./protocol/Protocol.ts"
import * as MemoryTransport from "./transport/MemoryTransport.ts"
import { nodeBytes } from "./transport/NodeBytes.ts"
import * as NodeTransport from "./transport/NodeTransport.ts"
import type { Transport } from "./transport/Transport.ts"
import type { UpgradeRequest } from "./UpgradeRequest.ts"
import * as WebSocketError from "./WebSocketError.ts"

export {
  /**
   * A message: text is a `string`, and binary a `Uint8Array`.
   *
   * @category models
   * @since 0.1.0
   */
  type Message
} from "./protocol/Message.ts"

export {
  /**
   * A data frame, or a piece of one, as `frames` gives it.
   *
   * @category models
   * @since 0.1.0
   */
  type Frame
} from "./protocol/Frame.ts"

/**
 * How a connection ended.
 *
 * @category models
 * @since 0.1.0
 */
export type CloseEvent = Ending.CloseEvent

/**
 * A message that was framed once, by `prepare`, to be sent on many connections.
 *
 * @category models
 * @since 0.1.0
 */
export type Prepared = Message.Prepared

/**
 * How a message is sent.
 *
 * @category models
 * @since 0.1.0
 */
export type SendOptions = Backpressure.SendOptions

/**
 * A connection that is open.
 *
 * **Details**
 *
 * It lives as long as the scope that it was made in. When that scope ends, the connection says goodbye: with 1000 if the
 * scope ended well, 1001 if it was interrupted, 1011 if it failed or died; it waits for the peer's Close up to
 * `closeTimeout` and for the end of TCP up to a second, and drops the transport.
 *
 * Received bytes are views of memory that nobody writes to again: they stay valid for as long as they are held, and
 * what was read together with them, up to 64 KiB, stays in memory for so long. A small text may likewise be a part of a
 * string of up to 4 KiB. Who keeps few of many messages for long may want to copy them.
 *
 * Bytes that are sent are never changed, and must not be changed by the caller until they are written: those below
 * 64 KiB are copied at once, larger ones are not.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  /** Which connection it is, for logs: the role and a number, such as `server-17`. Unique in this process. */
  readonly id: string
  /**
   * The primitive beneath `messages`: everything that came since the last pull, at least one message. Who pulls has to
   * pull on until the end, or leave the scope. Pulling from two fibers at once fails with a `UsageError`.
   */
  readonly pull: Pull.Pull<NonEmptyReadonlyArray<Message.Message>, WebSocketError.WebSocketError>
  /**
   * The messages: text is a `string`, and binary a `Uint8Array`. Ends on close codes 1000, 1001 and 1005 (none), and fails
   * otherwise. All messages of one read come as one array: array-wise operators and `Stream.run` with a sink cost next to
   * nothing per message.
   *
   * A reader that is slower than the peer holds it back. One reader at a time; a second one fails with a `UsageError`.
   * Who stops early, as `Stream.take` and `Stream.runHead` do, and reads again later, has lost what came in the same array
   * as the last message: `pull` gives whole arrays, and `Stream.peel` keeps the rest.
   */
  readonly messages: Stream.Stream<Message.Message, WebSocketError.WebSocketError>
  /**
   * The data frames as they come, unmasked, for messages too large to be held: `maxMessageSize` and `maxFragments` do not
   * apply. Instead of `messages`, which fail with a `UsageError` from then on; what was assembled before comes as one frame
   * for each message, and so does a compressed message, inflated and within the limits.
   */
  readonly frames: Stream.Stream<Frame, WebSocketError.WebSocketError>
  /** Sends every message, as `sendAll` does for each array. Does not close the connection at its end. */
  readonly sink: Sink.Sink<void, Message.Message | Message.Prepared, never, WebSocketError.WebSocketError>
  /**
   * Sends a message. Messages go out in the order of the calls; it is done when the message is accepted, and waits while
   * the peer reads more slowly than is sent. Messages of one tick leave in one write.
   */
  readonly send: (
    message: Message.Message | Message.Prepared,
    options?: SendOptions
  ) => Effect.Effect<void, WebSocketError.WebSocketError>
  /** Sends messages, waiting in between where the peer reads more slowly. */
  readonly sendAll: (
    messages: ReadonlyArray<Message.Message | Message.Prepared>,
    options?: SendOptions
  ) => Effect.Effect<void, WebSocketError.WebSocketError>
  /**
   * Sends one message while it is being made, a fragment for each part (RFC 6455 §5.4); the first part's type is the
   * message's. Other messages wait until it is complete. If the parts fail or the fiber is interrupted, the connection
   * closes with 1011 or 1001: a message cannot be taken back.
   */
  readonly sendStream: <E, R>(
    parts: Stream.Stream<Message.Message, E, R>,
    options?: SendOptions
  ) => Effect.Effect<void, E | WebSocketError.WebSocketError, R>
  /**
   * Sends a ping and gives the round-trip time (RFC 6455 §5.5.2). Fails with a `TimeoutError` if there is no pong within
   * `timeout`, by default 20 seconds. The payload has at most 125 octets.
   *
   * The pong comes behind what the peer sent before: where nobody reads meanwhile, no more than `inboxSize` may be on the
   * way.
   */
  readonly ping: (options?: {
    readonly payload?: Uint8Array | undefined
    readonly timeout?: Duration.Input | undefined
  }) => Effect.Effect<Duration.Duration, WebSocketError.WebSocketError>
  /**
   * Starts the closing handshake, after everything that was sent before, and waits for its end (RFC 6455 §7.1.2). Code
   * 1000 by default; 1005 sends a Close without a code. A code that must not be sent, or a reason over 123 octets, fails
   * with a `UsageError`. Where the connection is closing already, it only waits.
   *
   * The peer's Close comes behind what it sent before. A reader that closes from within its loop takes nothing meanwhile:
   * if more than `inboxSize` is on the way, that is seen as silence, and the end is 1006 after `closeTimeout`. It should
   * rather leave the loop, or the scope, which drops what comes.
   */
  readonly close: (code?: number, reason?: string) => Effect.Effect<CloseEvent, WebSocketError.WebSocketError>
  /**
   * Waits for the end of the connection, whoever brings it about. Without a reader, a peer that has filled the inbox is held
   * back, and its end is only noticed when something is sent to it: who only waits, or sends, drains `messages` besides.
   */
  readonly closed: Effect.Effect<CloseEvent>
  /** Drops the connection without a closing handshake; its end is then 1006. */
  readonly terminate: Effect.Effect<void>
  /** `Closing` from the first Close on, until the end is known. */
  readonly state: "Open" | "Closing" | "Closed"
  /** The subprotocol that was agreed on (RFC 6455 §1.9). */
  readonly protocol: string | undefined
  /** The extensions that were agreed on (RFC 6455 §9). */
  readonly extensions: ReadonlyArray<Extension>
  /** On a server: the request that asked for the connection. */
  readonly request: UpgradeRequest | undefined
  readonly remoteAddress: string | undefined
  /** Octets, with frame headers, that were accepted and not yet taken by the operating system. */
  readonly bufferedAmount: number
}

/**
 * What the opening handshake settled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Agreement {
  readonly role: Protocol.Role
  readonly protocol?: string | undefined
  readonly extensions?: ReadonlyArray<Extension> | undefined
  /** The parameters of permessage-deflate, if it was agreed on; the options' compression then says how it is done. */
  readonly compression?: PerMessageDeflate.Params | undefined
  readonly request?: UpgradeRequest | undefined
}

class ConnectionImpl implements Connection {
  readonly driver: Driver.Driver
  readonly agreement: Agreement

  constructor(driver: Driver.Driver, agreement: Agreement) {
    this.driver = driver
    this.agreement = agreement
  }

  get id() {
    return `${this.agreement.role}-${this.driver.number}`
  }

  get pull(): Connection["pull"] {
    return Reader.pull(this.driver)
  }

  get messages(): Connection["messages"] {
    return Reader.messages(this.driver)
  }

  get frames(): Connection["frames"] {
    return Reader.frames(this.driver)
  }

  get sink(): Connection["sink"] {
    return Sink.fromTransform((upstream) => Backpressure.drain(this.driver, upstream))
  }

  get send(): Connection["send"] {
    return (message, options) => Effect.suspend(() => Backpressure.sendAll(this.driver, [message], options))
  }

  get sendAll(): Connection["sendAll"] {
    return (messages, options) => Effect.suspend(() => Backpressure.sendAll(this.driver, messages, options))
  }

  get sendStream(): Connection["sendStream"] {
    return (parts, options) => StreamedMessage.send(this.driver, parts, options)
  }

  get ping(): Connection["ping"] {
    return (options) => Ping.send(this.driver, options?.payload, options?.timeout)
  }

  get close(): Connection["close"] {
    return (code = 1000, reason = "") =>
      Effect.suspend(() => {
        const problem = CloseFrame.check(nodeBytes, { code, reason }, this.agreement.role)
        if (problem !== undefined) return Effect.fail(WebSocketError.fromUsage(problem))
        this.driver.close({ code, reason })
        return this.closed
      })
  }

  get closed(): Connection["closed"] {
    return Effect.callback((resume) => {
      const stop = this.driver.ending.onClosed(() => resume(Effect.succeed(this.driver.ending.event!)))
      return Effect.sync(stop)
    })
  }

  get terminate(): Connection["terminate"] {
    return Effect.sync(() => this.driver.destroy())
  }

  get state() {
    return this.driver.state
  }

  get protocol() {
    return this.agreement.protocol
  }

  get extensions() {
    return this.agreement.extensions ?? []
  }

  get request() {
    return this.agreement.request
  }

  get remoteAddress() {
    return this.driver.transport.remoteAddress
  }

  get bufferedAmount() {
    return this.driver.unsent
  }

  toJSON() {
    const { bufferedAmount, id, protocol, remoteAddress, state } = this
    return {
      _id: "effect-ws/Connection",
      id,
      role: this.agreement.role,
      state,
      protocol,
      remoteAddress,
      bufferedAmount
    }
  }

  [Inspectable.NodeInspectSymbol]() {
    return this.toJSON()
  }
}

/**
 * The connection of a driver, which ends with the scope: the way in for other faces of the same connection.
 *
 * @category unsafe
 * @since 0.1.0
 */
export const fromDriver = (
  driver: Driver.Driver,
  agreement: Agreement
): Effect.Effect<Connection, never, Scope.Scope> => scoped(fromDriverUnsafe(driver, agreement))

/**
 * The same for who sees to its end, by `scoped` or as that does.
 *
 * @category unsafe
 * @since 0.1.0
 */
export const fromDriverUnsafe = (driver: Driver.Driver, agreement: Agreement): Connection =>
  new ConnectionImpl(driver, agreement)

/**
 * Has the scope end a connection.
 *
 * @category unsafe
 * @since 0.1.0
 */
export const scoped = (connection: Connection): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.flatMap(
    Effect.scope,
    (scope) =>
      Effect.as(
        Scope.addFinalizerExit(scope, (exit) => Release.release(toDriver(connection)!.driver, exit)),
        connection
      )
  )

/**
 * The driver beneath a connection, and what the handshake settled; `undefined` for connections of others' making.
 *
 * @category unsafe
 * @since 0.1.0
 */
export const toDriver = (
  connection: Connection
): { readonly driver: Driver.Driver; readonly agreement: Agreement } | undefined =>
  connection instanceof ConnectionImpl ? connection : undefined

/**
 * Makes a connection of a transport on which the opening handshake is done. It ends with the scope.
 *
 * **Example** (Connecting two ends in memory)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as Connection from "effect-ws/Connection"
 *
 * const program = Effect.gen(function*() {
 *   const [client, server] = yield* Connection.pair()
 *   yield* server.send("Hello")
 *   return yield* Stream.runCollect(Stream.take(client.messages, 1))
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => ["Hello"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  transport: Transport,
  agreement: Agreement,
  options: ConnectionOptions.Resolved = ConnectionOptions.resolve()
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.uninterruptible(
    Effect.withFiber(({ context }) => fromDriver(Opening.open(transport, agreement, options, context), agreement))
  )

/**
 * Makes a connection of any Node Duplex on which the opening handshake is done, such as a TCP or TLS socket, a pipe, or a
 * tunnel. The Duplex is the connection's from now on; `head` is what was read from it already.
 *
 * **Example** (Speaking WebSocket over a pair of streams)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as Connection from "effect-ws/Connection"
 * import { duplexPair } from "node:stream"
 *
 * const program = Effect.gen(function*() {
 *   const [left, right] = duplexPair()
 *   const client = yield* Connection.fromDuplex(left, { role: "client" })
 *   const server = yield* Connection.fromDuplex(right, { role: "server" })
 *   yield* client.send("Hello")
 *   return yield* Stream.runCollect(Stream.take(server.messages, 1))
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => ["Hello"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromDuplex = (
  duplex: Duplex,
  agreement: Agreement,
  options?: ConnectionOptions.ConnectionOptions & { readonly head?: Uint8Array | undefined }
): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.suspend(() => {
    const resolved = ConnectionOptions.resolve(options)
    return make(NodeTransport.fromDuplex(duplex, options?.head), agreement, resolved)
  })

/**
 * A client's and a server's end, connected in memory: for tests without ports, also under a `TestClock`. With
 * `compression` they agree on it as a client and a server with the same options would. `transports` are others than those
 * in memory; for faults to inject, see `TestLink` of `effect-ws/testing`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pair = (
  options?: ConnectionOptions.ConnectionOptions,
  transports?: readonly [client: Transport, server: Transport]
): Effect.Effect<readonly [client: Connection, server: Connection], never, Scope.Scope> =>
  Effect.uninterruptible(Effect.suspend(() => {
    const resolved = ConnectionOptions.resolve(options)
    const agreement = agree(resolved.compression)
    const [left, right] = transports ?? MemoryTransport.pair()
    return Effect.all([
      make(left, { role: "client", ...agreement }, resolved),
      make(right, { role: "server", ...agreement }, resolved)
    ])
  }))

/** What a client and a server agree on, if both have these options. */
const agree = (compression: Compression.Resolved | undefined) => {
  const { negotiation } = compression ?? {}
  const accepted = negotiation && PerMessageDeflate.accept([PerMessageDeflate.offer(negotiation)], negotiation)
  const acceptance = accepted && Result.getOrUndefined(accepted)
  return acceptance && { extensions: [acceptance.response], compression: acceptance.params }
}

/**
 * Frames a message once, to send it on many connections. It is compressed once, too, where that is agreed on without
 * context takeover.
 *
 * @see {@link broadcast} which sends it
 * @category constructors
 * @since 0.1.0
 */
export const prepare = (message: Message.Message): Message.Prepared => Message.prepare(nodeBytes, message)

/**
 * Sends a message on all connections that are open, and waits while one of their peers reads more slowly than is sent.
 * What becomes of the connections is none of its business: those that close or break are passed over.
 *
 * **When to use**
 *
 * Use where it is known who is to get it. A `Hub` keeps topics, and has better to offer than waiting for the slowest.
 *
 * **Example** (Broadcasting)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import * as Connection from "effect-ws/Connection"
 *
 * const program = Effect.gen(function*() {
 *   const [client, server] = yield* Connection.pair()
 *   yield* Connection.broadcast([server], "Hello, everyone")
 *   return yield* Stream.runCollect(Stream.take(client.messages, 1))
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => ["Hello, everyone"]
 * ```
 *
 * @category sending
 * @since 0.1.0
 */
export const broadcast = (
  connections: Iterable<Connection>,
  message: Message.Message | Message.Prepared,
  options?: SendOptions
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const drivers: Array<Driver.Driver> = []
    const others: Array<Connection> = []
    for (const connection of connections) {
      if (connection instanceof ConnectionImpl) drivers.push(connection.driver)
      else others.push(connection)
    }
    const prepared = message instanceof Message.Prepared ? message : prepare(message)
    const sending = Broadcast.send(drivers, prepared, options?.compress ?? true)
    if (others.length === 0) return sending
    const toOthers = others.map((connection) => Effect.ignore(connection.send(prepared, options)))
    return Effect.all([sending, ...toOthers], { concurrency: "unbounded", discard: true })
  })
