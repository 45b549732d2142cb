/** What was published about handshakes of other libraries, by classes: each has to fail here, on both faces. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { randomBytes } from "node:crypto"
import CompatWebSocket, { WebSocketServer as CompatServer } from "../../src/compat/index.ts"
import * as Extension from "../../src/protocol/Extension.ts"
import * as Subprotocol from "../../src/protocol/Subprotocol.ts"
import * as UpgradeHead from "../../src/protocol/UpgradeHead.ts"
import type * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import { reasonFor } from "../client/Failure.ts"
import * as RawServer from "../client/RawServer.ts"
import * as Faces from "../hostile/Faces.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"

describe.each(Faces.all)("a server by $name", ({ serve }) => {
  it.live("is not brought down by more headers than Node keeps, which drops those of the handshake", () =>
    Effect.gen(function*() {
      const port = yield* serve()
      const many = "a:b\r\n".repeat(2000)
      const request = RawClient.handshake("/").replace("\r\n", `\r\n${many}`)
      assert.isBelow(request.length, 16_384)
      assert.include([400, 431], (yield* RawClient.ask(port, request)).status)
      assert.strictEqual((yield* RawClient.ask(port, RawClient.handshake("/"))).status, 101)
    }))

  const names = ["constructor", "__proto__", "toString", "hasOwnProperty"]

  it.live("takes names of what objects inherit for names like any other", () =>
    Effect.gen(function*() {
      const port = yield* serve({ compression: true })
      for (const name of names) {
        const extensions = `${name}, permessage-deflate; ${name}=1, permessage-deflate; ${name}`
        const fields = { "Sec-WebSocket-Extensions": extensions, "Sec-WebSocket-Protocol": name }
        const { headers, status } = yield* RawClient.ask(port, RawClient.handshake("/", fields))
        assert.include([101, 400], status)
        assert.notInclude(headers["sec-websocket-extensions"] ?? "", name)
      }
    }))
})

/** Milliseconds of CPU that reading a header takes, twenty times, and a request with it. */
const took = (text: string): number => {
  const start = process.cpuUsage()
  for (let i = 0; i < 20; i++) {
    Subprotocol.parse(text)
    Extension.parse(text)
    UpgradeHead.read(`GET / HTTP/1.1\r\n${"a: b c\r\n".repeat(50)}a: b${text}\0\r\n\r\n`)
  }
  const { system, user } = process.cpuUsage(start)
  return (user + system) / 1000
}

describe("headers that take long to be read, or not", () => {
  /** An attack on expressions that try again and again, in a head of Node's size. */
  const size = 16_000
  const attacks: Readonly<Record<string, string>> = {
    "spaces": `a${" ".repeat(size)}b`,
    "tabs and spaces": `a${" \t".repeat(size / 2)},`,
    "commas": ",".repeat(size),
    "a quoted string without end": `a; b="${"\\\"".repeat(size / 2)}`,
    "escapes": `a; b="${"\\".repeat(size)}`,
    "parameters": `a${"; b".repeat(size / 3)}`,
    "elements": "a, ".repeat(size / 3)
  }

  for (const [does, header] of Object.entries(attacks)) {
    it(`${does}: are read in a time that grows with their length only`, () => {
      // What tries again takes seconds for this length, and hours for ten times of it
      assert.isBelow(took(header), 2000)
    })
  }
})

describe("cross-site WebSocket hijacking", () => {
  it.live("is refused with 403 where origins are limited, however the origin is dressed up", () =>
    Effect.gen(function*() {
      const Own = WebSocketServer.handle("/", { origins: "same" }, () => Effect.void)
      const { port } = yield* TestServer.start(Own)
      const origins = [
        "https://evil.example",
        "null",
        "",
        "http://localhost.evil.example",
        "http://localhost@evil.example",
        "http://evil.example#localhost",
        "http://evil.example/localhost",
        "localhost",
        "http://localhost, http://evil.example"
      ]
      for (const origin of origins) {
        const { status } = yield* RawClient.ask(port, RawClient.handshake("/", { "Origin": origin }))
        assert.strictEqual(status, 403, origin)
      }
      const twice = RawClient.handshake("/", { "Origin": "http://localhost", "origin": "https://evil.example" })
      assert.strictEqual((yield* RawClient.ask(port, twice)).status, 403)
      const own = RawClient.handshake("/", { "Origin": "http://localhost" })
      assert.strictEqual((yield* RawClient.ask(port, own)).status, 101)
    }))
})

describe("the key of a client, and the answer to it", () => {
  it.live("is new for each handshake, and of 16 octets, on both faces", () =>
    Effect.gen(function*() {
      const { connected, requests, url } = yield* RawServer.start(({ socket }) => socket.destroy())
      for (let i = 0; i < 10; i++) yield* reasonFor(url)
      for (let i = 0; i < 10; i++) yield* Faces.compatClient(url)
      yield* connected(20)
      yield* Effect.repeat(Effect.andThen(Effect.sleep(2), Effect.sync(() => requests.length)), {
        until: (count) => count === 20
      })
      const keys = requests.map(({ headers }) => headers["sec-websocket-key"])
      assert.strictEqual(new Set(keys).size, 20)
      assert.deepStrictEqual([...new Set(keys.map((key) => Buffer.from(key, "base64").length))], [16])
    }))
})

describe("lines that would run out of their header", () => {
  const lines = "a\r\nSet-Cookie: evil=1"

  it.live("are a UsageError of a client, as headers, subprotocols and origin", () =>
    Effect.gen(function*() {
      const options: ReadonlyArray<WebSocketClient.Options> = [
        { headers: { "X-A": lines } },
        { headers: { [lines]: "a" } },
        { protocols: [lines] },
        { origin: lines }
      ]
      for (const option of options) {
        assert.strictEqual((yield* reasonFor("ws://127.0.0.1:1", option))._tag, "UsageError")
      }
    }))

  it("throw in the face of ws", () => {
    assert.throws(() => new CompatWebSocket("ws://127.0.0.1:1", [lines]))
    for (const options of [{ headers: { "X-A": lines } }, { origin: lines }]) {
      assert.throws(() => new CompatWebSocket("ws://127.0.0.1:1", [], options))
    }
  })

  it.live("do not get from a request into its answer", () =>
    Effect.gen(function*() {
      const Named = WebSocketServer.handle("/*", {
        headers: ({ path }) => ({ "X-Path": decodeURIComponent(path) })
      }, () => Effect.void)
      const { port } = yield* TestServer.start(Named)
      const { headers, status } = yield* RawClient.ask(port, RawClient.handshake("/%0d%0aSet-Cookie:%20evil=1"))
      assert.strictEqual(status, 500)
      assert.notProperty(headers, "set-cookie")
    }))
})

describe("a server that redirects", () => {
  it.live("gets no credentials of another host, on both faces", () =>
    Effect.gen(function*() {
      const target = yield* RawServer.start(({ socket }) => socket.destroy(), { host: "127.0.0.2" })
      const location = { "Location": `ws://127.0.0.2:${target.port}/` }
      const { url } = yield* RawServer.start(({ socket }) => socket.write(RawServer.answer(302, location)))
      const headers = { "Authorization": "secret", "Cookie": "secret" }
      yield* reasonFor(url, { headers, maxRedirects: 1 })
      yield* (yield* Faces.compatClient(url, { headers, followRedirects: true })).closed
      assert.lengthOf(target.requests, 2)
      assert.notInclude(JSON.stringify(target.requests.map(({ headers }) => headers)), "secret")
    }))
})

describe("a socket that is upgraded twice", () => {
  it.live("throws in the face of ws, instead of being shared", () =>
    Effect.gen(function*() {
      const host = yield* Effect.promise(() => import("node:http")).pipe(
        Effect.map(({ createServer }) => createServer())
      )
      const server = new CompatServer({ noServer: true })
      const thrown: Array<unknown> = []
      host.on("upgrade", (request, socket, head) => {
        server.handleUpgrade(request, socket, head, () => {})
        try {
          server.handleUpgrade(request, socket, head, () => {})
        } catch (error) {
          thrown.push(error)
        }
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void host.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () =>
          Effect.sync(() => {
            host.close()
            for (const client of server.clients) client.terminate()
          })
      )
      yield* RawClient.ask((host.address() as { readonly port: number }).port, RawClient.handshake("/"))
      assert.lengthOf(thrown, 1)
    }))
})

describe("random headers", () => {
  it.live("are answered, and never end a server", () =>
    Effect.gen(function*() {
      const { errors, port } = yield* TestServer.start(WebSocketServer.handle("/", () => Effect.void))
      for (let i = 0; i < 50; i++) {
        const noise = randomBytes(200).toString("latin1").replaceAll(/[\r\n\0]/g, " ")
        const fields = { "Sec-WebSocket-Extensions": noise, "Sec-WebSocket-Protocol": noise, "Cookie": noise }
        assert.include([101, 400], (yield* RawClient.ask(port, RawClient.handshake("/", fields))).status)
      }
      assert.deepStrictEqual(errors, [])
    }))
})
