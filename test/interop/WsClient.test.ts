import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue } from "effect"
import * as Certificate from "../server/Certificate.ts"
import * as TestServer from "../server/TestServer.ts"
import * as Endpoints from "./Endpoints.ts"
import { closes, longReason, payloads } from "./Payloads.ts"
import * as WsPeer from "./WsPeer.ts"

const start = Effect.fnUntraced(function*(secure: boolean) {
  const observed = yield* Queue.unbounded<Endpoints.Observed>()
  const routes = Endpoints.all((seen) => Queue.offerUnsafe(observed, seen))
  const server = yield* TestServer.start(routes, secure ? { tls: Certificate.identity } : {})
  const url = secure ? `wss://localhost:${server.port}` : server.url
  const connect = (path: string, options = {}) => WsPeer.connect(url + path, { ...Certificate.trust, ...options })
  return { connect, observed }
})

const tests = (secure: boolean): void => {
  it.live("it gets back every message as it was", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/echo")
      for (const [name, payload] of payloads) {
        peer.messages.length = 0
        peer.socket.send(payload)
        const [echo] = yield* peer.received(1)
        assert.isTrue(typeof echo === "string" ? echo === payload : echo.equals(Buffer.from(payload)), name)
      }
    }))

  it.live("it sends a message in fragments, with a ping among them", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/echo")
      const [a, euro, b] = [Buffer.from("a"), Buffer.from("€"), Buffer.from("b")]
      peer.socket.send(Buffer.concat([a, euro.subarray(0, 1)]), { binary: false, fin: false })
      peer.socket.ping("among")
      peer.socket.send(euro.subarray(1), { fin: false })
      peer.socket.send("", { fin: false })
      peer.socket.send(b, { fin: true })
      assert.deepStrictEqual(yield* peer.received(1), ["a€b"])
      assert.deepStrictEqual(peer.pongs, ["among"])
    }))

  it.live("it gets a message in fragments", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/fragments")
      yield* peer.closed
      assert.deepStrictEqual(peer.messages, ["ab€c", Buffer.from("frag€ments")])
    }))

  it.live("it answers a ping, and is answered", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/ping")
      peer.socket.ping("and you?")
      assert.deepStrictEqual(yield* peer.received(1), ["ponged"])
      yield* peer.until(() => peer.pongs.length > 0)
      assert.deepStrictEqual([peer.pings, peer.pongs], [["are you there?"], ["and you?"]])
    }))

  for (const [code, reason, seen] of closes) {
    it.live(`it closes: ${code} ${reason.slice(0, 9)}`, () =>
      Effect.gen(function*() {
        const { connect, observed } = yield* start(secure)
        const peer = yield* connect("/observe")
        peer.socket.close(code, reason)
        const { close } = yield* Queue.take(observed)
        assert.deepInclude(close, { code: seen, reason, clean: true })
        assert.deepStrictEqual(yield* peer.closed, { code: seen, reason })
      }))

    it.live(`it is closed: ${code} ${reason.slice(0, 9)}`, () =>
      Effect.gen(function*() {
        const { connect } = yield* start(secure)
        const peer = yield* connect(Endpoints.pathOfClose(code, reason))
        assert.deepStrictEqual(yield* peer.closed, { code: seen, reason })
      }))
  }

  it.live("it is not told a reason that is too long", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect(Endpoints.pathOfClose(4000, `${longReason}!`))
      assert.strictEqual((yield* peer.closed).code, 1011)
    }))

  it.live("it sends many messages and closes, and none is lost", () =>
    Effect.gen(function*() {
      const { connect, observed } = yield* start(secure)
      const peer = yield* connect("/observe")
      for (const message of Endpoints.burst) peer.socket.send(message)
      peer.socket.close(1000)
      const { close, messages } = yield* Queue.take(observed)
      assert.deepStrictEqual(messages, Endpoints.burst)
      assert.deepInclude(close, { code: 1000, clean: true })
    }))

  it.live("it gets many messages and a close, and none is lost", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/burst")
      assert.deepStrictEqual(yield* peer.closed, { code: 1000, reason: "" })
      assert.deepStrictEqual(peer.messages, Endpoints.burst)
    }))

  it.live("its offer of permessage-deflate does no harm", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/echo", { perMessageDeflate: { threshold: 0, serverMaxWindowBits: 10 } })
      const text = "compressible ".repeat(1000)
      peer.socket.send(text, { compress: true })
      assert.deepStrictEqual(yield* peer.received(1), [text])
      assert.strictEqual(peer.socket.extensions, "")
    }))

  it.live("it is of version 8", () =>
    Effect.gen(function*() {
      const { connect } = yield* start(secure)
      const peer = yield* connect("/echo", { protocolVersion: 8 })
      peer.socket.send("Hello")
      assert.deepStrictEqual(yield* peer.received(1), ["Hello"])
    }))

  it.live("it is terminated, and the server knows", () =>
    Effect.gen(function*() {
      const { connect, observed } = yield* start(secure)
      const peer = yield* connect("/observe")
      peer.socket.terminate()
      assert.deepInclude((yield* Queue.take(observed)).close, { code: 1006, clean: false })
    }))
}

describe("ws's client with our server over TCP", () => tests(false))
describe("ws's client with our server over TLS", () => tests(true))
