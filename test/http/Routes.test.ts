import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Data, Deferred, Effect, Exit, Layer, type Scope, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Http from "node:http"
import * as Https from "node:https"
import * as NodeHttpWebSocket from "../../src/NodeHttpWebSocket.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketError from "../../src/WebSocketError.ts"
import type * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Certificate from "../server/Certificate.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestApp from "./TestApp.ts"

const Page = HttpRouter.add("GET", "/page", HttpServerResponse.text("the page"))
const Echo = NodeHttpWebSocket.add("/echo", ({ messages, sink }) => Stream.run(messages, sink))

const echoes = (url: string, options = {}) =>
  Effect.gen(function*() {
    const peer = yield* WsPeer.connect(url, options)
    peer.socket.send("Hello")
    assert.deepStrictEqual(yield* peer.received(1), ["Hello"])
    peer.socket.close(4000, "enough")
    assert.deepStrictEqual(yield* peer.closed, { code: 4000, reason: "enough" })
  })

const fetchText = (url: string) => Effect.promise(() => fetch(url).then((it) => it.text()))

class Broke extends Data.TaggedError("Broke")<{}> {}

const suite = (name: string, serverOn: typeof TestApp.stockOf) => {
  const server = Layer.suspend(() => serverOn(Http.createServer()))

  const start = <E>(routes: Parameters<typeof TestApp.start<E>>[0]) => TestApp.start(routes, server)

  /** What the client sees of the end, and what the app does. */
  const ending = <E>(handler: WebSocketServer.Handler<void, E, Scope.Scope>) =>
    Effect.gen(function*() {
      const ended = yield* Deferred.make<Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>>()
      const app = Effect.onExit(NodeHttpWebSocket.upgrade(handler), (exit) => Deferred.succeed(ended, exit))
      const { url } = yield* TestApp.startOn(server, HttpServer.serve(app))
      const peer = yield* WsPeer.connect(url)
      const { code } = yield* peer.closed
      const exit = yield* Deferred.await(ended)
      return { code, end: Exit.isSuccess(exit) ? exit.value.status : Cause.squash(exit.cause) }
    })

  describe(`a WebSocket among the routes of a router, on ${name}`, () => {
    it.live("echoes beside a page", () =>
      Effect.gen(function*() {
        const { port, url } = yield* start(Layer.mergeAll(Page, Echo))
        yield* echoes(`${url}/echo`)
        assert.strictEqual(yield* fetchText(`http://127.0.0.1:${port}/page`), "the page")
        yield* echoes(`${url}/echo`)
      }))

    it.live("knows path parameters and the query, before and after it accepts", () =>
      Effect.gen(function*() {
        const Room = NodeHttpWebSocket.add(
          "/rooms/:room",
          { accept: () => Effect.map(HttpRouter.params, ({ room }) => room) },
          Effect.fnUntraced(function*({ request, send }, accepted) {
            const { room } = yield* HttpRouter.params
            const query = yield* HttpServerRequest.ParsedSearchParams
            yield* send(JSON.stringify([accepted, room, query, request.path]))
          })
        )
        const { url } = yield* start(Room)
        const peer = yield* WsPeer.connect(`${url}/rooms/seven?as=Ada`)
        assert.strictEqual((yield* peer.closed).code, 1000)
        assert.deepStrictEqual(peer.messages, [JSON.stringify(["seven", "seven", { as: "Ada" }, "/rooms/seven"])])
      }))

    it.live("is found below a prefix", () =>
      Effect.gen(function*() {
        const routes = HttpRouter.use((router) =>
          router.prefixed("/api").add(
            "GET",
            "/echo",
            NodeHttpWebSocket.upgrade(({ messages, sink }) => Stream.run(messages, sink))
          )
        )
        const { url } = yield* start(routes)
        yield* echoes(`${url}/api/echo`)
      }))

    it.live("gets services from the environment, and from middleware with each request", () =>
      Effect.gen(function*() {
        class Greeting extends Context.Service<Greeting, string>()("Greeting") {}
        class User extends Context.Service<User, string>()("User") {}
        const Session = HttpRouter.middleware<{ provides: User }>()((app) =>
          Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
            Effect.provideService(app, User, headers["x-user"] ?? "nobody"))
        )
        const Welcome = NodeHttpWebSocket.add(
          "/",
          Effect.fnUntraced(function*({ send }) {
            yield* send(`${yield* Greeting}, ${yield* User}`)
          })
        ).pipe(Layer.provide(Session.layer))
        const serving = HttpRouter.serve(Welcome, { disableListenLog: true })
        const { url } = yield* TestApp.startOn(server, Layer.provide(serving, Layer.succeed(Greeting, "Welcome")))
        const peer = yield* WsPeer.connect(url, { headers: { "x-user": "Ada" } })
        yield* peer.closed
        assert.deepStrictEqual(peer.messages, ["Welcome, Ada"])
      }))

    it.live("middleware surrounds the whole connection, and sees 101", () =>
      Effect.gen(function*() {
        const seen: Array<number | string> = []
        const Watch = HttpRouter.middleware((app) =>
          Effect.tap(app, ({ status }) => Effect.sync(() => seen.push(status)))
        )
        const Talk = NodeHttpWebSocket.add("/", ({ messages }) =>
          Stream.runForEach(messages, (message) => Effect.sync(() => seen.push(String(message))))).pipe(
            Layer.provide(Watch.layer)
          )
        const { log, url } = yield* start(Talk)
        const peer = yield* WsPeer.connect(url)
        peer.socket.send("a message")
        peer.socket.close(1000)
        yield* peer.closed
        yield* Effect.repeat(
          Effect.sync(() =>
            log.length
          ),
          { until: (length) => length > 0 }
        )
        assert.deepStrictEqual(seen, ["a message", 101])
        assert.deepStrictEqual(log, ["Sent HTTP response 101"])
      }))

    it.live("middleware may say no", () =>
      Effect.gen(function*() {
        const no = Effect.succeed(HttpServerResponse.text("not you", { status: 401 }))
        const Guard = HttpRouter.middleware((app) =>
          Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) => headers["x-token"] === "mine" ? app : no)
        )
        const { port } = yield* start(Layer.provide(Echo, Guard.layer))
        const answer = yield* RawClient.ask(port, RawClient.handshake("/echo"))
        assert.deepInclude(answer, { status: 401, body: "not you" })
      }))

    it.live("middleware that fails or dies is answered as for any route", () =>
      Effect.gen(function*() {
        const Failing = HttpRouter.middleware((app) =>
          Effect.andThen(Effect.die(new Error("a bug in middleware")), app)
        )
        const { log, port } = yield* start(Layer.provide(Echo, Failing.layer))
        assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/echo"))).status, 500)
        assert.match(log.join(), /a bug in middleware/)
      }))

    it.live("middleware that interrupts takes the connection along", () =>
      Effect.gen(function*() {
        const ended = yield* Deferred.make<Exit.Exit<unknown, unknown>>()
        const Impatient = HttpRouter.middleware((app) =>
          Effect.timeoutOrElse(app, {
            duration: "50 millis",
            orElse: () => Effect.succeed(HttpServerResponse.empty({ status: 504 }))
          })
        )
        const Waiting = NodeHttpWebSocket.add("/", () =>
          Effect.onExit(Effect.never, (exit) => Deferred.succeed(ended, exit)))
        const { url } = yield* start(Layer.provide(Waiting, Impatient.layer))
        const peer = yield* WsPeer.connect(url)
        assert.deepStrictEqual(yield* peer.closed, { code: 1001, reason: "" })
        assert.isTrue(Exit.hasInterrupts(yield* Deferred.await(ended)))
      }))

    it.live("agrees on a subprotocol and on compression", () =>
      Effect.gen(function*() {
        const Talk = NodeHttpWebSocket.add(
          "/",
          { protocols: ["chat.v2", "chat.v1"], compression: true, headers: () => ({ "X-Served-By": "a test" }) },
          ({ protocol, send }) => send(String(protocol))
        )
        const { port, url } = yield* start(Talk)
        const client = yield* WebSocketClient.connect(url, { protocols: ["chat.v1", "chat.v2"] })
        assert.strictEqual(client.protocol, "chat.v1")
        assert.strictEqual(client.extensions[0].name, "permessage-deflate")
        assert.deepStrictEqual(yield* Stream.runCollect(client.messages), ["chat.v1"])
        const raw = yield* RawClient.open(port, "/")
        assert.strictEqual((yield* raw.answer).headers["x-served-by"], "a test")
      }))

    it.live("keeps to the limits", () =>
      Effect.gen(function*() {
        const Small = NodeHttpWebSocket.add("/", { maxMessageSize: 10 }, ({ messages }) => Stream.runDrain(messages))
        const { url } = yield* start(Small)
        const peer = yield* WsPeer.connect(url)
        peer.socket.send("more than ten octets")
        assert.strictEqual((yield* peer.closed).code, 1009)
      }))

    it.live("runs over TLS", () =>
      Effect.gen(function*() {
        const { port } = yield* TestApp.start(Echo, serverOn(Https.createServer(Certificate.identity)))
        yield* echoes(`wss://localhost:${port}/echo`, Certificate.trust)
      }))

    it.live("is an app without a router, too", () =>
      Effect.gen(function*() {
        const echo = NodeHttpWebSocket.upgrade(({ messages, sink }) => Stream.run(messages, sink))
        const { url } = yield* TestApp.startOn(server, HttpServer.serve(echo))
        yield* echoes(url)
      }))
  })

  describe(`the end of a route's handler, on ${name}`, () => {
    it.live("success closes with 1000, and is a response 101", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* ending(() => Effect.void), { code: 1000, end: 101 })
      }))

    it.live("failure closes with 1011, and is the route's", () =>
      Effect.gen(function*() {
        const { code, end } = yield* ending(() => new Broke())
        assert.strictEqual(code, 1011)
        assert.instanceOf(end, Broke)
      }))

    it.live("a defect closes with 1011, and is the route's", () =>
      Effect.gen(function*() {
        const { code, end } = yield* ending(() => {
          throw new Error("a bug")
        })
        assert.strictEqual(code, 1011)
        assert.match(String(end), /a bug/)
      }))

    it.live("that the client closed with a code of its own is no failure", () =>
      Effect.gen(function*() {
        const { end } = yield* ending(({ close, messages }) =>
          Effect.andThen(Effect.forkScoped(close(4000)), Stream.runDrain(messages))
        )
        assert.strictEqual(end, 101)
      }))

    it.live("a client that vanishes is no failure, and everything that it sent is handled", () =>
      Effect.gen(function*() {
        const handled: Array<unknown> = []
        const ended = yield* Deferred.make<Exit.Exit<unknown, WebSocketError.WebSocketError>>()
        const answered = yield* Deferred.make<Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>>()
        const app = NodeHttpWebSocket.upgrade(({ messages }) =>
          messages.pipe(
            Stream.runForEach((message) => Effect.delay(Effect.sync(() => handled.push(message)), "20 millis")),
            Effect.onExit((exit) => Deferred.succeed(ended, exit))
          )
        )
        const { port } = yield* TestApp.startOn(
          server,
          HttpServer.serve(Effect.onExit(app, (exit) => Deferred.succeed(answered, exit)))
        )
        const client = yield* RawClient.open(port, "/")
        for (const text of ["a", "b", "c"]) client.socket.write(RawClient.textFrame(text))
        client.socket.end()
        const end = yield* Deferred.await(ended)
        assert.deepStrictEqual(handled, ["a", "b", "c"])
        assert.isTrue(Exit.isFailure(end) && Cause.squash(end.cause) instanceof WebSocketError.WebSocketError)
        const answer = yield* Deferred.await(answered)
        assert.isFalse(Exit.isFailure(answer) && !Exit.hasInterrupts(answer))
      }))

    it.live("a handler that takes no notice of a client that is gone is interrupted after closeTimeout", () =>
      Effect.gen(function*() {
        const ended = yield* Deferred.make<Exit.Exit<unknown, unknown>>()
        const app = NodeHttpWebSocket.upgrade(
          { closeTimeout: 50 },
          () => Effect.onExit(Effect.never, (exit) => Deferred.succeed(ended, exit))
        )
        const { port } = yield* TestApp.startOn(server, HttpServer.serve(app))
        const client = yield* RawClient.open(port, "/")
        client.socket.resetAndDestroy()
        assert.isTrue(Exit.hasInterrupts(yield* Deferred.await(ended)))
      }))
  })
}

suite("Effect's server", TestApp.stockOf)
suite("ours", TestApp.ours)

describe("options that make no sense", () => {
  const senseless = { heartbeat: { timeout: 0 } }
  const problem = /heartbeat: timeout must be longer than nothing/

  it.live("are a reason for a server not to serve", () =>
    Effect.gen(function*() {
      const server = NodeHttpWebSocket.make(() => Http.createServer(), { port: 0, websocket: senseless })
      assert.match(String((yield* Effect.flip(server)).cause), problem)
    }).pipe(Effect.scoped))

  it.live("fail the route that has them", () =>
    Effect.gen(function*() {
      const route = HttpRouter.add("GET", "/", NodeHttpWebSocket.upgrade(senseless, () => Effect.void))
      const { log, port } = yield* TestApp.start(route)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/", { Connection: "Upgrade" }))).status, 500)
      assert.match(log.join(), problem)
    }).pipe(Effect.scoped))
})
