import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Socket } from "effect/socket"
import { layerWebSocketConstructor } from "../../src/compat/EffectSocket.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as TestServer from "../server/TestServer.ts"

describe("Effect's own sockets, with the WebSocket of compat", () => {
  const cases = [
    ["nothing", {}, ["", undefined]],
    ["a subprotocol", { protocols: "b" }, ["b", undefined]],
    ["subprotocols", { protocols: ["c", "b"] }, ["b", undefined]],
    ["headers", { headers: { "x-who": "me" } }, ["", "me"]],
    ["both", { protocols: "a", headers: { "x-who": "me" } }, ["a", "me"]]
  ] as const

  for (const [what, given, [protocol, who]] of cases) {
    it.live(`are given ${what}`, () =>
      Effect.gen(function*() {
        const { url } = yield* TestServer.start(
          WebSocketServer.handle("/", { protocols: ["a", "b"] }, ({ protocol, request, send }) =>
            send(JSON.stringify([protocol ?? "", request.headers["x-who"]])))
        )
        const socket = yield* Socket.makeWebSocket(url, structuredClone(given) as object)
        const { pull } = yield* socket.reader
        assert.deepStrictEqual(yield* pull, [JSON.stringify([protocol, who])])
      }).pipe(Effect.scoped, Effect.provide(layerWebSocketConstructor)))
  }

  it.live("carry bytes and text in both directions, and close with a code", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(
        WebSocketServer.handle("/", ({ messages, sink }) => Stream.run(messages, sink))
      )
      const socket = yield* Socket.makeWebSocket(url)
      const { pull } = yield* socket.reader
      const { write, writeAll } = yield* socket.writer
      yield* writeAll(["text", Uint8Array.of(1, 2, 3)])
      const received: Array<string | Uint8Array> = []
      while (received.length < 2) received.push(...(yield* pull))
      assert.deepStrictEqual(received, ["text", Uint8Array.of(1, 2, 3)])
      yield* write(new Socket.CloseEvent(4000, "enough"))
      const { reason } = yield* Effect.flip(pull)
      assert.deepInclude(reason, { _tag: "SocketCloseError", code: 4000, closeReason: "enough" })
    }).pipe(Effect.scoped, Effect.provide(layerWebSocketConstructor)))
})
