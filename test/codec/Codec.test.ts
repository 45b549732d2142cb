import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Option, Result, Schema, SchemaGetter, Stream } from "effect"
import * as Codec from "effect-ws/Codec"
import * as Connection from "effect-ws/Connection"
import * as Reconnect from "effect-ws/Reconnect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { DecodeError, EncodeError, type WebSocketError } from "effect-ws/WebSocketError"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Loopback from "../Loopback.ts"
import * as TestServer from "../server/TestServer.ts"
import { codecs, Order, order, pair, Receipt, Text } from "./Language.ts"

const { Accepted } = Receipt.cases

const plain = { id: 1, items: [{ name: "pear", count: 3 }], at: "2000-01-01T00:00:00.000Z", photo: "" }
const valid = JSON.stringify(plain)
const unfit = JSON.stringify({ ...plain, items: [{ name: "pear", count: "three" }] })

const idsOf = (values: ReadonlyArray<{ readonly id: number }>) => values.map(({ id }) => id)

const failureOf = <A, R>(effect: Effect.Effect<A, WebSocketError, R>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

describe("a codec", () => {
  it.live("has a connection that survives talk in values, and ends it for one that cannot be parsed", () =>
    Effect.gen(function*() {
      const visits: Array<Connection.Connection> = []
      const { url } = yield* TestServer.start(WebSocketServer.handle("/shop", (connection) => {
        const { messages, send } = Codec.typed(connection, codecs.JSON)
        if (visits.push(connection) === 2) return Effect.andThen(connection.send("nonsense"), connection.closed)
        return Stream.runForEach(
          messages,
          ({ id }) => Effect.andThen(send(Accepted.make({ id })), connection.close(1012))
        )
      }))
      const schedule = Reconnect.schedule({ first: "1 millis" })
      const surviving = yield* Reconnect.make(WebSocketClient.connect(`${url}/shop`), { schedule })
      const { messages, send } = Codec.typed(surviving, Codec.flip(codecs.JSON))
      yield* send(order(1))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), [Accepted.make({ id: 1 })])
      assert.strictEqual((yield* failureOf(Stream.runDrain(messages)))._tag, "DecodeError")
      yield* Stream.runDrain(surviving.changes)
      assert.strictEqual((yield* visits[1].closed).code, 1007)
      assert.strictEqual(visits.length, 2)
    }).pipe(Effect.scoped))

  for (const [name, codec] of Object.entries(codecs)) {
    it.live(`has both ends talk in values, as ${name}`, () =>
      Effect.gen(function*() {
        const { url } = yield* TestServer.start(WebSocketServer.handle("/shop", (connection) => {
          const { messages, sink } = Codec.typed(connection, codec)
          return Stream.run(Stream.map(messages, ({ id }) => Accepted.make({ id })), sink)
        }))
        const { messages, sendAll } = Codec.typed(yield* WebSocketClient.connect(`${url}/shop`), Codec.flip(codec))
        yield* sendAll([order(1), order(2)])
        const receipts = yield* Stream.runCollect(Stream.take(messages, 2))
        assert.deepStrictEqual(receipts, [Accepted.make({ id: 1 }), Accepted.make({ id: 2 })])
      }).pipe(Effect.scoped))

    it.effect.prop(
      `gives every value back, as ${name}`,
      [Schema.NonEmptyArray(Order)],
      ([orders]) =>
        Effect.gen(function*() {
          const { customer, shop } = yield* pair({}, codec)
          yield* customer.sendAll(orders)
          const received = yield* Stream.runCollect(Stream.take(shop.messages, orders.length))
          const same = Schema.toEquivalence(Schema.Array(Order))
          assert.isTrue(same(received, orders))
        }).pipe(Effect.scoped)
    )

    const Garbage = Schema.NonEmptyArray(Schema.Union([Text, Schema.Uint8Array]))
    it.effect.prop(
      `reports what is garbage, whatever it is, as ${name}`,
      [Garbage],
      ([messages]) =>
        Effect.gen(function*() {
          const { client, shop } = yield* pair({}, codec)
          yield* client.sendAll(messages)
          const results = yield* Stream.runCollect(Stream.take(shop.results, messages.length))
          results.forEach((result, i) => {
            assert.isTrue(
              Result.isFailure(result) && Buffer.from(messages[i]).equals(Buffer.from(result.failure.received))
            )
          })
        }).pipe(Effect.scoped)
    )
  }

  it.effect("gives the messages of a read as one batch", () =>
    Effect.gen(function*() {
      const { customer, shop } = yield* pair()
      yield* customer.sendAll([order(1), order(2), order(3)])
      const batches: Array<number> = []
      const count = (batch: ReadonlyArray<unknown>) => Effect.sync(() => batches.push(batch.length))
      yield* Stream.runForEachArray(Stream.take(shop.messages, 3), count)
      assert.deepStrictEqual(batches, [3])
    }).pipe(Effect.scoped))

  it.effect("ends its messages with the connection's", () =>
    Effect.gen(function*() {
      const { client, customer, shop } = yield* pair()
      yield* customer.send(order(1))
      yield* Effect.forkChild(client.close())
      assert.deepStrictEqual(idsOf(yield* Stream.runCollect(shop.messages)), [1])
    }).pipe(Effect.scoped))

  it.effect("encodes and frames once what is sent to many", () =>
    Effect.gen(function*() {
      let encodings = 0
      const Counted = Schema.String.pipe(Schema.decodeTo(Schema.String, {
        decode: SchemaGetter.passthrough(),
        encode: SchemaGetter.transform((text: string) => `${text} ${++encodings}`)
      }))
      const codec = Codec.json(Counted, Counted)
      const news = yield* Codec.prepare(codec, "news")
      for (let i = 0; i < 3; i++) {
        const [client, server] = yield* Connection.pair()
        yield* Codec.typed(server, codec).sendAll([news, news])
        const { messages } = Codec.typed(client, codec)
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 2)), ["news 1", "news 1"])
      }
    }).pipe(Effect.scoped))
})

describe("a message that cannot be decoded", () => {
  const wrong = [
    { problem: "Kind", code: 1003, message: new Uint8Array([1]), path: [], text: "JSON comes in text messages" },
    { problem: "Syntax", code: 1007, message: "{", path: [], text: "the message is not JSON" },
    { problem: "Value", code: 1008, message: unfit, path: ["items", 0, "count"], text: "Expected number" }
  ] as const

  for (const { code, message, path, problem, text } of wrong) {
    it.live(`fails the messages and closes with ${code}, after those before it: ${problem}`, () =>
      Effect.gen(function*() {
        const { client, server } = yield* Loopback.pair()
        const seen: Array<number> = []
        const { messages } = Codec.typed(server, codecs.JSON)
        yield* client.sendAll([valid, valid, message, valid])
        const error = yield* failureOf(Stream.runForEach(messages, ({ id }) => Effect.sync(() => seen.push(id))))
        assert.instanceOf(error, DecodeError)
        assert.strictEqual(error.problem, problem)
        assert.include(error.message, text)
        assert.deepStrictEqual(error.path, path)
        assert.deepEqual(error.received, message)
        assert.deepStrictEqual(seen, [1, 1])
        assert.strictEqual((yield* client.closed).code, code)
      }).pipe(Effect.scoped))
  }

  it.live("closes with the code that is asked for", () =>
    Effect.gen(function*() {
      const { client, shop } = yield* pair({ closeCodes: { Value: 4000 } })
      yield* client.send(unfit)
      yield* failureOf(Stream.runDrain(shop.messages))
      assert.strictEqual((yield* client.closed).code, 4000)
    }).pipe(Effect.scoped))

  it.effect("is a misuse if it is to be answered with a code that must not be sent", () =>
    Effect.gen(function*() {
      const { client, shop } = yield* pair({ closeCodes: { Value: 1006 } })
      yield* client.send(unfit)
      assert.strictEqual((yield* failureOf(Stream.runDrain(shop.messages)))._tag, "UsageError")
    }).pipe(Effect.scoped))

  it.live("fails the messages at once, also if the peer does not answer the Close", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing({ closeTimeout: "1 minute" })
      peer.write(Uint8Array.of(0x81, 1, 0x7b))
      const error = yield* failureOf(Stream.runDrain(Codec.typed(connection, codecs.JSON).messages))
      assert.instanceOf(error, DecodeError)
      assert.strictEqual(connection.state, "Closing")
      peer.destroy()
    }).pipe(Effect.scoped))

  it.effect("is left out where it is to be skipped, alone in its batch or not", () =>
    Effect.gen(function*() {
      const { client, customer, shop } = yield* pair({ onInvalid: "skip" })
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(shop.messages, 2)))
      yield* client.sendAll([unfit, "{"])
      yield* customer.send(order(1))
      yield* client.sendAll([unfit, new Uint8Array(1)])
      yield* customer.send(order(2))
      assert.deepStrictEqual(idsOf(yield* Fiber.join(reading)), [1, 2])
      assert.strictEqual(client.state, "Open")
    }).pipe(Effect.scoped))

  it.effect("is among the results, in its place", () =>
    Effect.gen(function*() {
      const { client, shop } = yield* pair()
      yield* client.sendAll([valid, unfit, valid])
      const results = yield* Stream.runCollect(Stream.take(shop.results, 3))
      assert.deepStrictEqual(results.map(Result.isSuccess), [true, false, true])
      assert.strictEqual(client.state, "Open")
    }).pipe(Effect.scoped))
})

describe("a value that the schema does not take", () => {
  it.effect("is a typed error that says where, and nothing of its batch is sent", () =>
    Effect.gen(function*() {
      const { customer, shop } = yield* pair()
      const wrong = { ...order(2), items: [{ name: "", count: 1 }] }
      const error = yield* failureOf(customer.sendAll([order(1), wrong]))
      assert.instanceOf(error, EncodeError)
      assert.deepStrictEqual(error.path, ["items", 0, "name"])
      assert.strictEqual(error.value, wrong)
      yield* customer.send(order(3))
      assert.deepStrictEqual(idsOf(yield* Stream.runCollect(Stream.take(shop.messages, 1))), [3])
    }).pipe(Effect.scoped))

  it.effect("is one, too, if the format writes nothing", () =>
    Effect.gen(function*() {
      const [client] = yield* Connection.pair()
      const format = { name: "JSON", kind: "text", parse: JSON.parse, print: JSON.stringify } as const
      const { send } = Codec.typed(client, Codec.make(format, Schema.Unknown, Schema.Unknown))
      assert.instanceOf(yield* failureOf(send(undefined)), EncodeError)
    }).pipe(Effect.scoped))

  it.effect("is one, too, if only the format cannot write it", () =>
    Effect.gen(function*() {
      const [client] = yield* Connection.pair()
      const format = { name: "JSON", kind: "text", parse: JSON.parse, print: JSON.stringify } as const
      const { send } = Codec.typed(client, Codec.make(format, Schema.BigInt, Schema.BigInt))
      const error = yield* failureOf(send(1n))
      assert.instanceOf(error, EncodeError)
      assert.include(error.message, "cannot be written as JSON")
    }).pipe(Effect.scoped))
})

describe("a schema that takes its time", () => {
  class Prices extends Context.Service<Prices, { readonly of: (name: string) => Effect.Effect<number> }>()("Prices") {}

  const Priced = Schema.String.pipe(Schema.decodeTo(Schema.Finite, {
    decode: SchemaGetter.transformEffect((name: string) => Effect.flatMap(Prices, (prices) => prices.of(name))),
    encode: SchemaGetter.transformEffect((price: number) =>
      Effect.as(Effect.promise(() => Promise.resolve()), `${price}`)
    )
  }))

  const prices = Layer.succeed(Prices, {
    of: (name) => name === "free" ? Effect.succeed(0) : Effect.promise(() => Promise.resolve(name.length))
  })

  it.live("keeps values in order, and gets its services from where the messages are read", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      yield* client.sendAll(["apple", "free", "fig", "free", "date"].map((name) => JSON.stringify(name)))
      const { messages } = Codec.typed(server, Codec.json(Priced, Priced))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 5)), [5, 0, 3, 0, 4])
    }).pipe(Effect.scoped, Effect.provide(prices)))

  it.live("encodes values in order", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      yield* Codec.typed(client, Codec.json(Priced, Priced)).sendAll([1, 2, 3])
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(server.messages, 3)), ["\"1\"", "\"2\"", "\"3\""])
    }).pipe(Effect.scoped))

  it.live("may be interrupted", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      let interrupted = false
      const never = Layer.succeed(Prices, {
        of: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (interrupted = true)))
      })
      yield* client.send("\"apple\"")
      const { messages } = Codec.typed(server, Codec.json(Priced, Priced))
      const reading = Effect.provide(Stream.runDrain(messages), never)
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(reading, "10 millis")))
      assert.isTrue(interrupted)
    }).pipe(Effect.scoped))
})

it.effect("a defect in a schema is one of whoever reads", () =>
  Effect.gen(function*() {
    const Broken = Schema.String.pipe(Schema.decodeTo(Schema.String, {
      decode: SchemaGetter.transform((): string => {
        throw new Error("broken")
      }),
      encode: SchemaGetter.passthrough()
    }))
    const [client, server] = yield* Connection.pair()
    yield* client.send("\"a\"")
    const exit = yield* Effect.exit(Stream.runDrain(Codec.typed(server, Codec.json(Broken, Broken)).messages))
    assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
  }).pipe(Effect.scoped))
