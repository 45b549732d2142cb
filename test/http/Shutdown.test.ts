import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import * as Http from "node:http"
import * as NodeHttpWebSocket from "../../src/NodeHttpWebSocket.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import type * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Passing from "../Passing.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"
import * as TestApp from "./TestApp.ts"

type Handler = WebSocketServer.Handler<unknown, unknown, Scope.Scope>
type ServerOptions = Parameters<typeof TestApp.ours>[1]

/** Half of what Effect's own server waits, in milliseconds. */
const prompt = 10_000

const patient = { closeTimeout: 60_000 }

/** Starts a server, has a test do something with it, and stops it. */
const stopping = Effect.fnUntraced(function*<A, E>(
  serving: Layer.Layer<never, never, HttpServer.HttpServer>,
  options: ServerOptions,
  use: (app: TestApp.TestApp, stop: Effect.Effect<void>) => Effect.Effect<A, E, Scope.Scope>
) {
  const scope = yield* TestServer.scope
  const app = yield* Scope.provide(TestApp.startOn(TestApp.ours(Http.createServer(), options), serving), scope)
  return yield* use(app, Scope.close(scope, Exit.void))
})

const routed = (handler: Handler, options: NodeHttpWebSocket.Options<void, never, never> = {}) =>
  Layer.orDie(HttpRouter.serve(NodeHttpWebSocket.add("/", options, handler), { disableListenLog: true }))

const raw = (handler: Handler, options: NodeHttpWebSocket.Options<void, never, never> = {}) =>
  HttpServer.serve(NodeHttpWebSocket.upgrade(options, handler))

/** Always has something to do, and something left to say. */
const busy: Handler = ({ send }) =>
  Effect.addFinalizer(() => Effect.ignore(send("bye"))).pipe(
    Effect.andThen(Effect.forEach(Array.from({ length: 500 }, (_, i) => `${i}`), (message) => send(message))),
    Effect.andThen(Effect.forever(Effect.sleep(10)))
  )

const flood: Handler = ({ send }) => Effect.forever(send(new Uint8Array(1 << 20)))

for (const [name, serving] of [["a router", routed], ["an app without a router", raw]] as const) {
  describe(`${name} that stops`, () => {
    it.effect("says 1001 to every connection at once, after everything that was sent", () =>
      stopping(
        serving(({ send }) => Effect.andThen(send("welcome"), Effect.never)),
        {},
        ({ url }, stop) =>
          Effect.gen(function*() {
            const peers = yield* Effect.forEach(Array.from({ length: 20 }), () => WsPeer.connect(url))
            const client = yield* WebSocketClient.connect(url)
            const heard = yield* Effect.forkChild(Stream.runCollect(client.messages))
            yield* Passing.within(prompt, stop)
            for (const peer of peers) {
              assert.deepStrictEqual(yield* peer.closed, { code: 1001, reason: "" })
              assert.deepStrictEqual(peer.messages, ["welcome"])
            }
            assert.deepStrictEqual(yield* Fiber.join(heard), ["welcome"])
            assert.strictEqual((yield* client.closed).code, 1001)
          })
      ))

    it.effect("lets handlers that are busy say what is left to say", () => {
      return stopping(serving(busy), {}, ({ url }, stop) =>
        Effect.gen(function*() {
          const peer = yield* WsPeer.connect(url)
          yield* peer.received(1)
          yield* Passing.within(prompt, stop)
          assert.strictEqual((yield* peer.closed).code, 1001)
          assert.deepStrictEqual(peer.messages, [...Array.from({ length: 500 }, (_, i) => `${i}`), "bye"])
        }))
    })

    it.effect("waits closeTimeout for clients that do not answer, for all of them together", () =>
      stopping(serving(() => Effect.never, { closeTimeout: 200 }), {}, ({ port }, stop) =>
        Effect.gen(function*() {
          const silent = yield* Effect.forEach(Array.from({ length: 5 }), () => RawClient.open(port, "/"))
          const [elapsed] = yield* Effect.timed(Passing.within(prompt, stop))
          assert.isAtLeast(Duration.toMillis(elapsed), 200)
          assert.isBelow(Duration.toMillis(elapsed), 5 * 200)
          const codes = yield* Effect.forEach(silent, ({ closeCode }) => closeCode)
          assert.deepStrictEqual(codes, silent.map(() => 1001))
        })))

    it.effect("waits no longer than it was told to for clients that do not answer", () =>
      stopping(
        serving(() => Effect.never, patient),
        { gracefulShutdownTimeout: 200 },
        ({ port }, stop) =>
          Effect.gen(function*() {
            const silent = yield* RawClient.open(port, "/")
            yield* Passing.within(prompt, stop)
            assert.strictEqual(yield* silent.closeCode, 1001)
          })
      ))

    it.effect("drops a client that does not read what it is sent", () => {
      return stopping(
        serving(flood, patient),
        { gracefulShutdownTimeout: 200 },
        ({ port }, stop) =>
          Effect.gen(function*() {
            const client = yield* RawClient.open(port, "/")
            client.socket.pause()
            yield* Passing.within(prompt, stop)
          })
      )
    })

    it.effect("does not keep the client of a handler that cannot be interrupted", () =>
      Effect.gen(function*() {
        const enough = yield* Deferred.make<void>()
        const stubborn = serving(() => Effect.uninterruptible(Deferred.await(enough)))
        yield* stopping(stubborn, { gracefulShutdownTimeout: 100 }, ({ url }, stop) =>
          Effect.gen(function*() {
            yield* Effect.addFinalizer(() => Deferred.succeed(enough, undefined))
            const peer = yield* WsPeer.connect(url)
            const stopped = yield* Effect.forkChild(stop)
            assert.strictEqual((yield* Passing.within(prompt, peer.closed)).code, 1001)
            yield* Deferred.succeed(enough, undefined)
            yield* Passing.within(prompt, Fiber.join(stopped))
          }))
      }))

    it.effect("does not wait for a handler whose client has gone", () =>
      stopping(serving(() => Effect.never), {}, ({ port }, stop) =>
        Effect.gen(function*() {
          const client = yield* RawClient.open(port, "/")
          client.socket.resetAndDestroy()
          yield* Passing.within(prompt, stop)
        })))

    it.effect("also with preemptive shutdown disabled", () =>
      stopping(
        serving(() => Effect.never),
        { disablePreemptiveShutdown: true },
        ({ url }, stop) =>
          Effect.gen(function*() {
            const peer = yield* WsPeer.connect(url)
            yield* Passing.within(prompt, stop)
            assert.strictEqual((yield* peer.closed).code, 1001)
          })
      ))
  })
}

describe("a server that stops", () => {
  it.live("refuses with 503 whom it has not accepted yet", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const decided = yield* Deferred.make<void>()
      const accept = () => Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(decided))
      const routes = Layer.mergeAll(
        NodeHttpWebSocket.add("/slow", { accept }, () => Effect.never),
        NodeHttpWebSocket.add("/", () => Effect.never)
      )
      const serving = Layer.orDie(HttpRouter.serve(routes, { disableListenLog: true }))
      yield* stopping(serving, {}, ({ port, url }, stop) =>
        Effect.gen(function*() {
          const answer = yield* Effect.forkChild(RawClient.ask(port, RawClient.handshake("/slow")))
          yield* Deferred.await(asked)
          const peer = yield* WsPeer.connect(url)
          const stopped = yield* Effect.forkChild(stop)
          assert.strictEqual((yield* peer.closed).code, 1001)
          yield* Deferred.succeed(decided, undefined)
          assert.strictEqual((yield* Fiber.join(answer)).status, 503)
          yield* Fiber.join(stopped)
        }))
    }))

  it.live("lets requests that are no WebSockets finish", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const ready = yield* Deferred.make<void>()
      const slow = Effect.as(
        Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(ready)),
        HttpServerResponse.text("the page")
      )
      const routes = Layer.mergeAll(
        HttpRouter.add("GET", "/page", slow),
        NodeHttpWebSocket.add("/", () => Effect.never)
      )
      const serving = Layer.orDie(HttpRouter.serve(routes, { disableListenLog: true }))
      yield* stopping(serving, {}, ({ port, url }, stop) =>
        Effect.gen(function*() {
          const peer = yield* WsPeer.connect(url)
          const page = yield* Effect.forkChild(
            RawClient.ask(port, "GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
          )
          yield* Deferred.await(asked)
          const stopped = yield* Effect.forkChild(stop)
          assert.strictEqual((yield* peer.closed).code, 1001)
          yield* Deferred.succeed(ready, undefined)
          assert.deepInclude(yield* Fiber.join(page), { status: 200, body: "the page" })
          yield* Fiber.join(stopped)
        }))
    }))
})
