import { assert, describe, it } from "@effect/vitest"
import { type Context, Deferred, Effect, Fiber, Layer, Logger, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as Hub from "effect-ws/Hub"
import * as HubBackplane from "effect-ws/HubBackplane"
import * as fc from "fast-check"
import { setImmediate as turn } from "node:timers/promises"
import * as Members from "./hub/Members.ts"
import * as Loopback from "./Loopback.ts"

const hubs = Effect.fnUntraced(function*(options?: Hub.Options) {
  const backplane = yield* Layer.build(HubBackplane.layerMemory)
  return yield* Effect.provideContext(Effect.all([Hub.make(options), Hub.make(options), Hub.make(options)]), backplane)
})

const member = Effect.fnUntraced(function*(hub: Context.Service.Shape<typeof Hub.Hub>, topic: string) {
  const [client, server] = yield* Connection.pair()
  yield* hub.join(topic, server)
  return { client, server }
})

const heard = (client: Connection.Connection, count: number) =>
  Effect.map(
    Stream.runCollect(Stream.take(client.messages, count)),
    (messages) => messages.map((it) => typeof it === "string" ? it : [...it])
  )

describe("hubs that are connected", () => {
  it.effect("give each other's messages to their members once, in order, as they are", () =>
    Effect.gen(function*() {
      const [one, other] = yield* hubs()
      const ada = yield* member(one, "tea")
      const grace = yield* member(other, "tea")
      yield* one.publish("tea", "1")
      yield* one.publish("tea", Buffer.from([2]), { except: ada.server })
      yield* one.broadcast(Connection.prepare("3"))
      yield* one.publish("coffee", "nobody")
      yield* one.publish("tea", "4")
      assert.deepStrictEqual(yield* heard(ada.client, 3), ["1", "3", "4"])
      assert.deepStrictEqual(yield* heard(grace.client, 4), ["1", [2], "3", "4"])
      assert.strictEqual((yield* one.stats()).published, 4)
    }))

  it.effect("tell others even if nobody is here", () =>
    Effect.gen(function*() {
      const [one, other, third] = yield* hubs()
      const members = [yield* member(other, "tea"), yield* member(third, "tea")]
      yield* one.publish("tea", "Hello")
      for (const { client } of members) assert.deepStrictEqual(yield* heard(client, 1), ["Hello"])
    }))

  it.effect("count their own members only", () =>
    Effect.gen(function*() {
      const [one, other] = yield* hubs()
      yield* member(one, "tea")
      assert.deepStrictEqual([yield* one.count("tea"), yield* other.count("tea")], [1, 0])
    }))
})

describe("a hub without a backplane", () => {
  it.effect("is alone", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([Hub.make(), Hub.make()])
      const ada = yield* member(one, "tea")
      yield* other.publish("tea", "1")
      yield* one.publish("tea", "2")
      assert.deepStrictEqual(yield* heard(ada.client, 1), ["2"])
    }))
})

describe("a publisher", () => {
  it.effect("waits for the backplane", () =>
    Effect.gen(function*() {
      const link = { publish: () => Effect.never, envelopes: Stream.never }
      const hub = yield* Effect.provideService(Hub.make(), HubBackplane.HubBackplane, Effect.succeed(link))
      const ada = yield* member(hub, "tea")
      const publishing = yield* Effect.forkChild(hub.publish("tea", "1"))
      assert.deepStrictEqual(yield* heard(ada.client, 1), ["1"])
      assert.isUndefined(publishing.pollUnsafe())
      yield* Fiber.interrupt(publishing)
    }))
})

const envelopeOf = <Kind>(kind: Kind, payload: fc.Arbitrary<Uint8Array>) =>
  fc.record({
    origin: fc.string(),
    topic: fc.option(fc.string(), { nil: undefined }),
    kind: fc.constant(kind),
    payload,
    compress: fc.boolean()
  })

describe("a hub whose backplane fails", () => {
  it.effect("says so, and goes on alone", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => logged.push(message))
      for (const envelopes of [Stream.die("broken"), Stream.empty]) {
        const link = { publish: () => Effect.void, envelopes }
        const hub = yield* Hub.make().pipe(
          Effect.provideService(HubBackplane.HubBackplane, Effect.succeed(link)),
          Effect.provide(Logger.layer([logger]))
        )
        const ada = yield* member(hub, "tea")
        yield* hub.publish("tea", "1")
        assert.deepStrictEqual(yield* heard(ada.client, 1), ["1"])
      }
      assert.match(String(logged[0]), /the backplane of a hub has failed/)
      assert.match(String(logged[1]), /the backplane of a hub has ended/)
    }))
})

describe("a member that does not read", () => {
  it.live("holds up what comes from other hubs, and in the end their publishers, where it suspends", () =>
    Effect.gen(function*() {
      const read: Array<string> = []
      const bytes = new TextEncoder().encode("Hello")
      const envelope = { origin: "other", topic: "tea", kind: "text", payload: bytes, compress: true } as const
      const envelopes = Stream.fromIterable(["1", "2", "3"]).pipe(
        Stream.rechunk(1),
        Stream.tap((name) => Effect.sync(() => read.push(name))),
        Stream.map(() => envelope)
      )
      const gate = yield* Deferred.make<void>()
      const link = {
        publish: () => Effect.void,
        envelopes: Stream.concat(Stream.drain(Stream.fromEffect(Deferred.await(gate))), envelopes)
      }
      const hub = yield* Hub.make({ strategy: "suspend", backlogMessages: 1 }).pipe(
        Effect.provideService(HubBackplane.HubBackplane, Effect.succeed(link))
      )
      const stalled = yield* Loopback.pair()
      yield* hub.join("tea", stalled.server)
      yield* Members.stall(stalled)
      yield* Deferred.succeed(gate, undefined)
      yield* Effect.promise(() => turn())
      assert.deepStrictEqual(read, ["1", "2"])
      const messages = stalled.client.messages.pipe(Stream.filter((it) => !Members.isFiller(it)), Stream.take(3))
      assert.deepStrictEqual(yield* Stream.runCollect(messages), ["Hello", "Hello", "Hello"])
    }).pipe(Effect.scoped))
})

describe("an envelope", () => {
  const bytes = fc.uint8Array({ maxLength: 300 })
  const text = fc.string({ unit: "grapheme" }).map((text) => new TextEncoder().encode(text))
  const envelope = fc.oneof(envelopeOf("binary" as const, bytes), envelopeOf("text" as const, text))

  it("is the same when it is decoded", () => {
    fc.assert(fc.property(envelope, (sent) => {
      const received = HubBackplane.decode(HubBackplane.encode(sent))
      assert.deepStrictEqual(received && { ...received, payload: new Uint8Array(received.payload) }, sent)
    }))
  })

  it("is not found in what is none, and never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const found = HubBackplane.decode(bytes)
      if (bytes.length < 7) assert.isUndefined(found)
    }))
    const [valid, invalid] = [[0x61], [0xff]].map((payload) =>
      HubBackplane.encode({ origin: "", topic: "", kind: "text", payload: new Uint8Array(payload), compress: true })
    )
    assert.isDefined(HubBackplane.decode(valid))
    assert.isUndefined(HubBackplane.decode(invalid))
    assert.isUndefined(HubBackplane.decode(valid.subarray(0, 6)))
  })
})
