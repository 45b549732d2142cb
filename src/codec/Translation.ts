/**
 * Messages to values of a schema, and back: a whole batch at a time.
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import * as Message from "../protocol/Message.ts"
import type * as WebSocketError from "../WebSocketError.ts"
import * as Faults from "./Faults.ts"
import type { Format } from "./Format.ts"

type Decoded<A> = Result.Result<A, WebSocketError.DecodeError>

type Encoded = Message.Message | Message.Prepared

/**
 * A schema and a format, with the parsers that were made of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Translation<A, DecodingServices, EncodingServices> {
  /** What became of each message, in order. */
  readonly decode: (
    messages: NonEmptyReadonlyArray<Message.Message>
  ) => Effect.Effect<NonEmptyReadonlyArray<Decoded<A>>, never, DecodingServices>
  /** All values as messages, or the error of the first that does not fit. What is prepared stays as it is. */
  readonly encode: (
    values: ReadonlyArray<A | Message.Prepared>
  ) => Effect.Effect<ReadonlyArray<Encoded>, WebSocketError.WebSocketError, EncodingServices>
}

/**
 * The translation of a schema.
 *
 * @category models
 * @since 0.1.0
 */
export type Of<S extends Schema.Constraint> = Translation<S["Type"], S["DecodingServices"], S["EncodingServices"]>

/**
 * Makes the translation of a schema, whose encoded side is what the format reads and writes. It makes the parsers when
 * they are needed, and once.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <S extends Schema.Constraint>(format: Format, schema: S): Of<S> => {
  const decode = decoder(format, schema)
  const encode = encoder(format, schema)
  return {
    decode: (messages) => Effect.suspend(() => all(messages, decode, [])) as ReturnType<Of<S>["decode"]>,
    encode: (values) => Effect.suspend(() => all(values, encode, []))
  }
}

/** Adds to `done` what becomes of the items, in order. Those that take no time cost no fiber and run no Effect. */
const all = <A, B, E, R>(
  items: ReadonlyArray<A>,
  translate: (item: A) => Effect.Effect<B, E, R>,
  done: Array<B>
): Effect.Effect<ReadonlyArray<B>, E, R> => {
  while (done.length < items.length) {
    const effect = translate(items[done.length])
    if (Exit.isExit(effect) && Exit.isSuccess(effect)) done.push(effect.value as B)
    else return Effect.flatMap(effect, (it) => all(items, translate, (done.push(it), done)))
  }
  return Effect.succeed(done)
}

const decoder = <S extends Schema.Constraint>(format: Format, schema: S) => {
  const decode = SchemaParser.decodeUnknownEffect(schema)
  return (message: Message.Message): Effect.Effect<Decoded<S["Type"]>, never, S["DecodingServices"]> => {
    const parsed = parse(format, message)
    if (Result.isFailure(parsed)) return Effect.succeed(Result.fail(parsed.failure))
    return Effect.matchEager(decode(parsed.success), {
      onSuccess: Result.succeed,
      onFailure: (issue) => Result.fail(Faults.value(message, issue))
    })
  }
}

const parse = (format: Format, message: Message.Message): Decoded<unknown> => {
  try {
    if (format.kind === "text" && typeof message === "string") return Result.succeed(format.parse(message))
    if (format.kind === "binary" && typeof message !== "string") return Result.succeed(format.parse(message))
    return Result.fail(Faults.kind(message, format))
  } catch (cause) {
    return Result.fail(Faults.syntax(message, format, cause))
  }
}

const encoder = <S extends Schema.Constraint>(format: Format, schema: S) => {
  const encode = SchemaParser.encodeUnknownEffect(schema)
  return (
    value: S["Type"] | Message.Prepared
  ): Effect.Effect<Encoded, WebSocketError.WebSocketError, S["EncodingServices"]> => {
    if (value instanceof Message.Prepared) return Effect.succeed(value)
    const encoded = Effect.mapErrorEager(encode(value), (issue) => Faults.unfit(value, issue))
    return Effect.flatMapEager(encoded, (plain) => print(format, value, plain))
  }
}

const print = (
  format: Format,
  value: unknown,
  plain: unknown
): Effect.Effect<Message.Message, WebSocketError.WebSocketError> => {
  try {
    const printed = format.print(plain) as Message.Message | undefined // `JSON.stringify` gives nothing for what JSON lacks
    return printed === undefined
      ? Effect.fail(Faults.unprintable(value, format, "it has no way to write it"))
      : Effect.succeed(printed)
  } catch (cause) {
    return Effect.fail(Faults.unprintable(value, format, cause))
  }
}
