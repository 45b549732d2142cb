/** What becomes of a reader, beside what becomes of Effect's own over ws. */
import { NodeWS } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Socket } from "effect/socket"
import * as EffectSocket from "../src/EffectSocket.ts"
import { WebSocketError } from "../src/WebSocketError.ts"
import * as RawServer from "./client/RawServer.ts"
import * as Frames from "./conformance/Frames.ts"
import * as Loopback from "./Loopback.ts"

const octets = (...frames: ReadonlyArray<Frames.Frame>): Buffer =>
  Buffer.concat(frames.map((frame) => Frames.encode(frame, false)))

/** Reads to the end: what came, and the reason. */
const readAll = Effect.fnUntraced(function*(socket: Socket.Socket) {
  const received: Array<string> = []
  const { reason } = yield* Effect.gen(function*() {
    const { pull } = yield* socket.reader
    while (true) received.push(...(yield* pull).map(String))
  }).pipe(Effect.scoped, Effect.flip)
  return { received, reason }
})

/** The parts of a reason that both have to agree on. */
const partsOf = (reason: Socket.SocketErrorReason): ReadonlyArray<unknown> => {
  switch (reason._tag) {
    case "SocketCloseError":
      return [reason._tag, reason.code, reason.closeReason]
    case "SocketOpenError":
      return [reason._tag, reason.kind]
    default:
      return [reason._tag]
  }
}

/** The tag of the `WebSocketError` that is the cause. */
const causeOf = (reason: Socket.SocketErrorReason): string | undefined =>
  "cause" in reason && reason.cause instanceof WebSocketError ? reason.cause.reason._tag : undefined

interface Row {
  readonly when: string
  /** What the server does with the client's request. */
  readonly does: (request: RawServer.Request) => void
  readonly received?: ReadonlyArray<string>
  readonly reason: ReadonlyArray<unknown>
  readonly cause?: string
  /** Where Effect's own over ws says something else. */
  readonly ofEffect?: ReadonlyArray<unknown>
}

const opensAnd = (...frames: ReadonlyArray<Frames.Frame>) => (request: RawServer.Request) => {
  request.socket.write(Buffer.concat([Buffer.from(RawServer.acceptance(request)), octets(...frames)]))
}

const opensAndEnds = (...frames: ReadonlyArray<Frames.Frame>) => (request: RawServer.Request) => {
  opensAnd(...frames)(request)
  request.socket.end()
}

const closes = (payload?: Buffer) => opensAndEnds(Frames.text("before"), Frames.closing(payload))

const before = ["before"]

const rows: ReadonlyArray<Row> = [
  {
    when: "the peer closes well",
    does: closes(Frames.codeAndReason(1000, "done")),
    received: before,
    reason: ["SocketCloseError", 1000, "done"]
  },
  {
    when: "the peer closes without a code",
    does: closes(),
    received: before,
    reason: ["SocketCloseError", 1005, ""]
  },
  {
    when: "the peer goes away",
    does: closes(Frames.codeAndReason(1001)),
    received: before,
    reason: ["SocketCloseError", 1001, ""]
  },
  {
    when: "the peer closes for a violation of its policy",
    does: closes(Frames.codeAndReason(1008, "too fast")),
    received: before,
    reason: ["SocketCloseError", 1008, "too fast"]
  },
  {
    when: "the peer closes with a code of its own",
    does: closes(Frames.codeAndReason(4000, "own")),
    received: before,
    reason: ["SocketCloseError", 4000, "own"]
  },
  {
    when: "TCP ends without a goodbye",
    does: opensAndEnds(Frames.text("before")),
    received: before,
    reason: ["SocketCloseError", 1006, ""]
  },
  {
    when: "TCP is reset",
    does: (request) => {
      request.socket.write(RawServer.acceptance(request))
      request.socket.once("data", () => request.socket.resetAndDestroy())
    },
    reason: ["SocketCloseError", 1006, "read ECONNRESET"],
    ofEffect: ["SocketCloseError", 1006, ""]
  },
  {
    when: "the peer breaks the protocol",
    does: opensAnd(Frames.text("before"), Frames.text("bad", { rsv: 4 })),
    received: before,
    reason: ["SocketReadError"],
    cause: "ProtocolError"
  },
  {
    when: "the server says no",
    does: ({ socket }) => socket.end(RawServer.answer(403)),
    reason: ["SocketOpenError", "Unknown"],
    cause: "HandshakeError"
  },
  {
    when: "the server hangs up",
    does: ({ socket }) => socket.end(),
    reason: ["SocketOpenError", "Unknown"],
    cause: "TransportError"
  },
  {
    when: "the server takes too long",
    does: () => {},
    reason: ["SocketOpenError", "Timeout"],
    cause: "TimeoutError"
  }
]

/** Writes something once it is connected, for servers that wait for it. */
const hello = (socket: Socket.Socket) =>
  Effect.gen(function*() {
    const { write } = yield* socket.writer
    yield* write("hello")
    return yield* Effect.never
  }).pipe(Effect.scoped)

const read = (socket: Socket.Socket) => Effect.raceFirst(readAll(socket), Effect.orDie(hello(socket)))

describe("a reader fails at every end", () => {
  for (const { cause, does, ofEffect, reason, received = [], when } of rows) {
    it.live(`when ${when}`, () =>
      Effect.gen(function*() {
        const { url } = yield* RawServer.start(does)
        const ours = yield* read(yield* EffectSocket.makeWebSocket(url, { handshakeTimeout: 300 }))
        assert.deepStrictEqual(ours.received, received)
        assert.deepStrictEqual(partsOf(ours.reason), reason)
        assert.strictEqual(causeOf(ours.reason), cause)
        const effects = yield* read(
          yield* Effect.provide(Socket.makeWebSocket(url, { openTimeout: 300 }), NodeWS.layerWebSocketConstructor)
        )
        assert.deepStrictEqual(effects.received, received)
        assert.deepStrictEqual(partsOf(effects.reason), ofEffect ?? reason)
      }).pipe(Effect.scoped))
  }

  it.live("when a heartbeat finds the peer gone", () =>
    Effect.gen(function*() {
      const { url } = yield* RawServer.start(opensAnd())
      const heartbeat = { interval: 20, timeout: 20 }
      const { reason } = yield* readAll(yield* EffectSocket.makeWebSocket(url, { heartbeat }))
      assert.deepInclude(reason, { _tag: "SocketCloseError", code: 1006 })
      assert.include(reason.message, "no sign of life")
    }).pipe(Effect.scoped))

  it.live("when nobody listens", () =>
    Effect.gen(function*() {
      const { reason } = yield* readAll(yield* EffectSocket.makeWebSocket("ws://127.0.0.1:1"))
      assert.deepStrictEqual([partsOf(reason), causeOf(reason)], [["SocketOpenError", "Unknown"], "TransportError"])
    }))

  it.live("when the URL is none, which Effect's own dies of", () =>
    Effect.gen(function*() {
      const { reason } = yield* readAll(yield* EffectSocket.makeWebSocket("http//nowhere"))
      assert.deepStrictEqual([partsOf(reason), causeOf(reason)], [["SocketOpenError", "Unknown"], "UsageError"])
    }))

  it.live("when another one reads the same connection", () =>
    Effect.gen(function*() {
      const { connection } = yield* Loopback.facing()
      const socket = EffectSocket.fromConnection(connection)
      yield* socket.reader
      const { pull } = yield* socket.reader
      const { reason } = yield* Effect.flip(pull)
      assert.deepStrictEqual([partsOf(reason), causeOf(reason)], [["SocketReadError"], "UsageError"])
    }).pipe(Effect.scoped))
})

describe("a writer fails", () => {
  const failure = Effect.fnUntraced(function*(event: Socket.CloseEvent) {
    const { connection } = yield* Loopback.facing()
    const { write } = yield* EffectSocket.fromConnection(connection).writer
    const { reason } = yield* Effect.flip(write(event))
    return [partsOf(reason), causeOf(reason)]
  }, Effect.scoped)

  it.live("when the connection is closed", () =>
    Effect.gen(function*() {
      const { connection } = yield* Loopback.facing()
      const { write, writeAll } = yield* EffectSocket.fromConnection(connection).writer
      yield* connection.terminate
      yield* connection.closed
      for (const writing of [write("late"), writeAll(["too", "late"])]) {
        const { reason } = yield* Effect.flip(writing)
        assert.deepStrictEqual([partsOf(reason), causeOf(reason)], [["SocketWriteError"], "CloseError"])
      }
    }).pipe(Effect.scoped))

  for (const code of [999, 1005.5, 1006, 1015, 5000]) {
    it.live(`when it is to close with ${code}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* failure(new Socket.CloseEvent(code)), [["SocketWriteError"], "UsageError"])
      }))
  }

  it.live("when it is to close with a reason that is too long", () =>
    Effect.gen(function*() {
      const event = new Socket.CloseEvent(1000, "x".repeat(124))
      assert.deepStrictEqual(yield* failure(event), [["SocketWriteError"], "UsageError"])
    }))
})
