/**
 * Connections for programs of promises: `for await`, `AbortSignal` and `await using`.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Connection from "./Connection.ts"
import type { Message } from "./protocol/Message.ts"
import * as WebSocketClient from "./WebSocketClient.ts"
import type { Handler, ServerConnection } from "./WebSocketServer.ts"

/**
 * A connection that is open, as an iterable of its messages.
 *
 * **Details**
 *
 * `for await` takes the messages as `Connection.messages` gives them: a loop that is slow holds the peer back. It ends on
 * close codes 1000, 1001 and 1005, and throws a `WebSocketError` otherwise. A client that leaves it, by `break` or by an
 * error, closes the connection with 1000; a server's handler goes on with the connection until it is done. Promises are
 * rejected with the `WebSocketError` with which the effects fail.
 *
 * @category models
 * @since 0.1.0
 */
export interface AsyncConnection<C extends Connection.Connection = Connection.Connection>
  extends AsyncIterable<Message>, AsyncDisposable
{
  /** The same connection for effects. */
  readonly connection: C
  /** Whoever aborts it ends the connection with 1001, and has the loop throw the signal's reason. */
  readonly signal: AbortSignal | undefined
  /** Sends a message; waits while the peer reads more slowly than is sent. */
  readonly send: (message: Message | Connection.Prepared, options?: Connection.SendOptions) => Promise<void>
  /** Sends messages, waiting in between where the peer reads more slowly. */
  readonly sendAll: (
    messages: ReadonlyArray<Message | Connection.Prepared>,
    options?: Connection.SendOptions
  ) => Promise<void>
  /** The round-trip time in milliseconds. */
  readonly ping: (options?: Parameters<Connection.Connection["ping"]>[0]) => Promise<number>
  /** Performs the closing handshake. */
  readonly close: (code?: number, reason?: string) => Promise<Connection.CloseEvent>
  /** Waits for the end of the connection, whoever brings it about. It is never rejected. */
  readonly closed: Promise<Connection.CloseEvent>
  /** Closes with 1000, and waits until nothing is left of a client's connection. */
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/**
 * Options of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends WebSocketClient.Options {
  /** Gives up connecting; later, ends the connection with 1001. */
  readonly signal?: AbortSignal | undefined
}

class AsyncConnectionImpl<C extends Connection.Connection> implements AsyncConnection<C> {
  readonly connection: C
  readonly signal: AbortSignal | undefined
  /** What ends the connection's scope, unless that is the handler's to do. */
  private readonly release: Effect.Effect<void> | undefined

  constructor(connection: C, signal: AbortSignal | undefined, release?: Effect.Effect<void>) {
    this.connection = connection
    this.signal = signal
    this.release = release
  }

  get send(): AsyncConnection["send"] {
    return (message, options) => Effect.runPromise(this.connection.send(message, options))
  }

  get sendAll(): AsyncConnection["sendAll"] {
    return (messages, options) => Effect.runPromise(this.connection.sendAll(messages, options))
  }

  get ping(): AsyncConnection["ping"] {
    return (options) => Effect.runPromise(Effect.map(this.connection.ping(options), Duration.toMillis))
  }

  get close(): AsyncConnection["close"] {
    return (code, reason) => Effect.runPromise(this.connection.close(code, reason))
  }

  get closed(): AsyncConnection["closed"] {
    return Effect.runPromise(this.connection.closed)
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    const messages = Stream.toAsyncIterable(this.connection.messages)[Symbol.asyncIterator]()
    const take = async () => {
      const result = await messages.next().catch((error: unknown) => {
        this.signal?.throwIfAborted()
        throw error
      })
      if (result.done === true) this.signal?.throwIfAborted()
      return result
    }
    let last: Promise<unknown> = Promise.resolve()
    return {
      next: () => { // as with a generator, one that is called early gets its turn
        const result = last.then(take, take)
        last = result
        return result
      },
      return: async () => {
        await messages.return?.()
        if (this.release !== undefined) await this[Symbol.asyncDispose]()
        return { done: true, value: undefined }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Effect.runPromise(Effect.andThen(this.connection.close(), this.release ?? Effect.void))
  }
}

/**
 * Connects to a server, as `WebSocketClient.connect` does. The connection is there until it is closed, by either side, or
 * `signal` is aborted.
 *
 * **Details**
 *
 * The promise is rejected with a `WebSocketError`, or with the signal's reason. Nothing is left of an attempt that is
 * given up.
 *
 * **Example** (Reading until enough was said)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import * as AsyncConnection from "effect-ws/AsyncConnection"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Counter = WebSocketServer.handle("/", ({ sink }) => Stream.run(Stream.map(Stream.range(1, 9), String), sink)).pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 * )
 *
 * const count = async () => {
 *   await using connection = await AsyncConnection.connect("ws://localhost:8080", { signal: AbortSignal.timeout(5000) })
 *   let sum = 0
 *   for await (const message of connection) {
 *     sum += Number(message)
 *     if (sum > 10) break
 *   }
 *   return sum
 * }
 *
 * await Effect.runPromise(Effect.provide(Effect.promise(count), Counter)) // => 15
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = async (
  url: string | URL,
  { signal, ...options }: Options = {}
): Promise<AsyncConnection> => {
  signal?.throwIfAborted()
  const scope = Scope.makeUnsafe()
  const close = (exit: Exit.Exit<unknown, unknown>) => Scope.close(scope, exit)
  const connecting = Scope.provide(WebSocketClient.connect(url, options), scope)
  const exit = await Effect.runPromiseExit(connecting, { signal })
  if (Exit.isSuccess(exit) && signal?.aborted !== true) {
    if (signal !== undefined) endWith(signal, exit.value, close(Exit.interrupt()))
    // The scope does not end with the peer: that would drop what came and is still to be read
    return new AsyncConnectionImpl(exit.value, signal, close(Exit.void))
  }
  await Effect.runPromise(close(Exit.interrupt()))
  throw Exit.isFailure(exit) && signal?.aborted !== true ? Cause.squash(exit.cause) : signal?.reason
}

/** The signal is listened to for as long as there is something to end. */
const endWith = (signal: AbortSignal, { closed }: Connection.Connection, end: Effect.Effect<void>): void => {
  const onAbort = () => void Effect.runFork(end)
  signal.addEventListener("abort", onAbort, { once: true })
  Effect.runFork(Effect.map(closed, () => signal.removeEventListener("abort", onAbort)))
}

/**
 * A server's handler that is an async function. Its `signal` is aborted when the server shuts down, which does not wait for
 * the function.
 *
 * **Details**
 *
 * When the promise is fulfilled the connection closes with 1000, when it is rejected with 1011, also from within a loop
 * over the messages.
 *
 * **Example** (Echoing)
 *
 * ```ts
 * import { Layer } from "effect"
 * import * as AsyncConnection from "effect-ws/AsyncConnection"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = WebSocketServer.handle(
 *   "/echo",
 *   AsyncConnection.handler(async (connection) => {
 *     for await (const message of connection) await connection.send(message)
 *   })
 * ).pipe(Layer.provide(NodeWebSocketServer.layer({ port: 8080 })))
 * ```
 *
 * @category handlers
 * @since 0.1.0
 */
export const handler = <X, A = void>(
  handle: (connection: AsyncConnection<ServerConnection>, accepted: A) => PromiseLike<X>
): Handler<X, unknown, never, A> =>
(connection, accepted) =>
  Effect.tryPromise({
    try: (signal) => handle(new AsyncConnectionImpl(connection, signal), accepted),
    catch: identity
  })
