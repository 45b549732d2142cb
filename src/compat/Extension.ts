/**
 * ws's `extension`: the `Sec-WebSocket-Extensions` header as objects.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Extension from "../protocol/Extension.ts"
import * as Errors from "./Errors.ts"
import * as HeaderList from "./HeaderList.ts"

/**
 * The values of each parameter of an offer, in order; `true` where a parameter has none.
 *
 * @category models
 * @since 0.1.0
 */
export type Configuration = Record<string, Array<string | true>>

type Value = string | number | boolean

/**
 * The parameters of an offer as they may be written: the values of each, or its only one.
 *
 * @category models
 * @since 0.1.0
 */
export type Writable = Readonly<Record<string, Value | ReadonlyArray<Value>>>

const asArray = <A>(value: A | ReadonlyArray<A>): ReadonlyArray<A> => Array.isArray(value) ? value : [value as A]

/**
 * The parameters of an offer in a row.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toParams = (configuration: Writable): ReadonlyArray<Extension.Param> =>
  Object.entries(configuration).flatMap(([name, values]) =>
    asArray(values).map((value): Extension.Param => [name, value === true ? true : `${value}`])
  )

/** The objects have no prototype: the names are the peer's. */
const push = <A>(record: Record<string, Array<A>>, name: string, value: A): void => {
  record[name] ??= []
  record[name].push(value)
}

const empty = <A>(): Record<string, Array<A>> => Object.create(null) as Record<string, Array<A>>

const toConfiguration = (params: ReadonlyArray<Extension.Param>): Configuration => {
  const configuration = empty<string | true>()
  for (const [name, value] of params) push(configuration, name, value)
  return configuration
}

/**
 * Reads the header's value: the offers of each extension, in order. Throws a `SyntaxError` if it is malformed.
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (header: string): Record<string, Array<Configuration>> => {
  const extensions = Result.getOrThrowWith(HeaderList.read(header, Extension.parse), Errors.fromSyntax)
  const offers = empty<Configuration>()
  for (const { name, params } of extensions) push(offers, name, toConfiguration(params))
  return offers
}

/**
 * Writes the header's value.
 *
 * @category writing
 * @since 0.1.0
 */
export const format = (extensions: Readonly<Record<string, Writable | ReadonlyArray<Writable>>>): string =>
  Extension.format(
    Object.entries(extensions).flatMap(([name, offers]) =>
      asArray(offers).map((configuration) => ({ name, params: toParams(configuration) }))
    )
  )
