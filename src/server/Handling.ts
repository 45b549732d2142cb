/**
 * A handler at work, in the scope of its connection.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Connection from "../Connection.ts"
import * as ConnectionLogs from "../connection/ConnectionLogs.ts"
import * as ConnectionSpan from "../connection/ConnectionSpan.ts"
import * as Release from "../connection/Release.ts"
import * as Tracing from "../connection/Tracing.ts"
import { WebSocketError } from "../WebSocketError.ts"
import type { ServerConnection } from "../WebSocketServer.ts"

/**
 * Makes the connection, at once and with the services that it finds; it ends with `run`.
 *
 * @category models
 * @since 0.1.0
 */
export type Making = (context: Context.Context<never>) => Connection.Connection

/**
 * How a handler is run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Manner {
  /** The connection's, which is the environment's, too: `fork` makes it. */
  readonly scope: Scope.Closeable
  /** Is told of a failure before the connection is closed for it. */
  readonly onFailure: (connection: Connection.Connection, cause: Cause.Cause<unknown>) => Effect.Effect<void>
  /** Is told of what died as the scope was closed, with which `run` ends in any case. */
  readonly onDeath?: ((cause: Cause.Cause<unknown>) => Effect.Effect<void>) | undefined
}

/**
 * Forks what serves one request, uninterruptibly and with the scope of the connection that may come of it. All other
 * services that it needs are in the context.
 *
 * @category running
 * @since 0.1.0
 */
export const fork = <A, E, R>(
  context: Context.Context<never>,
  serve: (scope: Scope.Closeable) => Effect.Effect<A, E, R>
): Fiber.Fiber<A, E> => {
  const scope = Scope.makeUnsafe()
  const services = Context.add(context, Scope.Scope, scope) as Context.Context<R>
  return Effect.runForkWith(services)(serve(scope), { uninterruptible: true })
}

/**
 * Runs a handler, and closes the scope and the connection as the handler ends. Its logs and spans are the connection's.
 * To be called uninterruptibly, and where `scope` is the environment's.
 *
 * @category running
 * @since 0.1.0
 */
export const run = <A, E, R>(
  make: Making,
  handler: (connection: ServerConnection) => Effect.Effect<A, E, R>,
  manner: Manner
): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.withFiber(({ context }) => {
    const connection = make(context)
    return Effect.flatMap(ConnectionSpan.begin(connection, "server"), (span) => {
      const handling = ConnectionSpan.within(span, connection, (connection) => attend(connection, handler))
      return supervise(ConnectionLogs.annotateIfWanted(context, connection, handling), connection, span, manner)
    })
  })

// Functions of their own: what these close over lives as long as the connection

const attend = <A, E, R>(
  connection: Connection.Connection,
  handler: (connection: ServerConnection) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Effect.interruptible(Effect.suspend(() => handler(connection as ServerConnection)))

const supervise = <A, E, R>(
  handling: Effect.Effect<A, E, R>,
  connection: Connection.Connection,
  span: Tracing.Begun | undefined,
  manner: Manner
): Effect.Effect<A, E, R> => Effect.onExitPrimitive(handling, (exit) => end(connection, span, exit, manner))

/** Says what went wrong, closes the scope, and then the connection. */
const end = (
  connection: Connection.Connection,
  span: Tracing.Begun | undefined,
  exit: Exit.Exit<unknown, unknown>,
  { onDeath, onFailure, scope }: Manner
): Effect.Effect<void> => {
  const { driver } = Connection.toDriver(connection)!
  const closing = Effect.ensuring(Scope.close(scope, exit), Release.release(driver, exit))
  const watched = onDeath === undefined ? closing : Effect.onError(closing, (cause) => onDeath(cause))
  if (Exit.isSuccess(exit)) return watched
  const telling = ConnectionLogs.annotate(connection, onFailure(connection, exit.cause))
  return Effect.ensuring(Tracing.within(span, telling), watched)
}

/**
 * Whether a failure is more than that the connection ended, or is silent.
 *
 * @category guards
 * @since 0.1.0
 */
export const isNews = (connection: Connection.Connection, { reasons }: Cause.Cause<unknown>): boolean =>
  reasons.some((reason) => isNewsOf(reason, connection.state))

/** While the handler's own connection is open, a broken one is another one. */
const isNewsOf = (reason: Cause.Reason<unknown>, state: Connection.Connection["state"]): boolean => {
  if (reason._tag !== "Fail") return reason._tag === "Die"
  if (!(reason.error instanceof WebSocketError)) return true
  const { _tag } = reason.error.reason
  if (_tag === "UsageError" || _tag === "EncodeError") return true
  if (_tag === "DecodeError") return state === "Open"
  return !(state === "Closed" || _tag === "CloseError" || _tag === "TimeoutError")
}
