/**
 * Logs that say which connection they are of.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Connection } from "../Connection.ts"
import { idKey } from "./ConnectionSpan.ts"

/**
 * Whether what handlers log says it. Default false: it would take some hundred octets of each connection.
 *
 * @category references
 * @since 0.1.0
 */
export const Wanted: Context.Reference<boolean> = Context.Reference<boolean>("effect-ws/Observability/Logs", {
  defaultValue: () => false
})

/**
 * Has what an effect logs say it.
 *
 * @category combinators
 * @since 0.1.0
 */
export const annotate = <A, E, R>({ id }: Connection, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.annotateLogs(effect, idKey, id)

/**
 * The same, where it is wanted in the context.
 *
 * @category combinators
 * @since 0.1.0
 */
export const annotateIfWanted = <A, E, R>(
  context: Context.Context<never>,
  connection: Connection,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Context.get(context, Wanted) ? annotate(connection, effect) : effect
