import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Logger, References, Stream } from "effect"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import * as Observability from "../../src/Observability.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Spans from "./Spans.ts"

describe.each([
  { does: "which one it is, besides what the layer's annotations say, where that is wanted", logs: true },
  { does: "what the layer's annotations say, and which one it is only where the server logs it", logs: false }
])("what is logged for a connection", ({ does, logs }) => {
  it.live(`says ${does}`, () =>
    Effect.gen(function*() {
      const logged: Array<readonly [unknown, Readonly<Record<string, unknown>>]> = []
      const logger = Logger.make<unknown, void>(({ fiber, message }) => {
        logged.push([message, fiber.getRef(References.CurrentLogAnnotations)])
      })
      const Talk = WebSocketServer.handle("/", ({ id, messages, send }) =>
        Effect.gen(function*() {
          yield* send(id)
          yield* Stream.runForEach(messages, Effect.log)
          return yield* Effect.die("a defect")
        }))
      const { url } = yield* Layer.build(
        Layer.provideMerge(Talk, NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })).pipe(
          Layer.provide([Logger.layer([logger]), logs ? Observability.layerLogs : Layer.empty])
        )
      ).pipe(
        Effect.annotateLogs("service", "talk"),
        Effect.flatMap((context) => Effect.provideContext(WebSocketServer.WebSocketServer, context))
      )
      const clients = yield* Effect.replicateEffect(Effect.flatMap(url, WebSocketClient.connect), 2)
      const ids = yield* Effect.forEach(clients, ({ pull }) => Effect.map(pull, ([id]) => id))
      yield* Effect.forEach(clients, ({ send }, i) => send(`from ${i}`))
      yield* Effect.forEach(clients, ({ close }) => close())
      yield* Effect.repeat(Effect.sync(() => logged.length), { until: (count) => count === 4 })
      const said = (i: number) =>
        [[`from ${i}`], { "service": "talk", ...(logs ? { "websocket.connection.id": ids[i] } : {}) }] as const
      assert.notStrictEqual(ids[0], ids[1])
      assert.match(String(ids[0]), /^server-\d+$/)
      assert.deepInclude(logged, said(0))
      assert.deepInclude(logged, said(1))
      const failed = logged.filter(([message]) => String(message) === "a WebSocket's handler failed")
      assert.sameMembers(failed.map(([, annotations]) => annotations["websocket.connection.id"]), ids as Array<unknown>)
    }))

  it.live("say what failed within the span of the connection", () =>
    Effect.gen(function*() {
      const spans = Spans.make()
      const failed = yield* Deferred.make<string | undefined>()
      const logger = Logger.make(({ fiber }) => Deferred.doneUnsafe(failed, Exit.succeed(fiber.cache.span?.spanId)))
      const Broken = Layer.provide(WebSocketServer.handle("/", () => Effect.die("a defect")), Logger.layer([logger]))
      const { url } = yield* Effect.provide(TestServer.start(Broken), spans.layer)
      yield* Effect.flatMap(WebSocketClient.connect(url), ({ closed }) => closed)
      assert.strictEqual(yield* Deferred.await(failed), spans.find("websocket.connection", "server").spanId)
    }))
})

describe("a logger that dies", () => {
  it.live("does not keep the connection of a handler that failed", () =>
    Effect.gen(function*() {
      const Broken = WebSocketServer.handle("/", () => Effect.die("a defect")).pipe(
        Layer.provide(Logger.layer([Logger.make(() => {
          throw new Error("the disk is full")
        })]))
      )
      const { url } = yield* TestServer.start(Broken)
      const { closed } = yield* WebSocketClient.connect(url)
      assert.strictEqual((yield* closed).code, 1011)
    }))
})
