import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { duplexPair } from "node:stream"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WsServer from "../interop/WsServer.ts"
import * as Certificate from "../server/Certificate.ts"
import { reasonFor } from "./Failure.ts"
import * as RawServer from "./RawServer.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-ws-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const echoes = (url: string | URL, options: WebSocketClient.Options = {}) =>
  Effect.gen(function*() {
    const { messages, send } = yield* WebSocketClient.connect(url, options)
    yield* send("Hello")
    assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Hello"])
  }).pipe(Effect.scoped)

describe("a URL", () => {
  it.live("of ws: or http: connects over TCP", () =>
    Effect.gen(function*() {
      const { port, url } = yield* WsServer.start(WsServer.echo)
      yield* echoes(url)
      yield* echoes(new URL(url))
      yield* echoes(`http://127.0.0.1:${port}`)
    }))

  it.live("of wss: or https: connects over TLS", () =>
    Effect.gen(function*() {
      const { port, url } = yield* WsServer.start(WsServer.echo, { secure: true })
      yield* echoes(url, { tls: Certificate.trust })
      yield* echoes(`https://127.0.0.1:${port}`, { tls: Certificate.trust })
    }))

  it.live("of ws+unix: connects to a Unix socket, with a path and query behind the colon", () =>
    Effect.gen(function*() {
      const socketPath = join(yield* directory, "socket")
      const { requests } = yield* WsServer.start(WsServer.echo, { socketPath })
      yield* echoes(`ws+unix:${socketPath}`)
      yield* echoes(`ws+unix:${socketPath}:/chat/room?id=7`)
      assert.deepStrictEqual(requests.map(({ headers, url }) => [url, headers.host]), [
        ["/", "localhost"],
        ["/chat/room?id=7", "localhost"]
      ])
    }))

  it.live("of wss+unix: connects over TLS to a Unix socket", () =>
    Effect.gen(function*() {
      const socketPath = join(yield* directory, "socket")
      yield* WsServer.start(WsServer.echo, { socketPath, secure: true })
      yield* echoes(`wss+unix:${socketPath}`, { tls: Certificate.trust })
    }))

  it.live("sends its path, query and host", () =>
    Effect.gen(function*() {
      const { port, requests, url } = yield* WsServer.start(WsServer.echo)
      yield* echoes(`${url}/a%20b/ü?c=d%20e`)
      assert.strictEqual(requests[0].url, "/a%20b/%C3%BC?c=d%20e")
      assert.strictEqual(requests[0].headers.host, `127.0.0.1:${port}`)
    }))

  it.live("can name an IPv6 address", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start((request) => request.socket.write(RawServer.acceptance(request)), {
        host: "::1"
      })
      yield* Effect.asVoid(WebSocketClient.connect(`ws://[::1]:${server.port}/`, { closeTimeout: 1 })).pipe(
        Effect.scoped
      )
      assert.strictEqual(server.requests[0].headers["host"], `[::1]:${server.port}`)
    }))

  const wrong: Readonly<Record<string, string>> = {
    "garbage": "not a url",
    "an empty text": "",
    "a path alone": "/chat",
    "another scheme": "ftp://localhost/",
    "no host": "ws://",
    "a fragment": "ws://localhost/#top",
    "a Unix socket without a path": "ws+unix:"
  }

  for (const [name, url] of Object.entries(wrong)) {
    it.live(`fails with a UsageError: ${name}`, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* reasonFor(url))._tag, "UsageError")
      }))
  }

  it.live("sends its user and password as Basic authentication, decoded", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* WsServer.start(WsServer.echo)
      yield* echoes(`ws://Al%C3%AD:p%3As%40%25@127.0.0.1:${port}/`)
      yield* echoes(`ws://user@127.0.0.1:${port}/`)
      yield* echoes(`ws://us%er:p%zz@127.0.0.1:${port}/`)
      const sent = requests.map(({ headers }) =>
        Buffer.from(headers.authorization?.replace("Basic ", "") ?? "", "base64").toString()
      )
      assert.deepStrictEqual(sent, ["Alí:p:s@%", "user:", "us%er:p%zz"])
    }))
})

describe("the request", () => {
  it.live("is that of RFC 6455 §4.1", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* RawServer.start((request) => request.socket.end(RawServer.answer(400)))
      yield* reasonFor(url)
      yield* reasonFor(url)
      const [{ headers, start }, other] = requests
      assert.strictEqual(start, "GET / HTTP/1.1")
      assert.deepInclude(headers, { "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13" })
      assert.strictEqual(Buffer.from(headers["sec-websocket-key"], "base64").length, 16)
      assert.notStrictEqual(headers["sec-websocket-key"], other.headers["sec-websocket-key"])
      assert.notProperty(headers, "origin")
      assert.notProperty(headers, "sec-websocket-protocol")
      assert.strictEqual(headers["sec-websocket-extensions"], "permessage-deflate; client_max_window_bits")
    }))

  it.live("has further headers, which do not touch those of the handshake", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* WsServer.start(WsServer.echo)
      yield* echoes(url, { headers: { "X-Trace": "7", "sec-websocket-key": "mine", "Host": "example.com" } })
      assert.deepInclude(requests[0].headers, { "x-trace": "7", "host": "example.com" })
      assert.notStrictEqual(requests[0].headers["sec-websocket-key"], "mine")
    }))

  it.live("prefers an Authorization header to the URL's credentials", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* WsServer.start(WsServer.echo)
      yield* echoes(`ws://a:b@127.0.0.1:${port}/`, { headers: { "authorization": "Bearer token" } })
      assert.strictEqual(requests[0].headers.authorization, "Bearer token")
    }))

  it.live("has an origin if one is given, under its name in each version", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* WsServer.start(WsServer.echo)
      yield* echoes(url, { origin: "https://example.com" })
      yield* echoes(url, { origin: "https://example.com", version: 8 })
      assert.deepInclude(requests[0].headers, { "origin": "https://example.com", "sec-websocket-version": "13" })
      assert.deepInclude(requests[1].headers, {
        "sec-websocket-origin": "https://example.com",
        "sec-websocket-version": "8"
      })
    }))

  const wrong: Readonly<Record<string, WebSocketClient.Options>> = {
    "a header's value would run out of its line": { headers: { "X-Name": "a\r\nCookie: b" } },
    "a header's name is no token": { headers: { "X Name": "a" } },
    "the origin would run out of its line": { origin: "a\r\nCookie: b" },
    "a subprotocol is no token": { protocols: ["super chat"] },
    "a subprotocol is empty": { protocols: [""] },
    "a subprotocol is offered twice": { protocols: ["a", "b", "a"] },
    "a limit is below zero": { maxMessageSize: -1 },
    "a limit is no number": { inboxSize: NaN },
    "a time is none": { closeTimeout: "soon" as "1 second" },
    "a time is below zero": { closeTimeout: -1 },
    "the time for the handshake is none": { handshakeTimeout: "soon" as "1 second" }
  }

  for (const [name, options] of Object.entries(wrong)) {
    it.live(`is not made, with a UsageError: ${name}`, () =>
      Effect.gen(function*() {
        const { sockets, url } = yield* RawServer.start(() => {})
        assert.strictEqual((yield* reasonFor(url, options))._tag, "UsageError")
        assert.strictEqual(sockets.length, 0)
      }))
  }
})

describe("subprotocols", () => {
  it.live("the server's choice is the connection's", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* WsServer.start(WsServer.echo, { handleProtocols: ([, second]) => second })
      const connection = yield* WebSocketClient.connect(url, { protocols: ["v2", "v1"] })
      assert.strictEqual(connection.protocol, "v1")
      assert.strictEqual(requests[0].headers["sec-websocket-protocol"], "v2, v1")
    }))

  it.live("the server may choose none", () =>
    Effect.gen(function*() {
      const { url } = yield* WsServer.start(WsServer.echo, { handleProtocols: () => false })
      const connection = yield* WebSocketClient.connect(url, { protocols: ["v2"] })
      assert.isUndefined(connection.protocol)
    }))
})

describe("TLS", () => {
  it.live("fails with a TransportError if the certificate is not trusted", () =>
    Effect.gen(function*() {
      const { url } = yield* WsServer.start(WsServer.echo, { secure: true })
      const reason = yield* reasonFor(url)
      assert.strictEqual(reason._tag, "TransportError")
      assert.match(reason.message, /self.signed/)
    }))

  it.live("fails with a TransportError if the certificate is another host's", () =>
    Effect.gen(function*() {
      const { port } = yield* WsServer.start(WsServer.echo, { secure: true })
      const tls = { ...Certificate.trust, servername: "example.com" }
      const reason = yield* reasonFor(`wss://127.0.0.1:${port}`, { tls })
      assert.strictEqual(reason._tag, "TransportError")
      assert.match(reason.message, /altnames/)
    }))

  it.live("fails with a TransportError if the server does not speak it", () =>
    Effect.gen(function*() {
      const { port } = yield* WsServer.start(WsServer.echo)
      assert.strictEqual((yield* reasonFor(`wss://127.0.0.1:${port}`))._tag, "TransportError")
    }))
})

describe("a server that is not there", () => {
  it.live("fails with a TransportError that has Node's error", () =>
    Effect.gen(function*() {
      const { url } = yield* Effect.scoped(RawServer.start(() => {}))
      const reason = yield* reasonFor(url)
      assert.strictEqual(reason._tag, "TransportError")
      assert.deepInclude(reason, { message: reason.message })
      if (reason._tag === "TransportError") assert.propertyVal(reason.cause, "code", "ECONNREFUSED")
    }))

  it.live("fails with a TransportError: the Unix socket does not exist", () =>
    Effect.gen(function*() {
      const reason = yield* reasonFor(`ws+unix:${yield* directory}/none`)
      assert.strictEqual(reason._tag, "TransportError")
      assert.include(reason.message, "ENOENT")
    }))

  it.live("fails with a TransportError if it hangs up instead of answering", () =>
    Effect.gen(function*() {
      const { url } = yield* RawServer.start(({ socket }) => socket.end())
      assert.strictEqual((yield* reasonFor(url))._tag, "TransportError")
    }))

  it.live("fails with a TransportError if it answers with something else than HTTP", () =>
    Effect.gen(function*() {
      const { deserted, url } = yield* RawServer.start(({ socket }) => socket.write("SSH-2.0-OpenSSH\r\n"))
      assert.strictEqual((yield* reasonFor(url))._tag, "TransportError")
      yield* deserted
    }))

  it.live("fails with a TransportError if the stream that was dialled is gone, with the reason if there was one", () =>
    Effect.gen(function*() {
      for (const error of [undefined, new Error("the tunnel broke")]) {
        const [stream] = duplexPair()
        stream.on("error", () => {}).destroy(error)
        const reason = yield* reasonFor("ws://example.com").pipe(
          Effect.provideService(WebSocketClient.Dialer, () => Effect.succeed(stream))
        )
        assert.strictEqual(reason._tag, "TransportError")
        if (error !== undefined) assert.strictEqual(reason.message, error.message)
      }
    }))

  for (const direction of ["readable", "writable"] as const) {
    it.live(`fails with a TransportError if the ${direction} side of the stream that was dialled is over`, () =>
      Effect.gen(function*() {
        const [stream, other] = duplexPair()
        const over = once(stream, direction === "readable" ? "end" : "finish")
        for (const side of [stream, other]) side.resume()
        if (direction === "readable") other.end()
        else stream.end()
        yield* Effect.promise(() => over)
        const reason = yield* reasonFor("ws://example.com").pipe(
          Effect.provideService(WebSocketClient.Dialer, () => Effect.succeed(stream))
        )
        assert.strictEqual(reason._tag, "TransportError")
      }))
  }
})
