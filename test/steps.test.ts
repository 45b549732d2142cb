import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, References, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as Reconnect from "effect-ws/Reconnect"
import { TestNetwork } from "effect-ws/testing"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { duplexPair } from "node:stream"

/** Interrupts an effect wherever it can be: it yields after every few steps, and is left alone for some turns before. */
const interruptedAnywhere = <A, E, R, E2, R2>(
  effect: Effect.Effect<A, E, R>,
  check: (at: string) => Effect.Effect<unknown, E2, R2>
): Effect.Effect<void, E2, R | R2> =>
  Effect.gen(function*() {
    for (let steps = 2; steps <= 6; steps++) {
      for (let turns = 0; turns < 30; turns++) {
        const fiber = yield* Effect.forkChild(Effect.provideService(effect, References.MaxOpsBeforeYield, steps))
        yield* Effect.repeat(Effect.yieldNow, { times: turns })
        yield* Fiber.interrupt(fiber)
        yield* check(`${steps} steps, ${turns} turns`)
      }
    }
  })

describe("what is interrupted between any two steps", () => {
  it.live("a reader: another one can read", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      yield* interruptedAnywhere(Stream.runDrain(client.messages), (at) =>
        Effect.gen(function*() {
          yield* server.send(at)
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.messages, 1)), [at])
        }))
    }))

  it.live("a reader of a connection that survives: another one can read", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      const { messages } = yield* Reconnect.make(Effect.succeed(client))
      yield* interruptedAnywhere(Stream.runDrain(messages), (at) =>
        Effect.gen(function*() {
          yield* server.send(at)
          assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), [at])
        }))
    }))

  it.effect("a pair of connections: one does not wait for a goodbye of the other, which was never made", () =>
    interruptedAnywhere(Effect.scoped(Effect.andThen(Connection.pair(), Effect.never)), () => Effect.void))

  it.live("a connection of a stream: the stream is not left with nobody to end it", () =>
    Effect.gen(function*() {
      let stream = duplexPair()[0]
      const taking = Effect.suspend(() => {
        stream = duplexPair()[0]
        return Connection.fromDuplex(stream, { role: "client" }, { closeTimeout: 1 })
      })
      yield* interruptedAnywhere(
        Effect.scoped(Effect.andThen(taking, Effect.never)),
        (at) => Effect.sync(() => assert.isTrue(stream.destroyed || stream.listenerCount("data") === 0, at))
      )
    }))

  it.effect("a server's layer: its port and its path are free again", () =>
    interruptedAnywhere(
      Layer.launch(
        Layer.provide(WebSocketServer.handle("/", () => Effect.void), TestNetwork.layerServer({ port: 80 }))
      ),
      () => Effect.scoped(Layer.build(TestNetwork.layerServer({ port: 80 })))
    ).pipe(Effect.provide(TestNetwork.layerNetwork)))

  it.effect("a handler's layer: its path is free again", () =>
    interruptedAnywhere(
      Layer.launch(WebSocketServer.handle("/", () => Effect.void)),
      () => Effect.scoped(Layer.build(WebSocketServer.handle("/", () => Effect.void)))
    ).pipe(Effect.provide(TestNetwork.layer())))
})
