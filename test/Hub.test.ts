import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Metric, Scheduler, Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as Hub from "effect-ws/Hub"
import * as fc from "fast-check"
import { setImmediate as turn } from "node:timers/promises"
import { vi } from "vitest"
import * as Leaks from "./client/Leaks.ts"
import * as Members from "./hub/Members.ts"

const live = <E>(name: string, test: Effect.Effect<void, E, Hub.Hub | Scope.Scope>, options?: Hub.Options) =>
  it.live(name, () => Leaks.leavingNothing(Effect.provide(Effect.scoped(test), Hub.layer(options))))

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `${from + i}`)

const publishAll = (topic: string, messages: ReadonlyArray<string>, options?: Hub.PublishOptions) =>
  Effect.flatMap(Hub.Hub, (hub) => Effect.forEach(messages, (message) => hub.publish(topic, message, options)))

/** What was published, without what stalled the connection before. */
const published = (messages: ReadonlyArray<string | Uint8Array>) => messages.filter((it) => !Members.isFiller(it))

describe("a hub", () => {
  const unknown = "slide" as "sliding"
  for (const options of [{ backlogMessages: Number.NaN }, { backlogSize: -1 }, { strategy: unknown }]) {
    it.effect(`fails with a UsageError for ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        const { reason } = yield* Effect.flip(Layer.build(Hub.layer(options)))
        assert.strictEqual(reason._tag, "UsageError")
        assert.include(reason.message, Object.keys(options)[0])
      }))
  }
})

describe("publishing", () => {
  live(
    "reaches the members of the topic, in order, and nobody else",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const ada = yield* Members.make(["tea"])
      const both = yield* Members.make(["tea", "coffee"])
      const grace = yield* Members.make(["coffee"])
      yield* publishAll("tea", ["1", "2"])
      yield* hub.publish("coffee", Buffer.from("3"))
      yield* hub.publish("tea", Connection.prepare("4"))
      yield* hub.publish("milk", "5")
      assert.deepStrictEqual(yield* Members.received(ada), ["1", "2", "4"])
      assert.deepStrictEqual((yield* Members.received(both)).map(String), ["1", "2", "3", "4"])
      const [third] = yield* Members.received(grace)
      assert.deepStrictEqual([third instanceof Uint8Array, String(third)], [true, "3"])
    })
  )

  live(
    "leaves out whom it is told to",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const ada = yield* Members.make(["tea"])
      const grace = yield* Members.make(["tea"])
      yield* hub.publish("tea", "from Ada", { except: ada.server })
      yield* hub.broadcast("from Grace", { except: grace.server })
      assert.deepStrictEqual(yield* Members.received(ada), ["from Grace"])
      assert.deepStrictEqual(yield* Members.received(grace), ["from Ada"])
    })
  )

  live(
    "to everybody reaches each member of whatever topic once",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const ada = yield* Members.make(["tea", "coffee"])
      const grace = yield* Members.make(["milk"])
      const stranger = yield* Members.make([])
      yield* hub.broadcast("Hello")
      for (const member of [ada, grace]) assert.deepStrictEqual(yield* Members.received(member), ["Hello"])
      assert.deepStrictEqual(yield* Members.received(stranger), [])
    })
  )

  live(
    "to nobody does not even frame the message",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const length = vi.fn(() => 5)
      yield* hub.publish("tea", Object.defineProperty(new Uint8Array(5), "length", { get: length }))
      assert.strictEqual(length.mock.calls.length, 0)
    })
  )

  live(
    "of several messages on several topics in a turn is one write for each connection",
    Effect.gen(function*() {
      const member = yield* Members.make(["tea", "coffee"])
      const write = vi.spyOn(member.serverSocket, "write")
      yield* Effect.forkChild(publishAll("tea", numbers(10)), { startImmediately: true })
      yield* Effect.promise(() => Promise.resolve())
      yield* Effect.forkChild(publishAll("coffee", numbers(10)), { startImmediately: true })
      assert.strictEqual(write.mock.calls.length, 0)
      yield* Effect.promise(() => turn())
      assert.strictEqual(write.mock.calls.length, 1)
      assert.deepStrictEqual(yield* Members.received(member), [...numbers(10), ...numbers(10)])
    })
  )

  live(
    "comes in its turn where a message is being streamed, or compressed",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const [client, server] = yield* Connection.pair({ compression: { threshold: 0 } })
      yield* hub.join("tea", server)
      const parts = Stream.make("a", "b").pipe(Stream.tap(() => hub.publish("tea", "within")))
      yield* server.sendStream(parts)
      const large = "large ".repeat(100_000)
      yield* hub.publish("tea", large)
      yield* hub.publish("tea", "behind")
      const messages = yield* Stream.runCollect(Stream.take(client.messages, 5))
      assert.deepStrictEqual(messages, ["ab", "within", "within", large, "behind"])
    })
  )

  live(
    "compresses once for all who do so alike",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const compression = { threshold: 0, serverNoContextTakeover: true }
      const pairs = yield* Effect.all([1, 2, 3].map(() => Connection.pair({ compression })))
      for (const [, server] of pairs) yield* hub.join("tea", server)
      const message = Connection.prepare("tea ".repeat(100))
      let compressed = 0
      const { deflated } = message
      vi.spyOn(message, "deflated").mockImplementation((parameters, deflate, done) =>
        deflated.call(message, parameters, (...args) => [compressed++, deflate(...args)], done)
      )
      yield* hub.publish("tea", message)
      for (const [client] of pairs) {
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.messages, 1)), ["tea ".repeat(100)])
      }
      assert.strictEqual(compressed, 1)
    })
  )
})

describe("membership", () => {
  live(
    "ends with the scope that it began in, and the topic with its last member",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const member = yield* Members.make(["tea"])
      yield* Effect.scoped(Effect.gen(function*() {
        yield* hub.join("coffee", member.server)
        assert.deepStrictEqual(yield* hub.topics, ["tea", "coffee"])
        yield* hub.publish("coffee", "1")
      }))
      yield* hub.publish("coffee", "2")
      assert.deepStrictEqual(yield* hub.topics, ["tea"])
      assert.deepStrictEqual(yield* Members.received(member), ["1"])
    })
  )

  live(
    "ends with the connection, whoever ends it",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const members = yield* Effect.all(numbers(3).map(() => Members.make(["tea", "coffee"])))
      assert.strictEqual(yield* hub.count("tea"), 3)
      members[0].clientSocket.destroy()
      yield* Effect.forkChild(members[1].client.close())
      yield* Effect.forkChild(Stream.runDrain(members[2].client.messages))
      yield* members[2].server.close()
      yield* Effect.all(members.slice(0, 2).map(({ server }) => server.closed))
      assert.deepStrictEqual(yield* hub.topics, [])
      assert.deepStrictEqual(yield* hub.stats(), { members: 0, published: 0, deliveries: 0, dropped: 0 })
      yield* hub.join("tea", members[0].server)
      assert.deepStrictEqual(yield* hub.topics, [])
    })
  )

  live(
    "is for nothing while the connection closes",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const member = yield* Members.make(["tea"])
      const closing = yield* Effect.forkChild(member.server.close(), { startImmediately: true })
      yield* hub.publish("tea", "too late")
      assert.strictEqual((yield* hub.stats("tea")).deliveries, 0)
      assert.deepStrictEqual((yield* Members.receivedUntilClosed(member)).messages, [])
      yield* Fiber.join(closing)
    })
  )

  live(
    "that is joined twice gets messages once, and ends with the second scope",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const member = yield* Members.make(["tea"])
      yield* Effect.scoped(Effect.andThen(hub.join("tea", member.server), hub.publish("tea", "once")))
      yield* hub.publish("tea", "still")
      assert.strictEqual(yield* hub.count("tea"), 1)
      assert.deepStrictEqual(yield* Members.received(member), ["once", "still"])
    })
  )

  live(
    "is refused to what is no connection of this library",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const error = yield* Effect.flip(hub.join("tea", { state: "Open" } as Connection.Connection))
      assert.strictEqual(error.reason._tag, "UsageError")
    })
  )

  live(
    "is refused with a strategy that is none",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const [, server] = yield* Connection.pair()
      const error = yield* Effect.flip(hub.join("tea", server, { strategy: "" as "close" }))
      assert.strictEqual(error.reason._tag, "UsageError")
      assert.include(error.message, "strategy")
      assert.strictEqual(yield* hub.count("tea"), 0)
    })
  )
})

describe("presence", () => {
  live(
    "is the count now, and whenever somebody joins or leaves",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const counts: Array<number> = []
      const watching = yield* Effect.forkChild(
        Stream.runForEach(hub.presence("tea"), (count) => Effect.sync(() => counts.push(count))),
        { startImmediately: true }
      )
      const first = yield* Members.make(["tea"])
      yield* Effect.scoped(Effect.asVoid(Members.make(["tea"])))
      first.clientSocket.destroy()
      yield* first.server.closed
      yield* Fiber.interrupt(watching)
      yield* Members.make(["tea"])
      assert.deepStrictEqual(counts, [0, 1, 2, 1, 0])
    })
  )

  live(
    "is the latest count for who was busy meanwhile",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const seen = yield* Stream.runCollect(
        Stream.take(hub.presence("tea"), 2).pipe(
          Stream.tap((count) => count === 0 ? Effect.all(numbers(3).map(() => Members.make(["tea"]))) : Effect.void)
        )
      )
      assert.deepStrictEqual(seen, [0, 3])
    })
  )
})

describe("presence under a scheduler that lets others in anywhere", () => {
  live(
    "misses nobody who joins between looking and waiting",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      for (const topic of numbers(60)) {
        const [, server] = yield* Connection.pair()
        const joined = yield* Stream.runDrain(Stream.takeUntil(hub.presence(topic), (count) => count === 1)).pipe(
          Effect.provideService(Scheduler.MaxOpsBeforeYield, 3),
          Effect.forkChild
        )
        for (let turns = 0; turns < Number(topic); turns++) yield* Effect.yieldNow
        yield* hub.join(topic, server)
        yield* Fiber.join(joined)
      }
    })
  )
})

describe("the metrics", () => {
  it.effect("are those of the hub, in as many series however many topics there were, and gone with the layer", () =>
    Effect.gen(function*() {
      const layer = Layer.provideMerge(Hub.layerMetrics({ hub: "rooms" }), Hub.layer())
      const [during, hub] = yield* Effect.provide(
        Effect.gen(function*() {
          const hub = yield* Hub.Hub
          const [, server] = yield* Connection.pair()
          for (const topic of numbers(100)) {
            yield* Effect.scoped(Effect.andThen(hub.join(topic, server), hub.publish(topic, "Hello")))
          }
          yield* hub.join("tea", server)
          return [yield* Metric.snapshot, hub] as const
        }),
        layer
      )
      assert.deepStrictEqual(during.map(({ attributes, id, state }) => [id, attributes, state]), [
        ["effect_ws_hub_topics", { hub: "rooms" }, { value: 1 }],
        ["effect_ws_hub_members", { hub: "rooms" }, { value: 1 }],
        ["effect_ws_hub_published_total", { hub: "rooms" }, { count: 100, incremental: true }],
        ["effect_ws_hub_deliveries_total", { hub: "rooms" }, { count: 100, incremental: true }],
        ["effect_ws_hub_dropped_total", { hub: "rooms" }, { count: 0, incremental: true }]
      ] as ReadonlyArray<unknown>)
      assert.deepStrictEqual(yield* Metric.snapshot, [])
      assert.strictEqual((yield* hub.stats("0")).published, 0)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))
})

describe("random joins, leaves and publications", () => {
  const topics = ["tea", "coffee", "milk"]
  const step = fc.record({
    act: fc.constantFrom("join", "leave", "publish", "publish", "broadcast", "rest"),
    member: fc.nat(3),
    topic: fc.constantFrom(...topics),
    except: fc.boolean()
  })

  /** What each member is to get, by the simplest model there is. */
  const model = (steps: ReadonlyArray<typeof step extends fc.Arbitrary<infer A> ? A : never>) => {
    const joined = numbers(4).map(() => new Set<string>())
    const expected = numbers(4).map((): Array<string> => [])
    for (const [i, { act, except, member, topic }] of steps.entries()) {
      if (act === "join") joined[member].add(topic)
      if (act === "leave") joined[member].delete(topic)
      for (const [j, names] of joined.entries()) {
        const isMember = act === "publish" ? names.has(topic) : act === "broadcast" && names.size > 0
        if (isMember && !(except && j === member)) expected[j].push(`${i}`)
      }
    }
    return expected
  }

  const play = Effect.fnUntraced(function*(steps: Parameters<typeof model>[0]) {
    const hub = yield* Hub.Hub
    const members = yield* Effect.all(numbers(4).map(() => Members.make([])))
    const scopes = new Map<string, Scope.Closeable>()
    for (const [i, { act, except, member, topic }] of steps.entries()) {
      const { server } = members[member]
      const key = `${member} ${topic}`
      const options = { except: except ? server : undefined }
      if (act === "publish") yield* hub.publish(topic, `${i}`, options)
      if (act === "broadcast") yield* hub.broadcast(`${i}`, options)
      if (act === "rest") yield* Effect.promise(() => turn())
      if (act === "join" && !scopes.has(key)) {
        const scope = yield* Scope.make()
        scopes.set(key, scope)
        yield* Scope.provide(hub.join(topic, server), scope)
      }
      const scope = scopes.get(key)
      if (act !== "leave" || scope === undefined) continue
      scopes.delete(key)
      yield* Scope.close(scope, Exit.void)
    }
    const all = yield* Effect.all(members.map((member) => Members.received(member)))
    assert.deepStrictEqual(all, model(steps))
  })

  it("give each member exactly the messages of its topics, in order", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
        Effect.runPromise(Effect.provide(Effect.scoped(play(steps)), Hub.layer()))),
      { numRuns: 40 }
    ))
})

describe("a member that does not read", () => {
  const small = { backlogMessages: 4, backlogSize: 1000 }

  /** One that does not read, and one that does. */
  const pair = Effect.fnUntraced(function*(options?: Hub.JoinOptions) {
    const stalled = yield* Members.make(["tea"], options)
    const other = yield* Members.make(["tea"])
    yield* Members.stall(stalled)
    return { stalled, other }
  })

  live(
    "misses the oldest messages, if they are sliding",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { other, stalled } = yield* pair()
      yield* publishAll("tea", numbers(10))
      assert.strictEqual((yield* hub.stats("tea")).dropped, 6)
      assert.deepStrictEqual(published(yield* Members.received(stalled)), numbers(4, 6))
      assert.deepStrictEqual(yield* Members.received(other), numbers(10))
    }),
    { ...small, strategy: "sliding" }
  )

  live(
    "misses the newest messages, if they are dropping",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { other, stalled } = yield* pair({ strategy: "dropping" })
      yield* publishAll("tea", numbers(10))
      assert.deepStrictEqual(yield* hub.stats("tea"), { members: 2, published: 10, deliveries: 20, dropped: 6 })
      assert.deepStrictEqual(published(yield* Members.received(stalled)), numbers(4))
      assert.deepStrictEqual(yield* Members.received(other), numbers(10))
    }),
    small
  )

  live(
    "is closed with 1013 by default",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { other, stalled } = yield* pair()
      yield* publishAll("tea", numbers(10))
      assert.strictEqual(stalled.server.state, "Closing")
      assert.strictEqual((yield* hub.stats("tea")).dropped, 5)
      const { code, messages } = yield* Members.receivedUntilClosed(stalled)
      assert.deepStrictEqual([code, published(messages)], [1013, []])
      assert.deepStrictEqual((yield* stalled.server.closed).code, 1013)
      assert.strictEqual(yield* hub.count("tea"), 1)
      assert.deepStrictEqual(yield* Members.received(other), numbers(10))
    }),
    small
  )

  live(
    "holds up publishers, if they are to be suspended, and gets everything",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { other, stalled } = yield* pair()
      yield* publishAll("tea", numbers(4))
      const publishing = yield* Effect.forkChild(publishAll("tea", numbers(6, 4)), { startImmediately: true })
      assert.deepStrictEqual(yield* Members.received(other), numbers(5))
      assert.isUndefined(publishing.pollUnsafe())
      const reading = yield* Effect.forkChild(Members.received(stalled), { startImmediately: true })
      yield* Fiber.join(publishing)
      assert.deepStrictEqual(published(yield* Fiber.join(reading)), numbers(10))
      assert.strictEqual((yield* hub.stats()).dropped, 0)
    }),
    { ...small, strategy: "suspend" }
  )

  live(
    "holds up nobody any more when it is gone, or when the publisher is interrupted",
    Effect.gen(function*() {
      const { stalled } = yield* pair()
      yield* publishAll("tea", numbers(4))
      const [first, second] = yield* Effect.all(
        numbers(2).map((text) => Effect.forkChild(publishAll("tea", [text]), { startImmediately: true }))
      )
      yield* Fiber.interrupt(first)
      assert.isUndefined(second.pollUnsafe())
      stalled.clientSocket.resetAndDestroy()
      yield* Fiber.join(second)
    }),
    { ...small, strategy: "suspend" }
  )

  live(
    "gets all that suspended publishers send on as soon as they may",
    Effect.gen(function*() {
      const stalled = yield* Members.make(["tea"])
      yield* Members.stall(stalled)
      const large = numbers(200).map((text) => text.padEnd(100_000))
      const publishing = yield* Effect.forkChild(publishAll("tea", large), { startImmediately: true })
      assert.isUndefined(publishing.pollUnsafe())
      const wanted = stalled.client.messages.pipe(Stream.filter((it) => !Members.isFiller(it)), Stream.take(200))
      const texts = yield* Stream.runCollect(wanted)
      assert.deepStrictEqual(texts.map((text) => String(text).trim()), numbers(200))
      yield* Fiber.join(publishing)
    }),
    { backlogMessages: 3, strategy: "suspend" }
  )

  live(
    "sets off nothing that others get before the message for which it is closed",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { other, stalled } = yield* pair()
      yield* hub.join("coffee", stalled.server, { strategy: "suspend" })
      const publishing = publishAll("coffee", numbers(5)).pipe(Effect.andThen(hub.publish("tea", "second")))
      const publisher = yield* Effect.forkChild(publishing, { startImmediately: true })
      yield* hub.publish("tea", "first")
      assert.strictEqual(stalled.server.state, "Closing")
      yield* Fiber.join(publisher)
      assert.deepStrictEqual(yield* Members.received(other), ["first", "second"])
    }),
    small
  )

  live(
    "lets publishers go on after its Close, with what they publish for others",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { other, stalled } = yield* pair()
      const publishing = publishAll("tea", numbers(5)).pipe(Effect.andThen(hub.publish("tea", "last")))
      const publisher = yield* Effect.forkChild(publishing, { startImmediately: true })
      yield* Effect.forkChild(stalled.server.close(), { startImmediately: true })
      yield* Fiber.join(publisher)
      assert.deepStrictEqual(yield* Members.received(other), [...numbers(5), "last"])
      assert.deepStrictEqual(published((yield* Members.receivedUntilClosed(stalled)).messages), numbers(5))
    }),
    { ...small, strategy: "suspend" }
  )

  live(
    "has a backlog that is bounded in octets, too",
    Effect.gen(function*() {
      const { stalled } = yield* pair()
      const large = "x".repeat(500)
      yield* publishAll("tea", ["1", large, "2", large, "3", "y".repeat(1001), "4"])
      assert.deepStrictEqual(published(yield* Members.received(stalled)), ["2", large, "3", "4"])
    }),
    { ...small, strategy: "sliding" }
  )

  live(
    "misses what is sliding before it holds up or loses anything else",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const { stalled } = yield* pair({ strategy: "suspend" })
      yield* hub.join("ticks", stalled.server, { strategy: "sliding" })
      yield* publishAll("tea", ["a"])
      yield* publishAll("ticks", numbers(5))
      yield* publishAll("tea", ["b", "c"])
      yield* publishAll("ticks", ["5"])
      yield* publishAll("tea", ["d"])
      yield* publishAll("ticks", ["6"])
      assert.strictEqual((yield* hub.stats("ticks")).dropped, 7)
      assert.deepStrictEqual(published(yield* Members.received(stalled)), ["a", "b", "c", "d"])
    }),
    small
  )

  live(
    "gets what was published before it left, and before it was closed",
    Effect.gen(function*() {
      const hub = yield* Hub.Hub
      const stalled = yield* Members.make([])
      yield* Members.stall(stalled)
      yield* Effect.scoped(Effect.andThen(hub.join("tea", stalled.server), publishAll("tea", ["1", "2"])))
      assert.deepStrictEqual(yield* hub.topics, [])
      yield* publishAll("tea", ["nobody"])
      yield* hub.broadcast("nobody")
      yield* hub.join("coffee", stalled.server)
      yield* publishAll("coffee", ["3"])
      yield* Effect.forkChild(stalled.server.close(4000), { startImmediately: true })
      const { code, messages } = yield* Members.receivedUntilClosed(stalled)
      assert.deepStrictEqual([code, published(messages)], [4000, ["1", "2", "3"]])
    }),
    small
  )

  live(
    "gets what was published before its scope ended",
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const stalled = yield* Scope.provide(Members.make(["tea"]), scope)
      yield* Members.stall(stalled)
      yield* publishAll("tea", numbers(3))
      const reading = yield* Effect.forkChild(Members.receivedUntilClosed(stalled))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(published((yield* Fiber.join(reading)).messages), numbers(3))
    }),
    small
  )

  live(
    "goes on as usual when it has caught up",
    Effect.gen(function*() {
      const stalled = yield* Members.make(["tea"])
      yield* Members.stall(stalled)
      yield* publishAll("tea", numbers(4))
      assert.deepStrictEqual(published(yield* Members.received(stalled)), numbers(4))
      const write = vi.spyOn(stalled.serverSocket, "write")
      yield* publishAll("tea", numbers(4))
      yield* Effect.promise(() => turn())
      assert.strictEqual(write.mock.calls.length, 1)
      assert.deepStrictEqual(yield* Members.received(stalled), numbers(4))
    }),
    small
  )
})
