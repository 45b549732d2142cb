import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Layer, Logger, Stream } from "effect"
import { TestNetwork } from "effect-ws/testing"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { turns } from "./Play.ts"

type Connection = WebSocketServer.ServerConnection

/** What a handler does, one after the other; `accepted` takes what was sent. */
const acts: Readonly<
  Record<string, (connection: Connection, accepted: Array<string>, n: number) => Effect.Effect<unknown, unknown>>
> = {
  sends: ({ send }, accepted, n) => Effect.tap(send(`${n}`), () => Effect.sync(() => accepted.push(`${n}`))),
  "sends much": ({ send }, accepted, n) => {
    const large = `${n} `.repeat(20_000)
    return Effect.tap(send(large), () => Effect.sync(() => accepted.push(large)))
  },
  streams: ({ sendStream }, accepted, n) =>
    Effect.tap(
      sendStream(Stream.make(`${n}`, ", ", "in parts")),
      () => Effect.sync(() => accepted.push(`${n}, in parts`))
    ),
  reads: ({ messages }) => Stream.runDrain(Stream.take(messages, 2)),
  pings: ({ ping }) => ping(),
  yields: () => Effect.yieldNow
}

/** How it ends, if nobody interrupts it, and what the client is told. */
const ends: Readonly<
  Record<
    string,
    { readonly end: () => Effect.Effect<unknown, unknown>; readonly code: number; readonly isLogged: boolean }
  >
> = {
  returns: { end: () => Effect.void, code: 1000, isLogged: false },
  fails: { end: () => Effect.fail("out of ideas"), code: 1011, isLogged: true },
  dies: { end: () => Effect.die(new Error("a bug")), code: 1011, isLogged: true },
  "interrupts itself": { end: () => Effect.interrupt, code: 1001, isLogged: false },
  throws: {
    end: () => {
      throw new Error("a bug")
    },
    code: 1011,
    isLogged: true
  },
  "fails with much": {
    end: () => Effect.failCause(Cause.combine(Cause.fail("one"), Cause.die("two"))),
    code: 1011,
    isLogged: true
  }
}

const script = fc.record({
  acts: fc.array(fc.constantFrom(...Object.keys(acts)), { maxLength: 6 }),
  end: fc.constantFrom(...Object.keys(ends)),
  compression: fc.boolean(),
  /** When the server stops. */
  stops: fc.option(fc.nat(40), { nil: undefined })
})

type Script = typeof script extends fc.Arbitrary<infer A> ? A : never

const play = ({ acts: names, compression, end, stops }: Script) =>
  Effect.gen(function*() {
    const accepted: Array<string> = []
    const logged: Array<unknown> = []
    let finalized = 0
    const Handler = WebSocketServer.handle("/", { compression }, (connection) =>
      Effect.gen(function*() {
        yield* Effect.addFinalizer(() => Effect.sync(() => finalized++))
        for (const [n, name] of names.entries()) yield* acts[name](connection, accepted, n)
        yield* Effect.suspend(ends[end].end)
      }))
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      if (logLevel === "Error") logged.push(message)
    })
    const server = yield* Effect.forkChild(
      Layer.launch(Layer.provide(Handler, TestNetwork.layerServer())).pipe(Effect.provide(Logger.layer([logger])))
    )
    yield* turns(6)
    const { closed, messages, send } = yield* WebSocketClient.connect("ws://localhost")
    yield* Effect.forkChild(Effect.exit(Effect.forever(Effect.andThen(turns(2), send("more")))))
    const received: Array<unknown> = []
    const reading = yield* Effect.forkChild(
      Effect.exit(Stream.runForEach(messages, (message) => Effect.sync(() => received.push(message))))
    )
    if (stops !== undefined) yield* turns(stops)
    const stopped = yield* Effect.forkChild(
      stops === undefined ? Effect.andThen(closed, Fiber.interrupt(server)) : Fiber.interrupt(server)
    )
    const { clean, code } = yield* closed
    yield* Fiber.join(reading)
    yield* Fiber.join(stopped)
    return { received, accepted, clean, code, finalized, logged: logged.length }
  }).pipe(Effect.scoped, Effect.provide(TestNetwork.layerNetwork), Effect.provide(TestClock.layer()))

describe("a handler that ends at any point", () => {
  it("has the client get all that it sent, and the code of its end", () =>
    fc.assert(
      fc.asyncProperty(script, async (script) => {
        const { accepted, clean, code, finalized, logged, received } = await Effect.runPromise(play(script))
        const { code: own, isLogged } = ends[script.end]
        assert.isTrue(clean)
        assert.include(script.stops === undefined ? [own] : [own, 1001], code)
        assert.deepStrictEqual(received.slice(0, accepted.length), accepted)
        assert.isAtMost(received.length, accepted.length + 1)
        assert.strictEqual(finalized, 1)
        if (script.stops === undefined) assert.strictEqual(logged, isLogged ? 1 : 0)
      }),
      { numRuns: 150, timeout: 20_000 }
    ))
})
