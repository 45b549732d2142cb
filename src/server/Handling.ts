/**
 * A handler at work, in the scope of its connection.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { Connection } from "../Connection.ts"
import * as ConnectionLogs from "../connection/ConnectionLogs.ts"
import * as ConnectionSpan from "../connection/ConnectionSpan.ts"
import { WebSocketError } from "../WebSocketError.ts"
import type { ServerConnection } from "../WebSocketServer.ts"

/**
 * How a handler is run.
 *
 * @category models
 * @since 0.1.0
 */
export interface Manner {
  /** Makes interruptible what should be. */
  readonly restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Is told of a failure before the connection is closed for it. */
  readonly onFailure: (connection: Connection, cause: Cause.Cause<unknown>) => Effect.Effect<void>
}

/**
 * Runs a handler, and closes the connection as the handler ends. Its logs and spans are the connection's. To be called
 * uninterruptibly: the connection is open.
 *
 * @category running
 * @since 0.1.0
 */
export const run = <A, E, R>(
  making: Effect.Effect<Connection, never, Scope.Scope>,
  handler: (connection: ServerConnection) => Effect.Effect<A, E, R>,
  { onFailure, restore }: Manner
): Effect.Effect<A, E, Exclude<R, Scope.Scope>> =>
  Effect.scoped(
    Effect.flatMap(making, (connection) => {
      const handling = ConnectionSpan.live(connection, "server", (connection) =>
        Effect.onExit(
          Effect.suspend(() => restore(handler(connection as ServerConnection))),
          (exit) =>
            Exit.isFailure(exit) ? ConnectionLogs.annotate(connection, onFailure(connection, exit.cause)) : Effect.void
        ))
      return ConnectionLogs.annotateIfWanted(connection, handling)
    })
  )

/**
 * Whether a failure is more than that the connection ended, or is silent.
 *
 * @category guards
 * @since 0.1.0
 */
export const isNews = (connection: Connection, { reasons }: Cause.Cause<unknown>): boolean =>
  reasons.some((reason) => isNewsOf(reason, connection.state))

/** While the handler's own connection is open, a broken one is another one. */
const isNewsOf = (reason: Cause.Reason<unknown>, state: Connection["state"]): boolean => {
  if (reason._tag !== "Fail") return reason._tag === "Die"
  if (!(reason.error instanceof WebSocketError)) return true
  const { _tag } = reason.error.reason
  if (_tag === "UsageError" || _tag === "EncodeError") return true
  if (_tag === "DecodeError") return state === "Open"
  return !(state === "Closed" || _tag === "CloseError" || _tag === "TimeoutError")
}
