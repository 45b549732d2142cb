import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import * as Compression from "effect-ws/Compression"
import * as Connection from "effect-ws/Connection"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"

describe("options", () => {
  const wrong: ReadonlyArray<readonly [Compression.Options, RegExp]> = [
    [{ level: 10 }, /level must be -1 to 9, not 10/],
    [{ memLevel: 0 }, /memLevel must be 1 to 9, not 0/],
    [{ strategy: 1.5 }, /strategy must be 0 to 4, not 1.5/],
    [{ serverMaxWindowBits: 7 }, /serverMaxWindowBits must be 8 to 15, not 7/],
    [{ clientMaxWindowBits: Number.NaN }, /clientMaxWindowBits must be 8 to 15, not NaN/],
    [{ threshold: -1 }, /threshold must be 0 or more, not -1/]
  ]

  it.effect.each(wrong)(
    "%o is a client's UsageError, before anything is dialled",
    ([compression, message]) =>
      Effect.gen(function*() {
        const { reason } = yield* Effect.flip(
          Effect.scoped(WebSocketClient.connect("ws://localhost:1", { compression }))
        )
        assert.strictEqual(reason._tag, "UsageError")
        assert.match(reason.message, message)
      })
  )

  it.effect.each(wrong)("%o is a server's UsageError", ([compression, message]) =>
    Effect.gen(function*() {
      const handler = WebSocketServer.handle("/", { compression }, () => Effect.void)
      const server = handler.pipe(Layer.provide(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })))
      const { reason } = yield* Effect.flip(Effect.scoped(Layer.build(server)))
      assert.match(reason.message, message)
    }))

  it("that are right are not refused", () => {
    const right = [true, false, {}, { level: -1, memLevel: 9, strategy: 4, threshold: 0.5, serverMaxWindowBits: true }]
    assert.deepStrictEqual(right.map(Compression.misuse), [undefined, undefined, undefined, undefined])
  })
})

describe("metrics", () => {
  const read = Effect.map(
    Metric.snapshot,
    (metrics) =>
      metrics.map(({ attributes, id, state }) => [id, attributes?.["state"], (state as { value: number }).value])
  )

  it.live("say what a pool holds now, and are gone with their layer", () =>
    Effect.gen(function*() {
      const pool = new Compression.Pool()
      const [awake, asleep] = yield* Effect.gen(function*() {
        const [client] = yield* Connection.pair({ compression: { pool } })
        yield* client.send("compressible ".repeat(100))
        const awake = yield* read
        pool.sleep()
        return [awake, yield* read]
      }).pipe(Effect.provide(Compression.layerMetrics(pool)), Effect.scoped)
      const held = (metrics: typeof awake) => metrics.find(([id]) => id === "effect_ws_deflate_bytes")?.[2] as number
      assert.deepInclude(awake, ["effect_ws_deflate_contexts", "awake", 1])
      assert.deepInclude(asleep, ["effect_ws_deflate_contexts", "awake", 0])
      assert.isAbove(held(awake), held(asleep))
      assert.deepStrictEqual(yield* read, [])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))
})
