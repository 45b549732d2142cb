import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as RawClient from "./RawClient.ts"
import * as TestServer from "./TestServer.ts"

const Nothing = WebSocketServer.handle("/", () => Effect.never)

const asking = (request: string) =>
  Effect.gen(function*() {
    const { port } = yield* TestServer.start(Nothing)
    return yield* RawClient.ask(port, request)
  })

const changed = (fields: Readonly<Record<string, string | undefined>>) => asking(RawClient.handshake("/", fields))

describe("a request that is no handshake is refused over the wire (RFC 6455 §4.2.1)", () => {
  it.live("with 405 and Allow: its method is not GET", () =>
    Effect.gen(function*() {
      const answer = yield* asking(RawClient.handshake("/", {}, "POST / HTTP/1.1"))
      assert.strictEqual(answer.status, 405)
      assert.strictEqual(answer.headers["allow"], "GET")
    }))

  it.live("with 426 and the versions that are spoken: its version is another one (§4.4)", () =>
    Effect.gen(function*() {
      for (const version of ["12", "14", "013", "13, 8", "", undefined]) {
        const answer = yield* changed({ "Sec-WebSocket-Version": version })
        assert.strictEqual(answer.status, 426, version)
        assert.strictEqual(answer.headers["sec-websocket-version"], "13, 8")
      }
    }))

  const malformed: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
    "there is no Host": { "Host": undefined },
    "Upgrade is something else": { "Upgrade": "h2c" },
    "there is no key": { "Sec-WebSocket-Key": undefined },
    "the key is too short": { "Sec-WebSocket-Key": "dGhlIHNhbXBsZQ==" },
    "the key is not base64": { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZ*==" },
    "the key is given twice": { "Sec-WebSocket-Key": `${RawClient.key}, ${RawClient.key}` },
    "a subprotocol is no token": { "Sec-WebSocket-Protocol": "chat, super chat" },
    "a subprotocol is given twice": { "Sec-WebSocket-Protocol": "chat, chat" },
    "the extensions are no list": { "Sec-WebSocket-Extensions": "permessage-deflate; =" }
  }

  for (const [name, fields] of Object.entries(malformed)) {
    it.live(`with 400: ${name}`, () =>
      Effect.gen(function*() {
        const answer = yield* changed(fields)
        assert.strictEqual(answer.status, 400)
        assert.match(answer.body, /RFC 6455 §\d/)
      }))
  }

  it.live("with 400: it is of HTTP/1.0", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* asking(RawClient.handshake("/", {}, "GET / HTTP/1.0"))).status, 400)
    }))

  it.live("with text of the right length, and the end of the connection", () =>
    Effect.gen(function*() {
      const { body, headers } = yield* changed({ "Sec-WebSocket-Key": undefined })
      assert.strictEqual(headers["connection"], "close")
      assert.strictEqual(headers["content-type"], "text/plain; charset=utf-8")
      assert.strictEqual(Number(headers["content-length"]), Buffer.byteLength(body))
    }))
})

describe("a request that is unusual is a handshake all the same", () => {
  const accepted: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
    "Connection has more in it": { "Connection": "keep-alive, Upgrade" },
    "Upgrade is in other letters": { "Upgrade": "WebSocket" },
    "it is of version 8": { "Sec-WebSocket-Version": "8" },
    "it offers extensions that nobody knows": { "Sec-WebSocket-Extensions": "x-unknown; a=1, permessage-deflate" }
  }

  for (const [name, fields] of Object.entries(accepted)) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { port } = yield* TestServer.start(Nothing)
        const client = yield* RawClient.connect({ port })
        client.socket.write(RawClient.handshake("/", fields))
        const { headers, status } = yield* client.answer
        assert.strictEqual(status, 101)
        assert.strictEqual(headers["sec-websocket-accept"], RawClient.acceptOfKey)
        assert.isUndefined(headers["sec-websocket-extensions"])
      }))
  }

  it.live("its octets come one by one", () =>
    Effect.gen(function*() {
      const { port } = yield* TestServer.start(Nothing)
      const client = yield* RawClient.connect({ port })
      client.socket.setNoDelay(true)
      for (const octet of RawClient.handshake("/")) client.socket.write(octet)
      assert.strictEqual((yield* client.answer).status, 101)
    }))
})

describe("a client that does not read the answer that refuses it", () => {
  it.live("is dropped, and does not keep the server from stopping", () =>
    Effect.gen(function*() {
      const refusal = new WebSocketServer.Refusal({ status: 403, body: "x".repeat(32 << 20) })
      const Closed = WebSocketServer.handle("/", { accept: () => Effect.fail(refusal) }, () => Effect.void)
      const scope = yield* TestServer.scope
      const { port } = yield* Scope.provide(TestServer.start(Closed), scope)
      const client = yield* RawClient.connect({ host: "127.0.0.1", port })
      client.socket.write(RawClient.handshake("/"))
      assert.strictEqual((yield* client.answer).status, 403)
      client.socket.pause()
      yield* Effect.timeout(Scope.close(scope, Exit.void), 8000)
    }))
})
