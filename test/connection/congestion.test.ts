import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as WebSocketClient from "../../src/WebSocketClient.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"
import * as TestServer from "../server/TestServer.ts"

const large = new Uint8Array(65_536)

/** Sends in the very step in which there is a connection. */
const Eager = WebSocketServer.handle(
  "/",
  ({ messages, send }) => Effect.andThen(Effect.andThen(send(large), send(large)), Stream.runDrain(messages))
)

describe("a large message that is sent before reading has begun", () => {
  it.live("does not hold up those behind it, on either side", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(Eager)
      const received = yield* WebSocketClient.connect(url).pipe(
        Effect.tap(({ send }) => Effect.andThen(send(large), send(large))),
        Effect.flatMap(({ messages }) => Stream.runCollect(Stream.take(messages, 2)))
      )
      assert.deepStrictEqual(received.map(({ length }) => length), [65_536, 65_536])
    }))
})
