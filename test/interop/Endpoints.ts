/**
 * What our server does in these tests.
 */
import { Effect, Layer, Stream } from "effect"
import type { CloseEvent } from "../../src/Connection.ts"
import type { Message } from "../../src/protocol/Message.ts"
import * as WebSocketServer from "../../src/WebSocketServer.ts"

/** What one connection to `/observe` was sent, and how it ended. */
export interface Observed {
  readonly messages: ReadonlyArray<Message>
  readonly close: CloseEvent
}

const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink))

/** Closes with the code and reason of the query. */
const Close = WebSocketServer.handle("/close", ({ close, request }) => {
  const { searchParams } = request!
  return close(Number(searchParams.get("code")), searchParams.get("reason") ?? "")
})

/** Tells whether a ping of its own came back. */
const Ping = WebSocketServer.handle("/ping", ({ messages, ping, send }) =>
  Effect.gen(function*() {
    yield* Effect.forkChild(Stream.runDrain(messages))
    yield* ping({ payload: new TextEncoder().encode("are you there?") })
    yield* send("ponged")
  }))

/** The parts of a message in fragments; a character is cut in the middle. */
export const fragments = [Buffer.from("frag"), Buffer.from([0xe2, 0x82]), Buffer.from([0xac]), Buffer.from("ments")]

const Fragments = WebSocketServer.handle(
  "/fragments",
  ({ sendStream }) =>
    Effect.andThen(sendStream(Stream.make("a", "", "b€", "c")), sendStream(Stream.fromIterable(fragments)))
)

export const burst = Array.from({ length: 20_000 }, (_, i) => `message ${i}`)

/** Sends many messages, and closes. */
const Burst = WebSocketServer.handle("/burst", ({ sendAll }) => sendAll(burst))

/** Keeps what it is sent, and the end. */
const Observe = (observe: (observed: Observed) => void) =>
  WebSocketServer.handle("/observe", ({ closed, messages }) =>
    Effect.gen(function*() {
      const received: Array<Message> = []
      yield* Effect.ignore(Stream.runForEach(messages, (message) => Effect.sync(() => received.push(message))))
      observe({ messages: received, close: yield* closed })
    }))

export const all = (observe: (observed: Observed) => void) =>
  Layer.mergeAll(Echo, Close, Ping, Fragments, Burst, Observe(observe))

export const pathOfClose = (code: number | undefined, reason: string): string =>
  `/close?code=${code ?? 1005}&reason=${encodeURIComponent(reason)}`
