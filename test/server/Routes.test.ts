import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import * as ConnectionOptions from "../../src/ConnectionOptions.ts"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

/** A path whose handler tells its name and the path that was asked for. */
const named = (path: string) => WebSocketServer.handle(path, ({ request, send }) => send(`${path} ${request?.path}`))

const told = (url: string) =>
  Effect.gen(function*() {
    const peer = yield* WsPeer.connect(url)
    return (yield* peer.received(1))[0]
  })

const statusOf = (port: number, path: string) =>
  Effect.map(RawClient.ask(port, RawClient.handshake(path)), ({ status }) => status)

describe("paths", () => {
  it.live("each has its own handler", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(Layer.mergeAll(named("/a"), named("/b"), named("/")))
      assert.strictEqual(yield* told(`${url}/a`), "/a /a")
      assert.strictEqual(yield* told(`${url}/b?c=d`), "/b /b")
      assert.strictEqual(yield* told(url), "/ /")
    }))

  it.live("a last segment * stands for everything below", () =>
    Effect.gen(function*() {
      const { port, url } = yield* TestServer.start(named("/x/*"))
      assert.strictEqual(yield* told(`${url}/x/1`), "/x/* /x/1")
      assert.strictEqual(yield* told(`${url}/x/1/2?3`), "/x/* /x/1/2")
      assert.strictEqual(yield* told(`${url}/x/`), "/x/* /x/")
      assert.strictEqual(yield* statusOf(port, "/x"), 404)
      assert.strictEqual(yield* statusOf(port, "/xy/1"), 404)
      assert.strictEqual(yield* statusOf(port, "/y/x/1"), 404)
    }))

  it.live("the exact path goes before *, and the longer * before the shorter", () =>
    Effect.gen(function*() {
      const routes = Layer.mergeAll(named("/*"), named("/x/*"), named("/x/y/*"), named("/x/y/z"))
      const { url } = yield* TestServer.start(routes)
      assert.strictEqual(yield* told(`${url}/x/y/z`), "/x/y/z /x/y/z")
      assert.strictEqual(yield* told(`${url}/x/y/other`), "/x/y/* /x/y/other")
      assert.strictEqual(yield* told(`${url}/x/other`), "/x/* /x/other")
      assert.strictEqual(yield* told(`${url}/other`), "/* /other")
    }))

  it.live("* alone stands for everything", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(named("/*"))
      assert.strictEqual(yield* told(url), "/* /")
    }))

  it.live("a target that is no path is unknown", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(named("/*"))
      const request = RawClient.handshake("*")
      assert.strictEqual((yield* RawClient.ask(port, request)).status, 404)
    }))

  it.live("a second handler for a path fails with a UsageError", () =>
    Effect.gen(function*() {
      const { reason } = yield* Effect.flip(
        TestServer.start(Layer.mergeAll(named("/a"), named("/a").pipe(Layer.fresh)))
      )
      assert.strictEqual(reason._tag, "UsageError")
      assert.include(reason.message, "/a")
    }))

  for (const path of ["a", "", "*", "/a?b=c", "/a#b", "/ä", "/a b", "/a/:b", "/*/b", "ws://localhost/a"]) {
    it.live(`that no client would ask for fail with a UsageError: ${JSON.stringify(path)}`, () =>
      Effect.gen(function*() {
        const { reason } = yield* Effect.flip(TestServer.start(named(path)))
        assert.strictEqual(reason._tag, "UsageError")
      }))
  }

  it.live("have the services of their layer, and besides those of the server", () =>
    Effect.gen(function*() {
      const Color = Context.Reference("test/Color", { defaultValue: () => "none" })
      const Shape = Context.Reference("test/Shape", { defaultValue: () => "none" })
      const tell = (prefix: string) => Effect.map(Effect.all([Color, Shape]), (them) => `${prefix} ${them.join(" ")}`)
      const Told = WebSocketServer.handle(
        "/*",
        { accept: () => tell("asked:") },
        ({ send }, accepted) => Effect.flatMap(tell("opened:"), (opened) => send(`${accepted}, ${opened}`))
      )
      const server = NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" }).pipe(
        Layer.provide([Layer.succeed(Color, "the server's"), Layer.succeed(Shape, "the server's")])
      )
      const { url } = yield* TestServer.startOn(server, Layer.provide(Told, Layer.succeed(Color, "its own")))
      assert.strictEqual(yield* told(url), "asked: its own the server's, opened: its own the server's")
    }))

  it.live("a path is free again when its handler's scope has ended", () =>
    Effect.gen(function*() {
      const server = yield* TestServer.start(Layer.empty)
      const route: WebSocketServer.Route = {
        path: "/a",
        context: Context.empty(),
        options: ConnectionOptions.resolve(),
        accept: () => Effect.void,
        run: () => Effect.void
      }
      const scope = yield* TestServer.scope
      yield* Scope.provide(server.service.route(route), scope)
      assert.strictEqual(yield* statusOf(server.port, "/a"), 101)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* statusOf(server.port, "/a"), 404)
      yield* server.service.route(route)
      assert.strictEqual(yield* statusOf(server.port, "/a"), 101)
    }))

  it.live("a path whose handler's scope has ended says 503 while its connections are ending", () =>
    Effect.gen(function*() {
      const [begun, done] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const server = yield* TestServer.start(Layer.empty)
      const scope = yield* TestServer.scope
      yield* Effect.addFinalizer(() => Deferred.succeed(done, undefined))
      const lingering = Effect.andThen(Deferred.succeed(begun, undefined), Effect.never).pipe(
        Effect.ensuring(Deferred.await(done))
      )
      const layer = WebSocketServer.handle("/a", () => lingering)
      yield* Layer.buildWithScope(layer, scope).pipe(
        Effect.provideService(WebSocketServer.WebSocketServer, server.service)
      )
      yield* WsPeer.connect(`${server.url}/a`)
      yield* Deferred.await(begun)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      assert.strictEqual(yield* statusOf(server.port, "/a"), 503)
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(closing)
      assert.strictEqual(yield* statusOf(server.port, "/a"), 404)
    }))
})
