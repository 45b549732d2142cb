import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { once } from "node:events"
import * as Http2 from "node:http2"
import * as NodeHttpWebSocket from "../../src/NodeHttpWebSocket.ts"
import * as WsPeer from "../interop/WsPeer.ts"
import * as Certificate from "../server/Certificate.ts"
import * as TestApp from "./TestApp.ts"

/** The status of a request over HTTP/2. */
const statusOf = async (origin: string, path: string) => {
  const session = Http2.connect(origin, Certificate.trust)
  const stream = session.request({ ":path": path })
  const [headers] = await once(stream, "response")
  stream.resume()
  session.close()
  return headers[":status"]
}

describe("an HTTP/2 server that allows HTTP/1.1", () => {
  it.live("serves WebSockets over HTTP/1.1, and says over HTTP/2 that they are there", () =>
    Effect.gen(function*() {
      const server = Http2.createSecureServer({ ...Certificate.identity, allowHTTP1: true })
      const Echo = NodeHttpWebSocket.add("/echo", ({ messages, sink }) => Stream.run(messages, sink))
      const Page = HttpRouter.add("GET", "/page", HttpServerResponse.text("the page"))
      const { port } = yield* TestApp.start(
        Layer.mergeAll(Echo, Page),
        NodeHttpWebSocket.layerServer(() => server, { port: 0, host: "127.0.0.1" })
      )
      const origin = `https://localhost:${port}`
      const peer = yield* WsPeer.connect(`wss://localhost:${port}/echo`, Certificate.trust)
      peer.socket.send("Hello")
      assert.deepStrictEqual(yield* peer.received(1), ["Hello"])
      assert.strictEqual(yield* Effect.promise(() => statusOf(origin, "/page")), 200)
      assert.strictEqual(yield* Effect.promise(() => statusOf(origin, "/echo")), 426)
    }))
})
