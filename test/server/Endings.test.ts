import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Scope, Stream } from "effect"
import * as WebSocketError from "../../src/WebSocketError.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Passing from "../Passing.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

/** What a client sees of the end of a connection with this handler, and what the server logs. */
const ending = (handler: WebSocketServer.Handler<unknown, unknown, Scope.Scope>) =>
  Effect.gen(function*() {
    const { errors, service, url } = yield* TestServer.start(WebSocketServer.handle("/", handler))
    const peer = yield* WsPeer.connect(url)
    const { code, reason } = yield* peer.closed
    yield* Effect.repeat(service.connections, { until: (count) => count === 0 })
    return { code, reason, messages: peer.messages, errors: errors.join() }
  })

describe("a handler's end is the connection's", () => {
  it.live("success closes with 1000", () =>
    Effect.gen(function*() {
      const end = yield* ending(() => Effect.void)
      assert.deepStrictEqual(end, { code: 1000, reason: "", messages: [], errors: "" })
    }))

  it.live("failure closes with 1011, and is logged", () =>
    Effect.gen(function*() {
      const { code, errors, reason } = yield* ending(() => Effect.fail("out of ideas"))
      assert.deepStrictEqual({ code, reason }, { code: 1011, reason: "" })
      assert.match(errors, /out of ideas/)
    }))

  it.live("a defect closes with 1011, and is logged", () =>
    Effect.gen(function*() {
      const { code, errors, reason } = yield* ending(() => Effect.die(new Error("a bug")))
      assert.deepStrictEqual({ code, reason }, { code: 1011, reason: "" })
      assert.match(errors, /a bug/)
    }))

  it.live("a finalizer that dies is logged, beside what the handler died of, and each of them once", () =>
    Effect.gen(function*() {
      const dying = Effect.addFinalizer(() => Effect.die(new Error("a slip")))
      const { code, errors } = yield* ending(() => dying)
      assert.strictEqual(code, 1000)
      assert.match(errors, /a slip/)
      const both = yield* ending(() => Effect.andThen(dying, Effect.die(new Error("a bug"))))
      assert.strictEqual(both.code, 1011)
      assert.lengthOf(both.errors.match(/Error: a (bug|slip)/g) ?? [], 2)
    }))

  it.live("a handler that throws closes with 1011, and is logged", () =>
    Effect.gen(function*() {
      const { code, errors } = yield* ending(() => {
        throw new Error("a bug")
      })
      assert.strictEqual(code, 1011)
      assert.match(errors, /a bug/)
    }))

  it.live("interruption closes with 1001, and is not logged", () =>
    Effect.gen(function*() {
      const end = yield* ending(() => Effect.interrupt)
      assert.deepInclude(end, { code: 1001, errors: "" })
    }))

  it.live("a UsageError closes with 1011, and is logged", () =>
    Effect.gen(function*() {
      const { code, errors } = yield* ending(({ close }) => close(1006))
      assert.strictEqual(code, 1011)
      assert.match(errors, /1006/)
    }))

  it.live("the failure of another connection is logged", () =>
    Effect.gen(function*() {
      const { code, errors } = yield* ending(() => Effect.fail(WebSocketError.fromTransport("no upstream")))
      assert.strictEqual(code, 1011)
      assert.match(errors, /no upstream/)
    }))

  it.live("what another connection sends and the handler cannot decode is logged", () =>
    Effect.gen(function*() {
      const reason = new WebSocketError.DecodeError({
        problem: "Syntax",
        message: "no JSON from upstream",
        path: [],
        received: "{",
        cause: undefined
      })
      const { code, errors } = yield* ending(() => Effect.fail(new WebSocketError.WebSocketError({ reason })))
      assert.strictEqual(code, 1011)
      assert.match(errors, /no JSON from upstream/)
    }))

  it.live("what was sent goes out first", () =>
    Effect.gen(function*() {
      const { code, messages } = yield* ending(({ send }) =>
        Effect.andThen(send("a"), Effect.andThen(send("b"), Effect.fail("c")))
      )
      assert.deepStrictEqual({ code, messages }, { code: 1011, messages: ["a", "b"] })
    }))

  it.live("a handler that closes by itself chooses code and reason", () =>
    Effect.gen(function*() {
      const { code, errors, reason } = yield* ending(({ close }) => close(4001, "enough"))
      assert.deepStrictEqual({ code, errors, reason }, { code: 4001, errors: "", reason: "enough" })
    }))

  it.live("finalizers of the handler can still send", () =>
    Effect.gen(function*() {
      const { code, messages } = yield* ending(({ send }) =>
        Effect.andThen(Effect.addFinalizer(() => Effect.ignore(send("bye"))), send("hello"))
      )
      assert.deepStrictEqual({ code, messages }, { code: 1000, messages: ["hello", "bye"] })
    }))

  it.live("a handler that reads is done when the peer closes, and that is not logged", () =>
    Effect.gen(function*() {
      const done = yield* Deferred.make<Exit.Exit<void, WebSocketError.WebSocketError>>()
      const Reader = WebSocketServer.handle("/", ({ messages }) =>
        Effect.onExit(Stream.runDrain(messages), (exit) => Deferred.succeed(done, exit)))
      const { errors, url } = yield* TestServer.start(Reader)
      const peer = yield* WsPeer.connect(url)
      peer.socket.close(4000, "tired")
      const exit = yield* Deferred.await(done)
      assert.isTrue(Exit.isFailure(exit))
      assert.deepInclude(yield* peer.closed, { code: 4000, reason: "tired" })
      assert.deepStrictEqual(errors, [])
    }))

  it.live("a peer that vanishes fails the reader with CloseError 1006, and that is not logged", () =>
    Effect.gen(function*() {
      const done = yield* Deferred.make<void, WebSocketError.WebSocketError>()
      const Reader = WebSocketServer.handle(
        "/",
        ({ messages }) => Effect.onExit(Stream.runDrain(messages), (exit) => Deferred.done(done, exit))
      )
      const { errors, port } = yield* TestServer.start(Reader)
      const client = yield* RawClient.open(port, "/")
      client.socket.end()
      const { reason } = yield* Effect.flip(Deferred.await(done))
      assert.deepInclude(reason, { _tag: "CloseError", code: 1006 })
      assert.deepStrictEqual(errors, [])
    }))
})

/** Keeps its connections until it is interrupted. */
const Waiting = (path: string, options: WebSocketServer.HandleOptions<void, never> = {}) =>
  WebSocketServer.handle(path, options, () => Effect.never)

/** Starts a server, has a test do something with it, and stops it; gives what the test made and how long stopping took. */
const stopping = Effect.fnUntraced(function*<A, E, R>(
  routes: Parameters<typeof TestServer.start>[0],
  use: (server: TestServer.TestServer, stop: Effect.Effect<void>) => Effect.Effect<A, E, R>
) {
  const scope = yield* TestServer.scope
  const server = yield* Scope.provide(TestServer.start(routes), scope)
  return yield* use(server, Scope.close(scope, Exit.void))
})

describe("a server that stops", () => {
  it.live("says 1001 to every connection at once", () =>
    stopping(Waiting("/"), ({ url }, stop) =>
      Effect.gen(function*() {
        const peers = yield* Effect.forEach(Array.from({ length: 50 }), () => WsPeer.connect(url), {
          concurrency: "unbounded"
        })
        yield* stop
        const closes = yield* Effect.forEach(peers, (peer) => peer.closed)
        assert.deepStrictEqual(closes, peers.map(() => ({ code: 1001, reason: "" })))
      })))

  it.effect("waits closeTimeout for peers that do not answer, for all of them together", () =>
    stopping(
      Layer.mergeAll(Waiting("/a", { closeTimeout: 2000 }), Waiting("/b", { closeTimeout: 2000 })),
      ({ port, url }, stop) =>
        Effect.gen(function*() {
          const silent = yield* Effect.forEach(["/a", "/a", "/b", "/b"], (path) => RawClient.open(port, path))
          const polite = yield* WsPeer.connect(`${url}/b`)
          const [elapsed] = yield* Effect.timed(Passing.within(10_000, stop))
          const codes = yield* Effect.forEach(silent, ({ closeCode }) => closeCode)
          assert.deepStrictEqual(codes, [1001, 1001, 1001, 1001])
          assert.strictEqual((yield* polite.closed).code, 1001)
          const millis = Duration.toMillis(elapsed)
          assert.isAtLeast(millis, 2000)
          assert.isBelow(millis, 4000) // one after the other they would take 8 s
        })
    ))

  it.effect("drops a peer that does not read what it is sent", () =>
    stopping(
      WebSocketServer.handle("/", { closeTimeout: 100 }, ({ send }) => Effect.forever(send(new Uint8Array(1 << 20)))),
      ({ port }, stop) =>
        Effect.gen(function*() {
          const client = yield* RawClient.open(port, "/")
          client.socket.pause()
          yield* Passing.within(1000, stop)
        })
    ))

  it.live("refuses new clients with 503 while it waits for the others", () =>
    stopping(Waiting("/", { closeTimeout: 2000 }), ({ port }, stop) =>
      Effect.gen(function*() {
        const client = yield* RawClient.open(port, "/")
        const stopped = yield* Effect.forkChild(stop)
        assert.strictEqual(yield* client.closeCode, 1001)
        assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/"))).status, 503)
        client.socket.destroy()
        yield* Fiber.join(stopped)
      })))

  it.effect("refuses clients with 503 that it has not accepted yet", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const accept = () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never)
      yield* stopping(Waiting("/", { accept }), ({ port }, stop) =>
        Effect.gen(function*() {
          const answer = yield* Effect.forkChild(RawClient.ask(port, RawClient.handshake("/")))
          yield* Deferred.await(asked)
          yield* Passing.within(2000, stop)
          assert.strictEqual((yield* Fiber.join(answer)).status, 503)
        }))
    }))

  it.effect("stops at once for a handler that asks for it in its very first step", () =>
    Effect.gen(function*() {
      const wanted = yield* Deferred.make<void>()
      const Switch = WebSocketServer.handle(
        "/",
        () => Effect.andThen(Deferred.succeed(wanted, undefined), Effect.never)
      )
      yield* stopping(Switch, ({ url }, stop) =>
        Effect.gen(function*() {
          const stopped = yield* Effect.forkChild(Effect.andThen(Deferred.await(wanted), stop))
          const peer = yield* WsPeer.connect(url)
          assert.strictEqual((yield* peer.closed).code, 1001)
          yield* Passing.within(2000, Fiber.join(stopped))
        }))
    }))

  it.live("lets the handlers' finalizers send first", () => {
    const Polite = WebSocketServer.handle(
      "/",
      ({ send }) => Effect.andThen(Effect.addFinalizer(() => Effect.ignore(send("bye"))), Effect.never)
    )
    return stopping(Polite, ({ url }, stop) =>
      Effect.gen(function*() {
        const peer = yield* WsPeer.connect(url)
        yield* stop
        assert.strictEqual((yield* peer.closed).code, 1001)
        assert.deepStrictEqual(peer.messages, ["bye"])
      }))
  })
})
