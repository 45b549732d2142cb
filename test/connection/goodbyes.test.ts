import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as fc from "fast-check"

type Step = (connection: Connection.Connection) => Effect.Effect<unknown, unknown>

const pause = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))

const parts = Stream.make("a", "b").pipe(Stream.tap(() => pause))

/** What a program may do with a message, or besides; each ends, if the other end does its part. */
const steps: Readonly<Record<string, Step>> = {
  sends: ({ send }) => send("Hello"),
  "sends much": ({ sendAll }) => sendAll(["a", Buffer.alloc(100_000, "abc"), "b"]),
  streams: ({ sendStream }) => sendStream(parts),
  pings: ({ ping }) => ping(),
  pauses: () => pause,
  closes: ({ close }) => close(4000),
  "begins to close": ({ close }) => Effect.forkChild(Effect.ignore(close(4001)), { startImmediately: true })
}

const some = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 3 })

const side = fc.record({ withEach: some, besides: some, reads: fc.constantFrom("messages", "frames") })

type Side = typeof side extends fc.Arbitrary<infer A> ? A : never

const take = (connection: Connection.Connection, names: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(names, (name) => Effect.ignore(steps[name](connection)), { discard: true })

/** Reads to the end, busy with the first few messages; and closes when it has done what it does besides. */
const live = (connection: Connection.Connection, { besides, reads, withEach }: Side) => {
  let busy = 5
  const handle = Effect.suspend(() => busy-- > 0 ? take(connection, withEach) : Effect.void)
  const incoming: Stream.Stream<unknown, unknown> = reads === "frames" ? connection.frames : connection.messages
  const closing = Effect.andThen(take(connection, besides), Effect.ignore(connection.close()))
  return Effect.all([Effect.ignore(Stream.runForEach(incoming, () => handle)), closing], { concurrency: "unbounded" })
}

/** How both ends saw the end; nobody is held back, which would be a reason of its own to miss it. */
const play = (sides: readonly [Side, Side], compression: boolean) =>
  Effect.gen(function*() {
    const ends = yield* Connection.pair({ compression, inboxSize: Infinity, closeTimeout: "3 seconds" })
    yield* Effect.forEach(ends, (end, i) => live(end, sides[i]), { concurrency: "unbounded", discard: true })
    return yield* Effect.forEach(ends, ({ closed }) => Effect.map(closed, ({ clean }) => clean))
  }).pipe(Effect.scoped)

describe("two sides that read, and close some time", () => {
  it("never wait for each other, whatever they do with messages", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(side, side), fc.boolean(), async (sides, compression) => {
        assert.deepStrictEqual(await Effect.runPromise(play(sides, compression)), [true, true])
      }),
      { numRuns: 100 }
    )
  }, 30_000)
})
