/** A tracer that keeps its spans. */
import { Effect, Layer, Option, Tracer } from "effect"

export interface Spans {
  readonly all: ReadonlyArray<Tracer.Span>
  readonly layer: Layer.Layer<never>
  /** The first span of that name and kind. */
  readonly find: (name: string, kind: Tracer.SpanKind) => Tracer.Span
  readonly names: (kind?: Tracer.SpanKind) => ReadonlyArray<string>
}

export const make = (): Spans => {
  const all: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      all.push(span)
      return span
    }
  })
  const find = (name: string, kind: Tracer.SpanKind): Tracer.Span => {
    const span = all.find((span) => span.name === name && span.kind === kind)
    if (span === undefined) throw new Error(`there is no span ${name} of a ${kind}`)
    return span
  }
  const names = (kind?: Tracer.SpanKind) =>
    all.filter((span) => (kind ?? span.kind) === span.kind).map(({ name }) => name)
  return { all, layer: Layer.succeed(Tracer.Tracer, tracer), find, names }
}

export const parentOf = ({ parent }: Tracer.Span): string | undefined => Option.getOrUndefined(parent)?.spanId

export const attributesOf = ({ attributes }: Tracer.Span): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes)

/** Waits until it is over, and gives how. */
export const exitOf = (span: Tracer.Span): Effect.Effect<string> =>
  Effect.suspend(() =>
    span.status._tag === "Ended" ? Effect.succeed(span.status.exit._tag) : Effect.andThen(Effect.sleep(1), exitOf(span))
  )
