/**
 * Connections that speak values of a schema instead of text and bytes.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as Formats from "./codec/Format.ts"
import * as NodeMsgPack from "./codec/NodeMsgPack.ts"
import * as Sieve from "./codec/Sieve.ts"
import * as Translation from "./codec/Translation.ts"
import * as Connection from "./Connection.ts"
import type * as Message from "./protocol/Message.ts"
import type { Reconnecting } from "./Reconnect.ts"
import type * as WebSocketError from "./WebSocketError.ts"

/**
 * What one end of a connection takes and sends. `flip` gives the other end's.
 *
 * @category models
 * @since 0.1.0
 */
export interface Codec<In extends Schema.Constraint, Out extends Schema.Constraint> {
  readonly incoming: Translation.Of<In>
  readonly outgoing: Translation.Of<Out>
}

/**
 * How values are written as messages, and read.
 *
 * @category models
 * @since 0.1.0
 */
export type Format = Formats.Format

/**
 * A value that was encoded and framed once, by `prepare`, to be sent on many connections.
 *
 * @category models
 * @since 0.1.0
 */
export interface Prepared<out A> extends Message.Prepared {
  readonly "~effect-ws/Codec/Prepared": A
}

/**
 * What happens with a message that cannot be decoded.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = Sieve.Options

/**
 * A connection that takes values of one schema and sends those of another. `E` is what a connection that survives fails
 * with besides.
 *
 * @category models
 * @since 0.1.0
 */
export interface Typed<
  In,
  Out,
  InServices = never,
  OutServices = never,
  C = Connection.Connection,
  E = never
> {
  /** What is beneath: for pings, closing, the subprotocol, and all the rest. */
  readonly connection: C
  /** The values that come, a batch for each read. Ends and fails as the connection's own messages do. */
  readonly messages: Stream.Stream<In, E | WebSocketError.WebSocketError, InServices>
  /** The same with those that cannot be decoded; the connection goes on after them. */
  readonly results: Stream.Stream<
    Result.Result<In, WebSocketError.DecodeError>,
    E | WebSocketError.WebSocketError,
    InServices
  >
  /** Sends a value. One that does not fit the schema is an `EncodeError`. */
  readonly send: (
    value: Out | Prepared<Out>,
    options?: Connection.SendOptions
  ) => Effect.Effect<void, E | WebSocketError.WebSocketError, OutServices>
  /** Sends values; none of them, if one does not fit the schema. */
  readonly sendAll: (
    values: ReadonlyArray<Out | Prepared<Out>>,
    options?: Connection.SendOptions
  ) => Effect.Effect<void, E | WebSocketError.WebSocketError, OutServices>
  /** Sends every value, as `sendAll` does for each array. */
  readonly sink: Sink.Sink<void, Out | Prepared<Out>, never, E | WebSocketError.WebSocketError, OutServices>
}

/**
 * A codec of any format. The schemas' encoded sides are what the format reads and writes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <In extends Schema.Constraint, Out extends Schema.Constraint>(
  format: Format,
  incoming: In,
  outgoing: Out
): Codec<In, Out> => ({
  incoming: Translation.make(format, incoming),
  outgoing: Translation.make(format, outgoing)
})

/**
 * A codec of JSON in text messages: what comes in, and what goes out. What JSON does not know, such as dates, is written
 * as `Schema.toCodecJson` has it.
 *
 * **Example** (Speaking one protocol on both ends)
 *
 * ```ts
 * import { Effect, Schema, Stream } from "effect"
 * import * as Codec from "effect-ws/Codec"
 * import * as Connection from "effect-ws/Connection"
 *
 * const Question = Schema.Struct({ text: Schema.NonEmptyString, at: Schema.Date })
 * const Answer = Schema.Struct({ text: Schema.String, pages: Schema.Array(Schema.Int) })
 *
 * const server = Codec.json(Question, Answer)
 * const client = Codec.flip(server)
 *
 * const program = Effect.gen(function*() {
 *   const [left, right] = yield* Connection.pair()
 *   const { messages } = Codec.typed(left, server)
 *   const { send } = Codec.typed(right, client)
 *   yield* send({ text: "Why?", at: new Date(0) })
 *   return yield* Stream.runCollect(Stream.take(messages, 1))
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => [{ text: "Why?", at: new Date(0) }]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const json = <In extends Schema.Constraint, Out extends Schema.Constraint>(
  incoming: In,
  outgoing: Out
): Codec<In, Out> => ({
  incoming: Translation.make(Formats.json, Schema.toCodecJson(incoming)),
  outgoing: Translation.make(Formats.json, Schema.toCodecJson(outgoing))
})

/**
 * A codec of MessagePack in binary messages. Needs the package `msgpackr`, and throws a `UsageError` if it is not
 * installed.
 *
 * **Gotchas**
 *
 * The schemas' encoded sides are written as they are: MessagePack knows bytes, dates and bigints of 64 bits besides what
 * JSON knows, but neither `Option` nor `DateTime`. For these, give schemas that encode them, or `Schema.toCodecJson` of
 * yours.
 *
 * @category constructors
 * @since 0.1.0
 */
export const msgPack = <In extends Schema.Constraint, Out extends Schema.Constraint>(
  incoming: In,
  outgoing: Out
): Codec<In, Out> => make(Result.getOrThrow(NodeMsgPack.load()), incoming, outgoing)

/**
 * A codec of Effect's own compact encoding in binary messages, which is derived from the schemas and knows all that they
 * know. Both ends need the same schemas, or versions of them that are compatible: see `SchemaBinary`, which Effect calls
 * unstable.
 *
 * @category constructors
 * @since 0.1.0
 */
export const binary = <In extends Schema.Constraint, Out extends Schema.Constraint>(
  incoming: In,
  outgoing: Out
): Codec<In, Out> => ({
  incoming: Translation.make(Formats.bytes, SchemaBinary.toCodec(incoming)),
  outgoing: Translation.make(Formats.bytes, SchemaBinary.toCodec(outgoing))
})

/**
 * The codec of the other end, which takes what this one sends.
 *
 * @category combinators
 * @since 0.1.0
 */
export const flip = <In extends Schema.Constraint, Out extends Schema.Constraint>(
  { incoming, outgoing }: Codec<In, Out>
): Codec<Out, In> => ({ incoming: outgoing, outgoing: incoming })

/**
 * Encodes and frames a value once, to be sent on any number of connections with this codec.
 *
 * @category constructors
 * @since 0.1.0
 */
export const prepare = <In extends Schema.Constraint, Out extends Schema.Constraint>(
  codec: Codec<In, Out>,
  value: Out["Type"]
): Effect.Effect<Prepared<Out["Type"]>, WebSocketError.WebSocketError, Out["EncodingServices"]> =>
  Effect.map(
    codec.outgoing.encode([value]),
    ([message]) => Connection.prepare(message as Message.Message) as Prepared<Out["Type"]>
  )

/**
 * The face of a connection that speaks values. It is no more than a view: the connection's own `messages` and `send` can
 * be used besides, and there is one reader at a time.
 *
 * **Details**
 *
 * A batch of messages is decoded at once. Only schemas that are asynchronous, or that need services which are, make the
 * batch wait; its values keep their order.
 *
 * A connection that survives (`Reconnect`) can speak values, too. A message that cannot be decoded closes it for good,
 * unless it is skipped.
 *
 * @category constructors
 * @since 0.1.0
 */
export const typed: {
  <In extends Schema.Constraint, Out extends Schema.Constraint>(
    connection: Connection.Connection,
    codec: Codec<In, Out>,
    options?: Options
  ): Typed<In["Type"], Out["Type"], In["DecodingServices"], Out["EncodingServices"]>
  <E, In extends Schema.Constraint, Out extends Schema.Constraint>(
    connection: Reconnecting<E>,
    codec: Codec<In, Out>,
    options?: Options
  ): Typed<In["Type"], Out["Type"], In["DecodingServices"], Out["EncodingServices"], Reconnecting<E>, E>
} = <In extends Schema.Constraint, Out extends Schema.Constraint, C extends Reconnecting | Connection.Connection>(
  connection: C,
  codec: Codec<In, Out>,
  options: Options = {}
) => new TypedImpl(connection, codec, options)

class TypedImpl<
  In extends Schema.Constraint,
  Out extends Schema.Constraint,
  C extends Reconnecting | Connection.Connection
> implements Typed<In["Type"], Out["Type"], In["DecodingServices"], Out["EncodingServices"], C> {
  readonly connection: C
  readonly codec: Codec<In, Out>
  readonly options: Options

  constructor(connection: C, codec: Codec<In, Out>, options: Options) {
    this.connection = connection
    this.codec = codec
    this.options = options
  }

  get results() {
    return Stream.mapArrayEffect(this.connection.messages, this.codec.incoming.decode)
  }

  get messages() {
    return Stream.transformPull(
      this.results,
      (pull) => Effect.sync(() => Sieve.values(pull, this.connection, this.options))
    )
  }

  get sendAll() {
    return (values: ReadonlyArray<Out["Type"] | Message.Prepared>, options?: Connection.SendOptions) =>
      Effect.flatMap(this.codec.outgoing.encode(values), (messages) => this.connection.sendAll(messages, options))
  }

  get send() {
    return (value: Out["Type"] | Message.Prepared, options?: Connection.SendOptions) => this.sendAll([value], options)
  }

  get sink() {
    return Sink.forEachArray(this.sendAll)
  }
}
