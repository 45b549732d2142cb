import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import { TestLink } from "effect-ws/testing"
import { TestClock } from "effect/testing"

/** What arrives, with the time. */
const record = Effect.fnUntraced(function*({ messages }: Connection) {
  const received: Array<readonly [unknown, number]> = []
  const fiber = yield* Effect.forkChild(Effect.exit(
    Stream.runForEach(
      messages,
      (message) =>
        Effect.clockWith((clock) => Effect.sync(() => received.push([message, clock.currentTimeMillisUnsafe()])))
    )
  ))
  return { received, end: Fiber.join(fiber) }
})

const turns = Effect.repeat(Effect.yieldNow, { times: 5 })

describe("a link", () => {
  it.effect("carries messages at once as long as it is not told otherwise", () =>
    Effect.gen(function*() {
      const { client, server } = yield* TestLink.pair()
      const { received } = yield* record(server)
      yield* client.send("Hello")
      yield* turns
      assert.deepStrictEqual(received, [["Hello", 0]])
    }))

  it.effect("delays by its latency, in each direction", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      yield* link.toServer.set({ latency: "30 millis" })
      yield* link.toClient.set({ latency: "20 millis" })
      const { received } = yield* record(server)
      yield* Effect.forkChild(Stream.runDrain(client.messages))
      yield* client.send("Hello")
      const ping = yield* Effect.forkChild(client.ping())
      yield* TestClock.adjust("29 millis")
      assert.deepStrictEqual(received, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(received, [["Hello", 30]])
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(Duration.toMillis(yield* Fiber.join(ping)), 50)
      yield* link.set({ latency: 0 })
    }))

  it.effect("lets nothing overtake when the latency changes", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      const { received } = yield* record(server)
      yield* link.set({ latency: "30 millis" })
      yield* client.send("slow")
      yield* turns
      yield* link.set({ latency: 0 })
      yield* client.send("fast")
      yield* TestClock.adjust("30 millis")
      assert.deepStrictEqual(received, [["slow", 30], ["fast", 30]])
    }))

  it.effect("takes its time for every octet where bandwidth is limited", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      const { received } = yield* record(client)
      yield* link.toClient.set({ bandwidth: 1000, latency: "10 millis" })
      yield* server.send("x".repeat(98)) // and two octets of header
      yield* turns
      yield* server.send("y".repeat(198).slice(2, 50))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(received.map(([, time]) => time), [110, 160])
      yield* link.set({ bandwidth: Infinity, latency: 0 })
    }))

  it.effect("cuts octets anyhow", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      const { received } = yield* record(server)
      let size = 0
      yield* link.toServer.set({ chunkSize: () => size++ % 4 })
      yield* client.sendAll(["one", "two", "three".repeat(100), ""])
      yield* turns
      assert.deepStrictEqual(received.map(([message]) => message), ["one", "two", "three".repeat(100), ""])
    }))

  it.effect("carries nothing while it is stalled, and everything after", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      const { received } = yield* record(server)
      yield* link.toServer.set({ stalled: true })
      yield* client.send("Hello")
      yield* turns
      assert.deepStrictEqual(received, [])
      assert.strictEqual(client.bufferedAmount, 11)
      yield* link.toServer.set({ stalled: false })
      yield* turns
      assert.deepStrictEqual(received, [["Hello", 0]])
      assert.strictEqual(client.bufferedAmount, 0)
    }))

  it.effect("lets through what is injected, and the peer say what is wrong with it", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      const { end, received } = yield* record(server)
      yield* link.toServer.inject(Buffer.from("818537fa213d7f9f4d5158", "hex")) // "Hello" (RFC 6455 §5.7)
      yield* link.toServer.inject(Buffer.from("810548656c6c6f", "hex")) // the same, not masked
      const exit = yield* end
      assert.deepStrictEqual(received, [["Hello", 0]])
      assert.match(String(exit), /MaskMissing/)
      assert.strictEqual((yield* client.closed).code, 1002)
    }))
})

/** The octets of "Hello" from a server are 7. */
const endings = [
  ["End", 3, [], "CloseError", "CloseError"],
  ["End", 7, ["Hello"], "CloseError", "CloseError"],
  ["End", 8, ["Hello"], "CloseError", "CloseError"],
  ["Reset", 0, [], "TransportError", "TransportError"],
  ["Reset", 8, ["Hello"], "TransportError", "TransportError"],
  ["WriteError", 0, [], "TransportError", "TransportError"],
  ["WriteError", 9, ["Hello"], "TransportError", "TransportError"]
] as const

describe("a link breaks", () => {
  for (const [how, octets, expected, ours, theirs] of endings) {
    it.effect(`with ${how} after ${octets} octets`, () =>
      Effect.gen(function*() {
        const { client, link, server } = yield* TestLink.pair({ closeTimeout: "1 second" })
        const { end, received } = yield* record(client)
        yield* link.toClient.breakAfter(octets, how)
        yield* server.sendAll(["Hello", "World"])
        const [left, right] = yield* Effect.all([client.closed, server.closed])
        assert.deepInclude(left, { code: 1006, clean: false })
        assert.deepInclude(right, { code: 1006, clean: false })
        yield* end
        assert.deepStrictEqual(received.map(([message]) => message), [...expected])
        assert.deepStrictEqual([left.error?.reason._tag, right.error?.reason._tag], [ours, theirs])
        assert.isTrue(yield* Effect.repeat(Effect.andThen(Effect.yieldNow, link.isOver), { until: (is) => is }))
      }))
  }

  it.effect("in silence, and only time tells", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair({ closeTimeout: "3 seconds" })
      yield* link.silence
      const ping = yield* Effect.forkChild(Effect.flip(server.ping({ timeout: "20 seconds" })))
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual((yield* Fiber.join(ping)).reason._tag, "TimeoutError")
      assert.deepStrictEqual([client.state, server.state], ["Open", "Open"])
      const closing = yield* Effect.forkChild(server.close())
      yield* TestClock.adjust("3 seconds")
      assert.deepInclude(yield* Fiber.join(closing), { code: 1006, clean: false })
      assert.strictEqual(client.state, "Open")
      yield* client.terminate
    }))

  it.effect("in the middle of a message that is streamed, whose sender learns of it", () =>
    Effect.gen(function*() {
      const { client, link, server } = yield* TestLink.pair()
      yield* Effect.forkChild(Effect.exit(Stream.runDrain(server.messages)))
      yield* link.toServer.breakAfter(50, "WriteError")
      const parts = Stream.forever(Stream.fromEffect(Effect.as(Effect.yieldNow, "part of it")))
      const { reason } = yield* Effect.flip(client.sendStream(parts))
      assert.deepInclude(reason, { _tag: "TransportError", message: "write EPIPE" })
    }))
})
