/** What does not compile, and what types are inferred: checked by `npm run types`. */
import { Context, type Effect, type Result, Schema, type Sink, type Stream } from "effect"
import * as Codec from "effect-ws/Codec"
import type { Connection } from "effect-ws/Connection"
import type { Reconnecting } from "effect-ws/Reconnect"
import type { DecodeError, WebSocketError } from "effect-ws/WebSocketError"
import { describe, expectTypeOf, it } from "vitest"

const Ask = Schema.Struct({ question: Schema.String, at: Schema.Date })
const Answer = Schema.Struct({ answer: Schema.String })
type Ask = typeof Ask.Type
type Answer = typeof Answer.Type

class Database extends Context.Service<Database, {}>()("Database") {}
class Cipher extends Context.Service<Cipher, {}>()("Cipher") {}

declare const Stored: Schema.Codec<Ask, string, Database, Cipher>
declare const connection: Connection
declare const surviving: Reconnecting<"no token">

const server = Codec.json(Ask, Answer)
const client = Codec.flip(server)

/** Never called. */
export const programs = () => {
  const { messages, results, send, sendAll, sink } = Codec.typed(connection, server)
  expectTypeOf(messages).toEqualTypeOf<Stream.Stream<Ask, WebSocketError>>()
  expectTypeOf(results).toEqualTypeOf<Stream.Stream<Result.Result<Ask, DecodeError>, WebSocketError>>()
  expectTypeOf(send({ answer: "42" })).toEqualTypeOf<Effect.Effect<void, WebSocketError>>()
  expectTypeOf(sink).toExtend<Sink.Sink<void, Answer, never, WebSocketError>>()

  const other = Codec.typed(surviving, client)
  expectTypeOf(other.connection).toEqualTypeOf<Reconnecting<"no token">>()
  expectTypeOf(other.messages).toEqualTypeOf<Stream.Stream<Answer, "no token" | WebSocketError>>()
  expectTypeOf(other.sendAll([])).toEqualTypeOf<Effect.Effect<void, "no token" | WebSocketError>>()

  // @ts-expect-error: it sends answers
  send({ question: "Why?", at: new Date() })
  // @ts-expect-error: a field is of another type
  send({ answer: 42 })
  // @ts-expect-error: not text, if it is not in the schema
  send("42")
  // @ts-expect-error: one of them is not an answer
  sendAll([{ answer: "42" }, { question: "Why?" }])
  // @ts-expect-error: what is prepared by another codec
  void Codec.prepare(client, { answer: "42" })

  const asking = Codec.typed(connection, client)
  expectTypeOf(asking.messages).toEqualTypeOf<Stream.Stream<Answer, WebSocketError>>()
  asking.send({ question: "Why?", at: new Date() })
  // @ts-expect-error: the encoded form is not the value
  asking.send({ question: "Why?", at: "2000-01-01" })
}

/** What is prepared is of a type, too. */
export const prepared = (answer: Codec.Prepared<Answer>, ask: Codec.Prepared<Ask>) => {
  const { send } = Codec.typed(connection, server)
  send(answer)
  // @ts-expect-error: it is an ask
  send(ask)
}

/** What a schema needs is asked for where it is used, and only there. */
export const services = () => {
  const storing = Codec.typed(connection, Codec.json(Stored, Answer))
  expectTypeOf(storing.messages).toEqualTypeOf<Stream.Stream<Ask, WebSocketError, Database>>()
  expectTypeOf(storing.send({ answer: "42" })).toEqualTypeOf<Effect.Effect<void, WebSocketError>>()
  const asking = Codec.typed(connection, Codec.flip(Codec.json(Stored, Answer)))
  expectTypeOf(asking.messages).toEqualTypeOf<Stream.Stream<Answer, WebSocketError>>()
  expectTypeOf(asking.send({ question: "Why?", at: new Date() })).toEqualTypeOf<
    Effect.Effect<void, WebSocketError, Cipher>
  >()
}

/** Codecs can be named by their schemas. */
export const named: Codec.Codec<typeof Ask, typeof Answer> = server

describe("the types of a codec", () => {
  it("are what they are in this file", () => {
    expectTypeOf(client).toEqualTypeOf<Codec.Codec<typeof Answer, typeof Ask>>()
  })
})
