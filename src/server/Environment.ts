/**
 * What handlers have of the environment that their route was made in.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

/**
 * Leaves out what each connection has of its own: a scope, a span to be below, and what its logs say.
 *
 * @category providing
 * @since 0.1.0
 */
export const withoutOwn = Context.omit(Scope.Scope, Tracer.ParentSpan, References.CurrentLogAnnotations)
