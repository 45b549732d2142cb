import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as Metrics from "../observability/Metrics.ts"
import * as RawClient from "../server/RawClient.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Faces from "./Faces.ts"
import * as Memory from "./Memory.ts"

const [effect] = Faces.all

const asked = (request: string) => Effect.flatMap(effect.serve(), (port) => RawClient.ask(port, request))

const withFields = (fields: Readonly<Record<string, string>>, behind = "") =>
  asked(RawClient.handshake("/", fields) + behind)

describe("a request that others may read otherwise is refused with 400", () => {
  const smuggled: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string]>> = {
    "it has a body of known length": [{ "Content-Length": "5" }, "hello"],
    "it has a body in chunks": [{ "Transfer-Encoding": "chunked" }, "0\r\n\r\n"],
    "it has a body in chunks with a length": [{ "Transfer-Encoding": "chunked", "Content-Length": "5" }, "0\r\n\r\n"],
    "its length is no number": [{ "Content-Length": "0x0" }, ""],
    "it goes to a second host": [{ "host": "other.example" }, ""],
    "a line is folded": [{ "X-Folded": "a\r\n b" }, ""],
    "there is a space before a colon": [{ "X-Space ": "a" }, ""],
    "there is a NUL": [{ "X-Nul": "a\0b" }, ""],
    "a line ends with CR alone": [{ "X-Line": "a\rX-Other: b" }, ""]
  }

  for (const [does, [fields, behind]] of Object.entries(smuggled)) {
    it.live(does, () =>
      Effect.gen(function*() {
        const before = yield* Metrics.read
        assert.strictEqual((yield* withFields(fields, behind)).status, 400)
        assert.strictEqual(yield* Metrics.growth(before, "server handshake_failures_total 400"), 1)
      }))
  }

  it.live("but not for a body of no octets", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* withFields({ "Content-Length": "0" })).status, 101)
    }))

  it.live("and a request behind it is not answered", () =>
    Effect.gen(function*() {
      const client = yield* RawClient.connect({ host: "127.0.0.1", port: yield* effect.serve() })
      client.socket.write(RawClient.handshake("/", { "Content-Length": "5" }) + RawClient.handshake("/"))
      const answers = (yield* client.toEnd).toString("latin1").match(/HTTP\/1\.1 \d{3}/g)
      assert.deepStrictEqual(answers, ["HTTP/1.1 400"])
    }))
})

const count = (request: string, options: Parameters<typeof TestServer.start>[1]) =>
  Effect.gen(function*() {
    const Nothing = WebSocketServer.handle("/", () => Effect.never)
    const { port } = yield* TestServer.start(Nothing, options)
    const before = yield* Metrics.read
    const client = yield* RawClient.connect({ host: "127.0.0.1", port })
    client.socket.write(request)
    const { status } = yield* client.wholeAnswer
    return [status, yield* Metrics.since(before, "server")] as const
  })

describe("an own server counts what it refuses before there is a request", () => {
  it.live("heads that are too large", () =>
    Effect.gen(function*() {
      const head = RawClient.handshake("/", { "X-Padding": "x".repeat(100_000) })
      assert.deepStrictEqual(yield* count(head, {}), [431, {
        "handshake_failures_total 431": 1,
        "limits_total maxHeaderSize": 1
      }])
    }))

  it.live("heads that do not end", () =>
    Effect.gen(function*() {
      const head = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
      assert.deepStrictEqual(yield* count(head, { handshakeTimeout: 50 }), [408, {
        "handshake_failures_total 408": 1,
        "limits_total handshakeTimeout": 1
      }])
    }))
})

describe("clients in great number", () => {
  it.live("that ask and wait for an answer are no more than maxConnections; the others get 503", () =>
    Effect.gen(function*() {
      const Slow = WebSocketServer.handle("/", { accept: () => Effect.never }, () => Effect.void)
      const scope = yield* TestServer.scope
      const { port, service } = yield* Scope.provide(TestServer.start(Slow, { maxConnections: 100 }), scope)
      const before = yield* Metrics.read
      const asking = yield* Effect.forkChild(
        Effect.all(Array.from({ length: 300 }, () => RawClient.ask(port, RawClient.handshake("/"))), {
          concurrency: "unbounded"
        })
      )
      yield* Metrics.reaches(before, "server limits_total maxConnections", 200)
      assert.strictEqual(yield* Metrics.growth(before, "server handshake_failures_total 503"), 200)
      yield* Effect.repeat(Effect.andThen(Effect.sleep(5), service.connections), { until: (count) => count === 100 })
      yield* Scope.close(scope, Exit.void)
      const answers = yield* Fiber.join(asking)
      assert.deepStrictEqual([...new Set(answers.map(({ status }) => status))], [503])
    }))

  for (const { name, serve } of Faces.all) {
    it.live(`that come and go leave nothing behind, by ${name}`, () =>
      Effect.gen(function*() {
        const port = yield* serve()
        const reset = RawClient.open(port, "/").pipe(
          Effect.tap(({ socket }) => Effect.sync(() => socket.resetAndDestroy())),
          Effect.scoped
        )
        const round = Effect.all(Array.from({ length: 100 }, () => reset), { concurrency: 50, discard: true })
        const before = yield* Metrics.read
        yield* round
        yield* Metrics.reaches(before, "server closes_total 1006", 100)
        const held = yield* Memory.held
        yield* Effect.repeat(round, { times: 3 })
        yield* Metrics.reaches(before, "server closes_total 1006", 500)
        assert.strictEqual(yield* Metrics.growth(before, "server connections"), 0)
        assert.isBelow((yield* Memory.held) - held, 2 * Memory.MiB)
      }), 30_000)
  }
})
