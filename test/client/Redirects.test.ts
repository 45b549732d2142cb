import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WsServer from "../interop/WsServer.ts"
import * as Certificate from "../server/Certificate.ts"
import { reasonFor } from "./Failure.ts"
import * as RawServer from "./RawServer.ts"

const connects = (url: string, options: WebSocketClient.Options = {}) =>
  Effect.scoped(WebSocketClient.connect(url, { maxRedirects: 5, tls: Certificate.trust, ...options }))

/** A server that redirects everything to one place. */
const redirecting = (location: string, options: { readonly status?: number; readonly secure?: boolean } = {}) =>
  RawServer.start(
    ({ socket }) => socket.write(RawServer.answer(options.status ?? 302, { "Location": location })),
    options
  )

/** A server that redirects `/` to a place on itself, and accepts everything else. */
const redirectingWithin = (location: (port: number) => string) =>
  Effect.gen(function*() {
    const server: RawServer.RawServer = yield* RawServer.start((request) => {
      const answer = request.start === "GET / HTTP/1.1"
        ? RawServer.answer(307, { "Location": location(server.port) })
        : RawServer.acceptance(request)
      request.socket.write(answer)
    })
    return server
  })

const secrets = {
  headers: {
    "Authorization": "Bearer secret",
    "Cookie": "secret=1",
    "proxy-authorization": "Basic c2VjcmV0",
    "X-A": "1"
  }
}

/** Names of the secrets among the headers that a server was sent. */
const secretsIn = (headers: object): ReadonlyArray<string> =>
  Object.keys(headers).filter((name) => /auth|cookie/.test(name)).toSorted()

const all = ["authorization", "cookie", "proxy-authorization"]

describe("a redirect", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`is a HandshakeError by default: ${status}`, () =>
      Effect.gen(function*() {
        const { deserted, requests, url } = yield* redirecting("/other", { status })
        const reason = yield* reasonFor(url)
        assert.deepInclude(reason, { _tag: "HandshakeError", status })
        if (reason._tag === "HandshakeError") assert.strictEqual(reason.headers?.["location"], "/other")
        assert.strictEqual(requests.length, 1)
        yield* deserted
      }))
  }

  const places: Readonly<Record<string, (port: number) => string>> = {
    "absolute, of ws:": (port) => `ws://127.0.0.1:${port}/next?a=b`,
    "absolute, of http:": (port) => `http://127.0.0.1:${port}/next?a=b`,
    "without a scheme": (port) => `//127.0.0.1:${port}/next?a=b`,
    "an absolute path": () => "/next?a=b",
    "a relative path": () => "next?a=b"
  }

  for (const [name, location] of Object.entries(places)) {
    it.live(`is followed if maxRedirects allows it: ${name}`, () =>
      Effect.gen(function*() {
        const server = yield* redirectingWithin(location)
        yield* connects(server.url, { closeTimeout: 1, maxRedirects: 1 })
        assert.deepStrictEqual(server.requests.map(({ start }) => start), ["GET / HTTP/1.1", "GET /next?a=b HTTP/1.1"])
      }))
  }

  it.live("is followed with the same subprotocols, and another key", () =>
    Effect.gen(function*() {
      const server = yield* redirectingWithin(() => "/next")
      yield* connects(server.url, { closeTimeout: 1, protocols: ["a", "b"] })
      const [first, second] = server.requests.map(({ headers }) => headers)
      assert.strictEqual(second["sec-websocket-protocol"], "a, b")
      assert.notStrictEqual(second["sec-websocket-key"], first["sec-websocket-key"])
    }))

  it.live("is followed into TLS", () =>
    Effect.gen(function*() {
      const target = yield* WsServer.start(undefined, { secure: true })
      const { deserted, url } = yield* redirecting(target.url.replace("wss:", "https:"))
      yield* connects(url)
      assert.strictEqual(target.requests.length, 1)
      yield* deserted
    }))

  it.live("is followed maxRedirects times, and then a HandshakeError", () =>
    Effect.gen(function*() {
      const { deserted, requests, url } = yield* redirecting("/again")
      assert.deepInclude(yield* reasonFor(url, { maxRedirects: 3 }), { _tag: "HandshakeError", status: 302 })
      assert.strictEqual(requests.length, 4)
      yield* deserted
    }))

  it.live("is a HandshakeError if no WebSocket can be there", () =>
    Effect.gen(function*() {
      for (const location of ["ftp://localhost/", "http://", "/next#fragment", "mailto:a@b.c"]) {
        const { url } = yield* redirecting(location)
        assert.deepInclude(
          yield* reasonFor(url, { maxRedirects: 5 }),
          { _tag: "HandshakeError", status: 302 },
          location
        )
      }
    }))

  it.live("is a HandshakeError if it has no Location", () =>
    Effect.gen(function*() {
      const { url } = yield* RawServer.start(({ socket }) => socket.write(RawServer.answer(302)))
      assert.deepInclude(yield* reasonFor(url, { maxRedirects: 5 }), { _tag: "HandshakeError", status: 302 })
    }))

  it.live("is not followed to a Unix socket: a server does not choose among the client's", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const target = yield* WsServer.start(undefined, { socketPath: join(directory, "socket") })
      const { url } = yield* redirecting(`ws+unix:${directory}/socket:/`)
      assert.deepInclude(yield* reasonFor(url, { maxRedirects: 5 }), { _tag: "HandshakeError", status: 302 })
      assert.strictEqual(target.requests.length, 0)
    }))
})

describe("a redirect's secrets", () => {
  it.live("stay with a request to the same host", () =>
    Effect.gen(function*() {
      const server = yield* redirectingWithin((port) => `http://127.0.0.1:${port}/next`)
      yield* connects(server.url, { ...secrets, closeTimeout: 1 })
      assert.deepStrictEqual(secretsIn(server.requests[1].headers), all)
    }))

  it.live("stay with the URL's credentials, too", () =>
    Effect.gen(function*() {
      const server = yield* redirectingWithin(() => "/next")
      yield* connects(`ws://a:b@127.0.0.1:${server.port}/`, { closeTimeout: 1 })
      assert.strictEqual(server.requests[1].headers["authorization"], "Basic YTpi")
    }))

  it.live("are left behind on the way to another port", () =>
    Effect.gen(function*() {
      const target = yield* WsServer.start()
      const { requests, url } = yield* redirecting(target.url)
      yield* connects(url, secrets)
      assert.deepStrictEqual(secretsIn(requests[0].headers), all)
      assert.deepStrictEqual(secretsIn(target.requests[0].headers), [])
      assert.strictEqual(target.requests[0].headers["x-a"], "1")
    }))

  it.live("are left behind on the way to another name of the host, the URL's credentials too", () =>
    Effect.gen(function*() {
      const server = yield* redirectingWithin((port) => `ws://localhost:${port}/next`)
      yield* connects(`ws://a:b@127.0.0.1:${server.port}/`, { closeTimeout: 1 })
      assert.strictEqual(server.requests[0].headers["authorization"], "Basic YTpi")
      assert.deepStrictEqual(secretsIn(server.requests[1].headers), [])
    }))

  it.live("are left behind on the way out of TLS", () =>
    Effect.gen(function*() {
      const target = yield* WsServer.start()
      const { requests, url } = yield* redirecting(`ws://localhost:${target.port}`, { secure: true })
      yield* connects(url, secrets)
      assert.deepStrictEqual(secretsIn(requests[0].headers), all)
      assert.deepStrictEqual(secretsIn(target.requests[0].headers), [])
    }))

  it.live("do not come back when the way leads back", () =>
    Effect.gen(function*() {
      const stranger = yield* RawServer.start(({ socket }) => {
        socket.write(RawServer.answer(302, { "Location": `ws://127.0.0.1:${server.port}/next` }))
      })
      const server: RawServer.RawServer = yield* redirectingWithin(() => stranger.url)
      yield* connects(server.url, { ...secrets, closeTimeout: 1 })
      assert.deepStrictEqual(secretsIn(server.requests[0].headers), all)
      assert.deepStrictEqual(secretsIn(server.requests[1].headers), [])
    }))

  it.live("include a Host header that was given for the first host", () =>
    Effect.gen(function*() {
      const target = yield* WsServer.start()
      const { requests, url } = yield* redirecting(target.url)
      yield* connects(url, { headers: { "Host": "intern.example.com" } })
      assert.strictEqual(requests[0].headers["host"], "intern.example.com")
      assert.strictEqual(target.requests[0].headers.host, `127.0.0.1:${target.port}`)
    }))
})
