/**
 * Spans that are made only where there is a tracer to take them.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"

/**
 * What gets a span, where there is a tracer.
 *
 * @category models
 * @since 0.1.0
 */
export type Level = "None" | "Connections" | "Messages"

/**
 * The level of whoever opens a connection. Default `Connections`.
 *
 * @category references
 * @since 0.1.0
 */
export const Level: Context.Reference<Level> = Context.Reference<Level>("effect-ws/Observability/Level", {
  defaultValue: () => "Connections"
})

/**
 * A span that has begun.
 *
 * @category models
 * @since 0.1.0
 */
export interface Begun {
  readonly span: Tracer.Span
  readonly end: (exit: Exit.Exit<unknown, unknown>) => void
}

/**
 * Begins a span if somebody listens. Without a tracer it costs a comparison.
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = <A, E, R>(
  name: string,
  options: () => Tracer.SpanOptions,
  use: (begun: Begun | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    if (!isTraced(fiber)) return use(undefined)
    return Effect.flatMap(Effect.makeSpan(name, options()), (span) => use({ span, end: endOf(span, fiber) }))
  })

const isTraced = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  const { tracer, tracerEnabled } = fiber.cache
  return tracer !== undefined && tracer !== Tracer.nativeTracer && tracerEnabled && fiber.getRef(Level) !== "None"
}

const endOf = (span: Tracer.Span, fiber: Fiber.Fiber<unknown, unknown>): Begun["end"] => {
  const clock = fiber.getRef(Clock.Clock)
  const isTimed = fiber.getRef(References.TracerTimingEnabled)
  return (exit) => span.end(isTimed ? clock.currentTimeNanosUnsafe() : 0n, exit)
}

/**
 * Makes the spans of an effect children of this one.
 *
 * @category combinators
 * @since 0.1.0
 */
export const within = <A, E, R>(begun: Begun | undefined, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  begun === undefined
    ? effect
    : Effect.withParentSpan(effect, begun.span, { captureStackTrace: false }) as Effect.Effect<A, E, R>
