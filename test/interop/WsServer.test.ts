import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as Certificate from "../server/Certificate.ts"
import * as Endpoints from "./Endpoints.ts"
import { closes, payloads } from "./Payloads.ts"
import type * as WsPeer from "./WsPeer.ts"
import * as WsServer from "./WsServer.ts"

const connect = Effect.fnUntraced(function*(
  secure: boolean,
  onPeer?: (peer: WsPeer.WsPeer) => void,
  options: WsServer.Options = {}
) {
  const { peers, url } = yield* WsServer.start(onPeer, { secure, ...options })
  const connection = yield* WebSocketClient.connect(url, { tls: Certificate.trust })
  return { connection, peer: peers[0] }
})

const tests = (secure: boolean): void => {
  it.live("it sends back every message as it was", () =>
    Effect.gen(function*() {
      const { connection } = yield* connect(secure, WsServer.echo)
      for (const [name, payload] of payloads) {
        yield* connection.send(payload)
        const [echo] = yield* connection.pull
        const same = typeof echo === "string" ? echo === payload : Buffer.from(payload).equals(echo)
        assert.isTrue(same, name)
      }
    }))

  it.live("it sends a message in fragments, with a ping among them", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* connect(secure, ({ socket }) => {
        const [a, euro, b] = [Buffer.from("a"), Buffer.from("€"), Buffer.from("b")]
        socket.send(Buffer.concat([a, euro.subarray(0, 1)]), { binary: false, fin: false })
        socket.ping("among")
        socket.send(euro.subarray(1), { fin: false })
        socket.send("", { fin: false })
        socket.send(b, { fin: true })
      })
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(connection.messages, 1)), ["a€b"])
      yield* peer.until(() => peer.pongs.length > 0)
      assert.deepStrictEqual(peer.pongs, ["among"])
    }))

  it.live("it gets a message in fragments", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* connect(secure)
      yield* connection.sendStream(Stream.make("a", "", "b€", "c"))
      yield* connection.sendStream(Stream.fromIterable(Endpoints.fragments))
      assert.deepStrictEqual(yield* peer.received(2), ["ab€c", Buffer.from("frag€ments")])
    }))

  it.live("it answers a ping, and is answered", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* connect(secure, ({ socket }) => socket.ping("and you?"))
      const elapsed = yield* connection.ping()
      assert.isAbove(Duration.toMillis(elapsed), 0)
      yield* peer.until(() => peer.pongs.length > 0)
      assert.deepStrictEqual(peer.pongs, ["and you?"])
      assert.strictEqual(peer.pings.length, 1)
    }))

  for (const [code, reason, seen] of closes) {
    it.live(`it closes: ${code} ${reason.slice(0, 9)}`, () =>
      Effect.gen(function*() {
        const { connection, peer } = yield* connect(secure, ({ socket }) => socket.close(code, reason))
        const reading = yield* Effect.exit(Stream.runCollect(connection.messages))
        assert.strictEqual(reading._tag, seen === 1000 || seen === 1005 ? "Success" : "Failure")
        assert.deepInclude(yield* connection.closed, { code: seen, reason, clean: true })
        assert.deepStrictEqual(yield* peer.closed, { code: seen, reason })
      }))

    it.live(`it is closed: ${code} ${reason.slice(0, 9)}`, () =>
      Effect.gen(function*() {
        const { connection, peer } = yield* connect(secure)
        const close = yield* connection.close(code ?? 1005, reason)
        assert.deepInclude(close, { code: seen, reason, clean: true })
        assert.deepStrictEqual(yield* peer.closed, { code: seen, reason })
      }))
  }

  it.live("it sends many messages and closes, and none is lost", () =>
    Effect.gen(function*() {
      const { connection } = yield* connect(secure, ({ socket }) => {
        for (const message of Endpoints.burst) socket.send(message)
        socket.close(1000)
      })
      assert.deepStrictEqual(yield* Stream.runCollect(connection.messages), Endpoints.burst)
      assert.deepInclude(yield* connection.closed, { code: 1000, clean: true })
    }))

  it.live("it gets many messages and a close, and none is lost", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* connect(secure)
      yield* Effect.forEach(Endpoints.burst, (message) => connection.send(message), { discard: true })
      yield* connection.close()
      assert.deepStrictEqual(yield* peer.closed, { code: 1000, reason: "" })
      assert.deepStrictEqual(peer.messages, Endpoints.burst)
    }))

  it.live("it compresses if it may", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* connect(secure, WsServer.echo, { perMessageDeflate: { threshold: 0 } })
      const text = "compressible ".repeat(1000)
      yield* connection.send(text)
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(connection.messages, 1)), [text])
      assert.deepStrictEqual(connection.extensions, [{ name: "permessage-deflate", params: [] }])
      assert.strictEqual(peer.socket.extensions, "permessage-deflate")
    }))

  it.live("it is terminated, and the client knows", () =>
    Effect.gen(function*() {
      const { connection } = yield* connect(secure, ({ socket }) => socket.terminate())
      assert.deepInclude(yield* connection.closed, { code: 1006, clean: false })
    }))
}

describe("ws's server with our client over TCP", () => tests(false))
describe("ws's server with our client over TLS", () => tests(true))
