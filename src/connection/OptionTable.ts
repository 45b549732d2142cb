/**
 * Options that are read from a `ConfigProvider`, each by its own name.
 *
 * @since 0.1.0
 */
import * as ByteSize from "effect/ByteSize"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Rec from "effect/Record"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as String from "effect/String"

/** Reads an option by a name; `undefined` if it is not there. */
type Read<A> = (name: string) => Config.Config<A | undefined>

/**
 * How each option is read. An option without a row does not compile; those that are no matter for a configuration, such as
 * functions, are taken out of the type.
 *
 * @category models
 * @since 0.1.0
 */
export type Table<Options> = { readonly [Option in keyof Options]-?: Read<Options[Option]> }

/**
 * Reads the options that are there, below the prefix `WEBSOCKET`: names like `PATH` and `VERSION` are taken in most
 * environments.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = <Options extends object>(table: Table<Options>): Config.Config<Options> =>
  Config.nested(all(table), "WEBSOCKET")

/** Each by its own name in constant case: `CLOSE_TIMEOUT` for `closeTimeout`. */
const all = <Options extends object>(table: Table<Options>): Config.Config<Options> => {
  const reads = Rec.map(
    table as Readonly<Record<string, Read<unknown>>>,
    (read, option) => read(String.configCase(option))
  )
  return Config.map(Config.all(reads), Rec.filter((value) => value !== undefined)) as Config.Config<Options>
}

/**
 * An option of any schema.
 *
 * @category options
 * @since 0.1.0
 */
export const of = <A>(schema: Schema.ConstraintCodec<A, unknown>): Read<A> => (name) =>
  Config.withDefault(Config.schema(schema, name), undefined)

/**
 * Text.
 *
 * @category options
 * @since 0.1.0
 */
export const text: Read<string> = of(Schema.String)

/**
 * `true` or `false`, and what else `Config.Boolean` takes.
 *
 * @category options
 * @since 0.1.0
 */
export const switched: Read<boolean> = (name) => Config.withDefault(Config.Boolean(name), undefined)

/**
 * Options that can be switched on and off as a whole, `COMPRESSION=true`, or are given one by one, which switches them on:
 * `COMPRESSION_LEVEL=5`.
 *
 * @category options
 * @since 0.1.0
 */
export const group = <Options extends object>(table: Table<Options>): Read<boolean | Options> => (name) =>
  Config.map(
    Config.all({ isOn: switched(name), options: Config.nested(all(table), name) }),
    ({ isOn, options }) => isOn === false || Rec.isEmptyRecord(options as Record<string, unknown>) ? isOn : options
  )

/**
 * A list with commas.
 *
 * @category options
 * @since 0.1.0
 */
export const list: Read<ReadonlyArray<string>> = (name) =>
  Config.withDefault(Config.Array(Schema.String, name), undefined)

/**
 * Names and values: `name=value,other=value`.
 *
 * @category options
 * @since 0.1.0
 */
export const record: Read<Readonly<Record<string, string>>> = (name) =>
  Config.withDefault(Config.Record(Schema.String, Schema.String, name), undefined)

/**
 * A time from zero to infinity, with its unit: `10 seconds`.
 *
 * @category options
 * @since 0.1.0
 */
export const time: Read<Duration.Duration> = of(
  Schema.DurationFromString.check(
    Schema.makeFilter((duration) => !Duration.isNegative(duration), { expected: "a time of zero or more" })
  )
)

/**
 * A whole number within bounds.
 *
 * @category options
 * @since 0.1.0
 */
export const integer = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Read<number> =>
  of(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const countOctets = {
  decode: SchemaGetter.transform(ByteSize.toNumberUnsafe),
  encode: SchemaGetter.transform((octets: number) => ByteSize.bytes(octets))
}

/**
 * Octets, with a unit or without: `65536`, `64 KiB`.
 *
 * @category options
 * @since 0.1.0
 */
export const octets: Read<number> = of(
  Schema.Union([Schema.Int, Schema.ByteSizeFromString.pipe(Schema.decodeTo(Schema.Int, countOctets))]).check(
    Schema.isGreaterThanOrEqualTo(0)
  )
)
