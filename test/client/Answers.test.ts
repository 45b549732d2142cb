import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import type { HandshakeError } from "../../src/WebSocketError.ts"
import { reasonFor } from "./Failure.ts"
import * as RawServer from "./RawServer.ts"

/** The refusal that an answer leads to, and that its connection is dropped. */
const refusalFor = (
  reply: (request: RawServer.Request) => string,
  options: WebSocketClient.Options = {}
): Effect.Effect<HandshakeError> =>
  Effect.gen(function*() {
    const { deserted, url } = yield* RawServer.start((request) => request.socket.write(reply(request)))
    const reason = yield* reasonFor(url, options)
    yield* deserted
    return reason._tag === "HandshakeError" ? reason : assert.fail(`${reason}`)
  }).pipe(Effect.scoped)

describe("a server that says no", () => {
  for (const status of [200, 204, 400, 401, 403, 404, 407, 426, 429, 500, 503]) {
    it.live(`fails with a HandshakeError: ${status}`, () =>
      Effect.gen(function*() {
        const refusal = yield* refusalFor(() => RawServer.answer(status, { "X-Why": "because" }))
        assert.deepInclude(refusal, { status, body: "" })
        assert.strictEqual(refusal.headers?.["x-why"], "because")
        assert.include(refusal.message, `${status}`)
      }))
  }

  it.live("gives its body as text", () =>
    Effect.gen(function*() {
      const refusal = yield* refusalFor(() => RawServer.answer(403, {}, "kein Zutritt für Räuber"))
      assert.strictEqual(refusal.body, "kein Zutritt für Räuber")
    }))

  it.live("gives a body that comes in chunks", () =>
    Effect.gen(function*() {
      const chunked = "HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
      assert.strictEqual((yield* refusalFor(() => chunked)).body, "abcde")
    }))

  it.live("gives the first 16 KiB of a body that never ends", () =>
    Effect.gen(function*() {
      const { deserted, url } = yield* RawServer.start(({ socket }) => {
        socket.write("HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n")
        const more = () => {
          while (socket.writable && socket.write(`400\r\n${"x".repeat(0x400)}\r\n`));
        }
        socket.on("drain", more)
        more()
      })
      const reason = yield* reasonFor(url)
      assert.deepInclude(reason, { _tag: "HandshakeError", status: 500, body: "x".repeat(16_384) })
      yield* deserted
    }))

  it.live("gives what came of a body that is cut off", () =>
    Effect.gen(function*() {
      const { url } = yield* RawServer.start(({ socket }) =>
        socket.end("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\nonly this")
      )
      assert.deepInclude(yield* reasonFor(url), { _tag: "HandshakeError", status: 500, body: "only this" })
    }))

  it.live("joins headers that are repeated", () =>
    Effect.gen(function*() {
      const answer = "HTTP/1.1 401 No\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
      assert.strictEqual((yield* refusalFor(() => answer)).headers?.["set-cookie"], "a=1, b=2")
    }))

  it.live("may send other informational answers first", () =>
    Effect.gen(function*() {
      const hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
      const { url } = yield* RawServer.start((request) => request.socket.write(hints + RawServer.acceptance(request)))
      yield* Effect.scoped(WebSocketClient.connect(url, { closeTimeout: 1 }))
    }))
})

describe("a 101 that opens no connection fails with a HandshakeError (RFC 6455 §4.1)", () => {
  const broken: Readonly<Record<string, [RegExp, Readonly<Record<string, string | undefined>>]>> = {
    "its accept answers another key": [/AcceptMismatch/, { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }],
    "it has no accept": [/AcceptMismatch/, { "Sec-WebSocket-Accept": undefined }],
    "it upgrades to something else": [/UpgradeInvalid/, { "Upgrade": "h2c" }],
    "it has no Upgrade": [/Upgrade/, { "Upgrade": undefined }],
    "its Connection does not name Upgrade": [/Connection/, { "Connection": "close" }],
    "it has no Connection": [/Connection/, { "Connection": undefined }],
    "it uses an extension that was not offered": [/ExtensionNotOffered/, { "Sec-WebSocket-Extensions": "x-unknown" }],
    "its permessage-deflate has an unknown parameter": [
      /permessage-deflate: unknown parameter x/,
      { "Sec-WebSocket-Extensions": "permessage-deflate; x" }
    ],
    "its permessage-deflate has a bad value": [
      /server_max_window_bits must not be 7 \(RFC 7692/,
      { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=7" }
    ],
    "it accepts permessage-deflate twice": [
      /permessage-deflate: accepted more than once/,
      { "Sec-WebSocket-Extensions": "permessage-deflate, permessage-deflate" }
    ],
    "its extensions are no list": [/ExtensionsMalformed/, { "Sec-WebSocket-Extensions": "=" }],
    "it chooses a subprotocol that was not requested": [/ProtocolNotRequested/, { "Sec-WebSocket-Protocol": "v3" }],
    "it chooses two subprotocols": [/ProtocolMalformed/, { "Sec-WebSocket-Protocol": "v1, v2" }],
    "it chooses an empty subprotocol": [/Protocol/, { "Sec-WebSocket-Protocol": "" }]
  }

  for (const [name, [message, changed]] of Object.entries(broken)) {
    it.live(name, () =>
      Effect.gen(function*() {
        const options = { protocols: ["v1", "v2"], handshakeTimeout: 2000 }
        const refusal = yield* refusalFor((request) => RawServer.acceptance(request, changed), options)
        assert.strictEqual(refusal.status, 101)
        assert.match(refusal.message, message)
        assert.match(refusal.message, /RFC (6455|7692) §/)
      }))
  }

  it.live("it chooses a subprotocol, and none was offered", () =>
    Effect.gen(function*() {
      const refusal = yield* refusalFor((request) => RawServer.acceptance(request, { "Sec-WebSocket-Protocol": "v1" }))
      assert.match(refusal.message, /ProtocolNotRequested/)
    }))
})

describe("frames in the same packet as the 101", () => {
  it.live("are delivered", () =>
    Effect.gen(function*() {
      const hello = Buffer.from("810548656c6c6f", "hex") // RFC 6455 §5.7: an unmasked "Hello"
      const close = Buffer.from("880203e8", "hex")
      const { url } = yield* RawServer.start((request) => {
        request.socket.end(Buffer.concat([Buffer.from(RawServer.acceptance(request)), hello, hello, close]))
      })
      const { closed, messages } = yield* WebSocketClient.connect(url)
      assert.deepStrictEqual(yield* Stream.runCollect(messages), ["Hello", "Hello"])
      assert.deepInclude(yield* closed, { code: 1000, clean: true })
    }))

  it.live("are delivered if the head comes octet by octet", () =>
    Effect.gen(function*() {
      const { url } = yield* RawServer.start((request) => {
        request.socket.setNoDelay(true)
        for (const octet of Buffer.from(RawServer.acceptance(request))) request.socket.write(Buffer.from([octet]))
        request.socket.write(Buffer.from("810548656c6c6f", "hex"))
      })
      const { messages } = yield* WebSocketClient.connect(url, { closeTimeout: 1 })
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Hello"])
    }))
})

describe("handshakeTimeout", () => {
  const patience = { handshakeTimeout: 60 }

  const timesOut = (server: RawServer.RawServer, url: string) =>
    Effect.gen(function*() {
      const [elapsed, reason] = yield* Effect.timed(reasonFor(url, patience))
      assert.deepInclude(reason, { _tag: "TimeoutError", operation: "handshake" })
      assert.isAtLeast(Duration.toMillis(elapsed), 55)
      assert.isAtLeast(server.sockets.length, 1)
      yield* server.deserted
    })

  it.live("fails with a TimeoutError: the server does not answer", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start(() => {})
      yield* timesOut(server, server.url)
    }))

  it.live("fails with a TimeoutError: the server does not shake hands in TLS", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start(() => {})
      yield* timesOut(server, `wss://127.0.0.1:${server.port}`)
    }))

  it.live("fails with a TimeoutError: the answer's head has no end", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start((request) =>
        request.socket.write(RawServer.acceptance(request).slice(0, -2))
      )
      yield* timesOut(server, server.url)
    }))

  it.live("fails with a TimeoutError: redirects are counted too", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start(({ socket }) => {
        setTimeout(() => socket.write(RawServer.answer(302, { "Location": "/" })), 25)
      })
      const reason = yield* reasonFor(server.url, { handshakeTimeout: 1000, maxRedirects: 1000 })
      assert.strictEqual(reason._tag, "TimeoutError")
      assert.isAtLeast(server.requests.length, 2)
      yield* server.deserted
    }))

  it.live("fails with a TimeoutError: the body of a refusal has no end", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start(({ socket }) => {
        socket.write("HTTP/1.1 401 No\r\nContent-Length: 100\r\n\r\nonly this")
      })
      yield* timesOut(server, server.url)
    }))
})
