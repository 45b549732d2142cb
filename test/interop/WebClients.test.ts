import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Queue } from "effect"
import type { Scope } from "effect/Scope"
import * as Tls from "node:tls"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as Certificate from "../server/Certificate.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Chromium from "./Chromium.ts"
import * as Endpoints from "./Endpoints.ts"
import { closes, payloads } from "./Payloads.ts"
import * as WebClient from "./WebClient.ts"

type Run = (task: WebClient.Task) => Promise<WebClient.Outcome>

/** Chromium's program runs in one page, all connections in it. */
const inChromium: Effect.Effect<Run, never, Scope> = Effect.map(
  Chromium.page,
  (page) => (task) => page.evaluate(WebClient.run, task)
)

/** Node's client (undici) trusts what the process trusts. */
const inNode: Effect.Effect<Run, never, Scope> = Effect.as(
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Tls.getCACertificates()
      Tls.setDefaultCACertificates([...before, Certificate.trust.ca])
      return before
    }),
    (before) => Effect.sync(() => Tls.setDefaultCACertificates(before))
  ),
  WebClient.run
)

const Spoken = WebSocketServer.handle("/spoken", { protocols: ["v1", "v2"] }, () => Effect.void)

/** Node's client takes a leading U+FEFF for a mark of the encoding, and drops it. */
const keepsByteOrderMark = (client: Effect.Effect<Run, never, Scope>): boolean => client !== inNode

const tests = (client: Effect.Effect<Run, never, Scope>, secure: boolean): void => {
  it.live("does everything right", () =>
    Effect.gen(function*() {
      const observed = yield* Queue.unbounded<Endpoints.Observed>()
      const routes = Layer.mergeAll(Endpoints.all((seen) => Queue.offerUnsafe(observed, seen)), Spoken)
      const server = yield* TestServer.start(routes, secure ? { tls: Certificate.identity } : {})
      const url = secure ? `wss://localhost:${server.port}` : server.url
      const runOnce = yield* client
      const run = (path: string, task: Omit<WebClient.Task, "url"> = {}) =>
        Effect.promise(() => runOnce({ ...task, url: url + path }))

      // Messages of every length, and of every kind of text
      const texts = payloads.filter(([name]) => name.startsWith("text")).map(([, text]) => text.toString())
        .filter((text) => keepsByteOrderMark(client) || !text.startsWith("\ufeff"))
      const sizes = payloads.filter(([name]) => name.startsWith("binary")).map(([, octets]) => octets.length)
      const count = texts.length + sizes.length
      const echoed = yield* run("/echo", { send: [...texts, ...sizes], closeAfter: { count, code: 1000 } })
      assert.deepStrictEqual(echoed.messages, [...texts, ...sizes.map(WebClient.summaryOf)])
      assert.deepInclude(echoed, { code: 1000, reason: "", wasClean: true, extensions: "" })

      // Fragments
      const fragmented = yield* run("/fragments")
      assert.strictEqual(fragmented.messages[0], "ab€c")
      assert.match(fragmented.messages[1], /^12 octets/)

      // A ping of the server's
      assert.deepInclude(yield* run("/ping"), { messages: ["ponged"], code: 1000, wasClean: true })

      // Closes, from either side
      for (const [code, reason, seen] of closes) {
        const closed = yield* run(Endpoints.pathOfClose(code, reason))
        assert.deepInclude(closed, { code: seen, reason, wasClean: true })
        const close = { count: 0, ...(code === undefined ? {} : { code, reason }) }
        const closing = yield* run("/observe", { closeAfter: close })
        assert.deepInclude(closing, { code: seen, reason, wasClean: true })
        assert.deepInclude((yield* Queue.take(observed)).close, { code: seen, reason, clean: true })
      }

      // Many messages and a close, from either side
      const burst = yield* run("/burst")
      assert.deepStrictEqual(burst.messages, Endpoints.burst)
      assert.deepInclude(burst, { code: 1000, wasClean: true })
      yield* run("/observe", { send: Endpoints.burst, closeAfter: { count: 0, code: 1000 } })
      const { close, messages } = yield* Queue.take(observed)
      assert.deepStrictEqual(messages, Endpoints.burst)
      assert.deepInclude(close, { code: 1000, clean: true })

      // Subprotocols, and a refusal
      assert.deepInclude(yield* run("/spoken", { protocols: ["v3", "v2"] }), { protocol: "v2", code: 1000 })
      assert.deepInclude(yield* run("/unknown"), { code: 1006, wasClean: false })
    }), 180_000) // a browser that gets 16 MiB takes its time, whoever sends them
}

describe("Node's WebSocket with our server over TCP", () => tests(inNode, false))
describe("Node's WebSocket with our server over TLS", () => tests(inNode, true))
describe.skipIf(!Chromium.isInstalled)("Chromium with our server over TCP", () => tests(inChromium, false))
