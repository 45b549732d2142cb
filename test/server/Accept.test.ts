import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Layer, Scope } from "effect"
import type { Connection } from "../../src/Connection.ts"
import * as EffectSocketServer from "../../src/EffectSocketServer.ts"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

type Accept<A, R = never> = NonNullable<WebSocketServer.HandleOptions<A, R>["accept"]>

/** Tells each client what it was accepted as. */
const telling = <R>(accept: Accept<string, R>) =>
  WebSocketServer.handle("/", { accept }, ({ send }, accepted) => send(accepted))

const told = (server: TestServer.TestServer, path = "/", headers: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const peer = yield* WsPeer.connect(server.url + path, { headers })
    return (yield* peer.received(1))[0]
  })

const refuse = new WebSocketServer.Refusal({ status: 401, body: "who are you?" })

type Handle = (connection: Connection) => Effect.Effect<unknown>

/** Both ways to have a path asked about. */
const servers = {
  "of a handler": (accept: Accept<string, Scope.Scope>, handler: Handle) =>
    WebSocketServer.handle("/", { accept }, handler),
  "of a socket server": (accept: Accept<string, Scope.Scope>, handler: Handle) =>
    Layer.effectDiscard(Effect.gen(function*() {
      const { run } = yield* Effect.orDie(EffectSocketServer.make("/", { accept }))
      const handling = Effect.flatMap(EffectSocketServer.CurrentConnection, (connection) => handler(connection!))
      yield* Effect.forkScoped(run(() => handling))
    }))
}

/** Acquires something over some time, and tells how it is released; then says yes or no. */
const acquiring = (answer: Effect.Effect<string, WebSocketServer.Refusal>) => {
  const released = Deferred.makeUnsafe<Exit.Exit<unknown, unknown>>()
  const acquire = Effect.acquireRelease(Effect.sleep(1), (_, exit) => Deferred.succeed(released, exit))
  return { accept: () => Effect.andThen(acquire, answer), released, isReleased: () => Deferred.isDoneUnsafe(released) }
}

describe("accept", () => {
  it.live("hands the handler what it succeeds with", () =>
    Effect.gen(function*() {
      const server = yield* TestServer.start(telling(() => Effect.delay(Effect.succeed("Ali Baba"), 1)))
      assert.strictEqual(yield* told(server), "Ali Baba")
    }))

  it.live("refuses with the status, headers and body of its Refusal", () =>
    Effect.gen(function*() {
      const refusal = { status: 429, headers: { "Retry-After": "7", "Content-Type": "text/html" }, body: "später" }
      const accept = () => Effect.fail(new WebSocketServer.Refusal(refusal))
      const { errors, port } = yield* TestServer.start(telling(accept))
      const { body, headers, status } = yield* RawClient.ask(port, RawClient.handshake("/"))
      assert.deepStrictEqual({ status, body }, { status: 429, body: "später" })
      assert.deepInclude(headers, { "retry-after": "7", "content-type": "text/html", "content-length": "7" })
      assert.deepStrictEqual(errors, [])
    }))

  it.live("answers 500 if a Refusal's header would run out of its line", () =>
    Effect.gen(function*() {
      const headers = { "Location": "/\r\nSet-Cookie: evil=1" }
      const accept = () => Effect.fail(new WebSocketServer.Refusal({ status: 403, headers }))
      const { errors, port } = yield* TestServer.start(telling(accept))
      const answer = yield* RawClient.ask(port, RawClient.handshake("/"))
      assert.strictEqual(answer.status, 500)
      assert.notProperty(answer.headers, "set-cookie")
      assert.match(errors.join(), /Location/)
    }))

  for (const status of [101, 600, 404.5, NaN]) {
    it.live(`answers 500 if a Refusal's status is ${status}, and logs that`, () =>
      Effect.gen(function*() {
        const refusal = new WebSocketServer.Refusal({ status })
        const { errors, port } = yield* TestServer.start(telling(() => Effect.fail(refusal)))
        assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/"))).status, 500)
        assert.include(errors.join(), "StatusInvalid")
      }))
  }

  const defects: Readonly<Record<string, Accept<string>>> = {
    "dies": () => Effect.die(new Error("the database is gone")),
    "throws": () => {
      throw new Error("the database is gone")
    }
  }

  for (const [name, accept] of Object.entries(defects)) {
    it.live(`answers 500 if it ${name}, and logs why`, () =>
      Effect.gen(function*() {
        const { errors, port } = yield* TestServer.start(telling(accept))
        const { body, status } = yield* RawClient.ask(port, RawClient.handshake("/"))
        assert.strictEqual(status, 500)
        assert.notInclude(body, "database")
        assert.match(errors.join(), /the database is gone/)
      }))
  }

  it.live("is interrupted, and answered 503, after handshakeTimeout", () =>
    Effect.gen(function*() {
      const interrupted = yield* Deferred.make<void>()
      const accept = () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
      const { errors, port } = yield* TestServer.start(telling(accept), { handshakeTimeout: 50 })
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/"))).status, 503)
      yield* Deferred.await(interrupted)
      assert.deepStrictEqual(errors, [])
    }))

  const departures: Readonly<Record<string, (client: RawClient.RawClient) => void>> = {
    "ends its connection": ({ socket }) => socket.end(),
    "drops its connection": ({ socket }) => socket.destroy(),
    "resets its connection": ({ socket }) => socket.resetAndDestroy()
  }

  for (const [name, depart] of Object.entries(departures)) {
    it.live(`is interrupted if the client ${name}`, () =>
      Effect.gen(function*() {
        const asked = yield* Deferred.make<void>()
        const interrupted = yield* Deferred.make<void>()
        const accept = () =>
          Effect.andThen(
            Deferred.succeed(asked, undefined),
            Effect.onInterrupt(Effect.never, () => Deferred.succeed(interrupted, undefined))
          )
        const { service, port } = yield* TestServer.start(telling(accept))
        const client = yield* RawClient.connect({ port })
        client.socket.write(RawClient.handshake("/"))
        yield* Deferred.await(asked)
        depart(client)
        yield* Effect.timeout(Deferred.await(interrupted), 1000)
        yield* Effect.repeat(service.connections, { until: (count) => count === 0 })
      }))
  }

  for (const [name, layerOf] of Object.entries(servers)) {
    it.live(`${name} keeps what it acquires until the connection has ended`, () =>
      Effect.gen(function*() {
        const { accept, isReleased, released } = acquiring(Effect.succeed("yes"))
        const early = yield* Deferred.make<boolean>()
        const handler = ({ closed }: Connection) =>
          Effect.andThen(closed, Effect.suspend(() => Deferred.succeed(early, isReleased())))
        const server = yield* TestServer.start(layerOf(accept, handler))
        yield* Effect.flatMap(WebSocketClient.connect(server.url), ({ close }) => close())
        assert.isFalse(yield* Deferred.await(early))
        assert.isTrue(Exit.isSuccess(yield* Deferred.await(released)))
      }))

    it.live(`${name} releases what it acquired when it refuses`, () =>
      Effect.gen(function*() {
        const { accept, released } = acquiring(Effect.fail(refuse))
        const server = yield* TestServer.start(layerOf(accept, () => Effect.void))
        yield* Effect.flip(WebSocketClient.connect(server.url))
        assert.isTrue(Exit.isFailure(yield* Deferred.await(released)))
      }))
  }

  it.live("logs that what it acquired could not be released", () =>
    Effect.gen(function*() {
      const scope = yield* TestServer.scope
      const sticks = Effect.acquireRelease(Effect.sleep(1), () => Effect.die(new Error("it sticks")))
      const routes = WebSocketServer.handle("/", { accept: () => sticks }, () => Effect.void)
      const { errors, url } = yield* Scope.provide(TestServer.start(routes), scope)
      yield* Effect.flatMap(WebSocketClient.connect(url), ({ closed }) => closed)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(errors.length, 1)
      assert.include(errors[0], "it sticks")
    }))

  it.live("keeps what the client sends before it is accepted", () =>
    Effect.gen(function*() {
      const One = WebSocketServer.handle("/", {
        accept: () => Effect.sleep(20)
      }, ({ pull, send }) => Effect.flatMap(pull, ([first]) => send(first)))
      const { port } = yield* TestServer.start(One)
      const client = yield* RawClient.connect({ port })
      const hello = Buffer.from("818537fa213d7f9f4d5158", "hex") // RFC 6455 §5.7: a masked "Hello"
      client.socket.write(Buffer.concat([Buffer.from(RawClient.handshake("/")), hello]))
      const [message] = yield* client.framesToClose
      assert.strictEqual(message.payload.toString(), "Hello")
    }))

  it.live("finds out by header", () =>
    Effect.gen(function*() {
      const server = yield* TestServer.start(telling(({ headers }) =>
        headers["authorization"] === "Bearer sesame" ? Effect.succeed("Ali") : Effect.fail(refuse)
      ))
      assert.strictEqual(yield* told(server, "/", { "Authorization": "Bearer sesame" }), "Ali")
      assert.strictEqual((yield* RawClient.ask(server.port, RawClient.handshake("/"))).status, 401)
    }))

  it.live("finds out by cookie", () =>
    Effect.gen(function*() {
      const server = yield* TestServer.start(
        telling(({ cookies }) => cookies["session"] === "a b" ? Effect.succeed("Ali") : Effect.fail(refuse))
      )
      assert.strictEqual(yield* told(server, "/", { "Cookie": "theme=dark; session=a%20b" }), "Ali")
      assert.strictEqual((yield* RawClient.ask(server.port, RawClient.handshake("/"))).status, 401)
    }))

  it.live("finds out by query", () =>
    Effect.gen(function*() {
      const server = yield* TestServer.start(telling(({ path, searchParams, target }) =>
        Effect.succeed([target, path, ...searchParams.getAll("token")].join(" "))
      ))
      assert.strictEqual(
        yield* told(server, "/?token=open%20sesame&token=b"),
        "/?token=open%20sesame&token=b / open sesame b"
      )
    }))

  it.live("knows the client's address, origin and subprotocols", () =>
    Effect.gen(function*() {
      const server = yield* TestServer.start(
        telling(({ origin, protocols, remoteAddress }) =>
          Effect.succeed([remoteAddress, origin, ...protocols].join(" "))
        )
      )
      const client = yield* RawClient.connect({ host: "127.0.0.1", port: server.port })
      client.socket.write(RawClient.handshake("/", { "Origin": "http://a.org", "Sec-WebSocket-Protocol": "a, b" }))
      assert.strictEqual((yield* client.framesToClose)[0].payload.toString(), "127.0.0.1 http://a.org a b")
    }))
})

class Accounts extends Context.Service<Accounts, { readonly nameOf: (token: string) => string }>()("test/Accounts") {}

describe("the environment", () => {
  it.live("gives accept and handler their services", () =>
    Effect.gen(function*() {
      const Greeter = WebSocketServer.handle(
        "/",
        { accept: () => Effect.map(Accounts, ({ nameOf }) => nameOf("accept")) },
        ({ send }, name) =>
          Effect.gen(function*() {
            const accounts = yield* Accounts
            yield* send(`${name} ${accounts.nameOf("handler")}`)
          })
      )
      const accounts = Layer.succeed(Accounts, { nameOf: (token: string) => `(${token})` })
      const server = yield* TestServer.start(Layer.provide(Greeter, accounts))
      assert.strictEqual(yield* told(server), "(accept) (handler)")
    }))
})

describe("subprotocols (RFC 6455 §4.2.2)", () => {
  const Speaking = WebSocketServer.handle("/", { protocols: ["v1", "v2"] }, ({ protocol, send }) => send(`${protocol}`))

  it.live("the first of the client's offers that is spoken is chosen", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(Speaking)
      const peer = yield* WsPeer.connect(url, {}, ["v3", "v2", "v1"])
      assert.strictEqual(peer.socket.protocol, "v2")
      assert.deepStrictEqual(yield* peer.received(1), ["v2"])
    }))

  it.live("none is chosen if none of the offers is spoken", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Speaking)
      const client = yield* RawClient.connect({ port })
      client.socket.write(RawClient.handshake("/", { "Sec-WebSocket-Protocol": "v3" }))
      const { headers, status } = yield* client.answer
      assert.strictEqual(status, 101)
      assert.notProperty(headers, "sec-websocket-protocol")
    }))
})

const statuses = (options: WebSocketServer.HandleOptions<void, never>) =>
  Effect.gen(function*() {
    const { port } = yield* TestServer.start(WebSocketServer.handle("/", options, () => Effect.void))
    const statusFor = (changed: Readonly<Record<string, string>>) =>
      Effect.map(RawClient.ask(port, RawClient.handshake("/", changed)), ({ status }) => status)
    return {
      friend: yield* statusFor({ "Origin": "https://example.com" }),
      stranger: yield* statusFor({ "Origin": "https://example.com.evil.org" }),
      none: yield* statusFor({}),
      strangerOfVersion8: yield* statusFor({
        "Sec-WebSocket-Version": "8",
        "Sec-WebSocket-Origin": "https://evil.org"
      })
    }
  })

describe("origins (RFC 6455 §10.2)", () => {
  it.live("every origin may connect by default", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* statuses({}), { friend: 101, stranger: 101, none: 101, strangerOfVersion8: 101 })
    }))

  it.live("a list lets in what is on it, and programs without an origin", () =>
    Effect.gen(function*() {
      const found = yield* statuses({ origins: ["https://example.org", "https://example.com"] })
      assert.deepStrictEqual(found, { friend: 101, stranger: 403, none: 101, strangerOfVersion8: 403 })
    }))

  it.live("\"same\" lets in pages of the host that is asked", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(WebSocketServer.handle("/", { origins: "same" }, () => Effect.void))
      const statusFor = (origin: string) =>
        Effect.map(
          RawClient.ask(port, RawClient.handshake("/", { Host: "example.com:8080", Origin: origin })),
          ({ status }) => status
        )
      assert.strictEqual(yield* statusFor("http://example.com:8080"), 101)
      assert.strictEqual(yield* statusFor("http://example.com"), 403)
      assert.strictEqual(yield* statusFor("null"), 403)
    }))

  it.live("a function decides by the origin and the request", () =>
    Effect.gen(function*() {
      const found = yield* statuses({
        origins: (origin, request) => origin === "https://example.com" && request.path === "/"
      })
      assert.deepStrictEqual(found, { friend: 101, stranger: 403, none: 101, strangerOfVersion8: 403 })
    }))

  it.live("accept is not asked about an origin that may not connect", () =>
    Effect.gen(function*() {
      const found = yield* statuses({ origins: [], accept: () => Effect.die("accept was asked") })
      assert.deepInclude(found, { friend: 403, stranger: 403, none: 500 })
    }))
})

const answering = (headers: WebSocketServer.HandleOptions<void, never>["headers"]) =>
  Effect.gen(function*() {
    const server = yield* TestServer.start(WebSocketServer.handle("/", { headers }, () => Effect.void))
    const answer = yield* RawClient.ask(server.port, RawClient.handshake("/?n=7"))
    return { ...answer, errors: server.errors.join() }
  })

describe("further headers of the answer", () => {
  it.live("are made from the request", () =>
    Effect.gen(function*() {
      const { headers, status } = yield* answering(({ searchParams }) => ({
        "Set-Cookie": `n=${searchParams.get("n")}`
      }))
      assert.strictEqual(status, 101)
      assert.strictEqual(headers["set-cookie"], "n=7")
    }))

  it.live("are answered 500 if they would run out of their line", () =>
    Effect.gen(function*() {
      const { errors, headers, status } = yield* answering(() => ({ "X-Name": "a\r\nSet-Cookie: evil=1" }))
      assert.strictEqual(status, 500)
      assert.notProperty(headers, "set-cookie")
      assert.match(errors, /X-Name/)
    }))

  it.live("are answered 500 if making them throws, and it is logged why", () =>
    Effect.gen(function*() {
      const { errors, status } = yield* answering(() => {
        throw new Error("no headers today")
      })
      assert.strictEqual(status, 500)
      assert.match(errors, /no headers today/)
    }))
})
