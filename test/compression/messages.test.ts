import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, References, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import type { Message } from "effect-ws/protocol"
import * as fc from "fast-check"
import { json, makePool, noise } from "../transport/DeflateSamples.ts"

const bits = fc.option(fc.integer({ min: 8, max: 15 }), { nil: undefined })
const flag = fc.option(fc.constant(true), { nil: undefined })

const parameters = fc.record({
  serverNoContextTakeover: flag,
  clientNoContextTakeover: flag,
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits,
  threshold: fc.constantFrom(undefined, 0, 500, 100_000),
  level: fc.integer({ min: -1, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 })
})

/** Everything at once; by size, at once or in the thread pool; everything in the thread pool. */
const pools = fc.constantFrom({ inlineLimit: 1e6 }, {}, { inlineLimit: 0 }, { inline: false })

/** After so many steps a fiber gives way to others: by default, or so often that it does so anywhere. */
const yieldAfter = fc.oneof(fc.constant(2048), fc.integer({ min: 10, max: 60 }))

/** Told by numbers, so that a counterexample can be read. */
interface Told {
  readonly kind: "json" | "noise" | "text" | "empty text"
  readonly size: number
  readonly seed: number
}

const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 100_000 }) }
)

const told = (...kinds: ReadonlyArray<Told["kind"]>): fc.Arbitrary<Told> =>
  fc.record({ kind: fc.constantFrom(...kinds), size, seed: fc.nat(50) })

const messageOf = ({ kind, seed, size }: Told): Message.Message => {
  switch (kind) {
    case "json":
      return json(size, seed)
    case "noise":
      return noise(size, seed)
    case "text":
      return `${"€ä".repeat(seed)}${json(size, seed)}`
    case "empty text":
      return ""
  }
}

interface Step {
  readonly way: "each" | "array" | "prepared" | "parts"
  readonly compress: boolean
  readonly told: ReadonlyArray<Told>
}

const some = <A>(item: fc.Arbitrary<A>) => fc.array(item, { minLength: 1, maxLength: 4 })

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    way: fc.constantFrom("each", "array", "prepared"),
    compress: fc.boolean(),
    told: some(told("json", "noise", "text", "empty text"))
  }),
  fc.record({
    way: fc.constant("parts"),
    compress: fc.boolean(),
    told: fc.oneof(some(told("json", "noise")), some(told("text", "empty text")))
  })
)

const script = fc.array(step, { maxLength: 6 })

const send = ({ send, sendAll, sendStream }: Connection.Connection, { compress, told, way }: Step) => {
  const messages = told.map(messageOf)
  switch (way) {
    case "each":
      return Effect.forEach(messages, (message) => send(message, { compress }), { discard: true })
    case "array":
      return sendAll(messages, { compress })
    case "prepared":
      return Effect.forEach(messages, (message) => send(Connection.prepare(message), { compress }), { discard: true })
    case "parts":
      return sendStream(Stream.fromIterable(messages), { compress })
  }
}

const isText = (messages: ReadonlyArray<Message.Message>): messages is ReadonlyArray<string> =>
  typeof messages[0] === "string"

/** What comes of a step: the parts are one message. */
const outcome = ({ told, way }: Step): ReadonlyArray<Message.Message> => {
  const messages = told.map(messageOf)
  if (way !== "parts") return messages
  return [isText(messages) ? messages.join("") : Buffer.concat(messages as ReadonlyArray<Uint8Array>)]
}

const same = (left: Message.Message, right: Message.Message): boolean =>
  typeof left === "string" || typeof right === "string" ? left === right : Buffer.from(left).equals(right)

const receive = ({ messages }: Connection.Connection, steps: ReadonlyArray<Step>) =>
  Effect.gen(function*() {
    const wanted = steps.flatMap(outcome)
    const received = yield* Stream.runCollect(Stream.take(messages, wanted.length))
    assert.deepStrictEqual(received.map((message, i) => same(message, wanted[i])), wanted.map(() => true))
  })

interface Setting {
  readonly parameters: object
  readonly pool: object
  readonly yieldAfter: number
}

const setting = fc.record({ parameters, pool: pools, yieldAfter })

type Use = (client: Connection.Connection, server: Connection.Connection) => Effect.Effect<unknown, unknown>

/** Does something with both ends, and sees that nothing is left of it. */
const between = ({ parameters, pool: options, yieldAfter }: Setting, use: Use): Promise<void> =>
  Effect.gen(function*() {
    const pool = makePool(options)
    yield* Effect.scoped(Effect.gen(function*() {
      const [client, server] = yield* Connection.pair({ compression: { ...parameters, pool } })
      assert.lengthOf(client.extensions, 1)
      yield* use(client, server)
    }))
    pool.sleep()
    assert.deepStrictEqual(pool.usage, { awake: 0, asleep: 0, bytesHeld: 0 })
  }).pipe(Effect.provideService(References.MaxOpsBeforeYield, yieldAfter), Effect.runPromise)

const bothWays = (setting: Setting, mine: ReadonlyArray<Step>, yours: ReadonlyArray<Step>) =>
  between(setting, (client, server) =>
    Effect.all([
      Effect.forEach(mine, (step) => send(client, step)),
      receive(server, mine),
      Effect.forEach(yours, (step) => send(server, step)),
      receive(client, yours)
    ], { concurrency: "unbounded" }))

const fork = (connection: Connection.Connection) => (step: Step) =>
  Effect.forkChild(send(connection, step), { startImmediately: true })

const inFibers = (setting: Setting, steps: ReadonlyArray<Step>) =>
  between(setting, (client, server) =>
    Effect.gen(function*() {
      const sending = yield* Effect.forEach(steps, fork(client))
      yield* receive(server, steps)
      yield* Fiber.joinAll(sending)
    }))

const runs = { numRuns: 300, timeout: 10_000, endOnFailure: true }

describe("whatever is agreed on", () => {
  it("messages come as they were sent, in their order, both ways", () =>
    fc.assert(fc.asyncProperty(setting, script, script, bothWays), runs))

  it("messages of many fibers come in the order of their calls", () => {
    const single = step.filter(({ told, way }) => way === "parts" || told.length === 1)
    return fc.assert(fc.asyncProperty(setting, fc.array(single, { maxLength: 12 }), inFibers), runs)
  })
})
