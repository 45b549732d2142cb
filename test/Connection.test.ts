import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Option, Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import type { WebSocketError } from "effect-ws/WebSocketError"
import { TestClock } from "effect/testing"
import { once } from "node:events"
import { Duplex } from "node:stream"
import { setImmediate as tick } from "node:timers/promises"
import * as Frames from "./conformance/Frames.ts"
import * as Loopback from "./Loopback.ts"
import * as Passing from "./Passing.ts"

const { binary, closing, codeAndReason, continuation, ping, pong, text } = Frames

/** As the server at the other end writes: not masked. */
const octets = (...frames: ReadonlyArray<Frames.Frame>): Buffer =>
  Buffer.concat(frames.map((frame) => Frames.encode(frame, false)))

const reasonOf = (error: unknown): string => (error as WebSocketError).reason._tag

describe("invariant 1: what came before the end is delivered before it, in order", () => {
  it.live("messages before a Close in the same read", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      peer.write(octets(text("a"), binary("b"), text("c"), closing(codeAndReason(1000))))
      const messages = yield* Stream.runCollect(connection.messages)
      assert.deepStrictEqual(messages.map(String), ["a", "b", "c"])
    }).pipe(Effect.scoped))

  it.live("messages before a violation, which then fails the stream", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      peer.write(octets(text("a"), text("b"), text("c", { rsv: 4 })))
      const seen: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(connection.messages, (message) => Effect.sync(() => seen.push(String(message))))
      )
      assert.deepStrictEqual(seen, ["a", "b"])
      assert.strictEqual(reasonOf(error), "ProtocolError")
      assert.include(error.message, "RFC 6455 §5.2")
    }).pipe(Effect.scoped))

  it.live("messages before the end of the stream, to a reader that starts after it", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      peer.end(octets(text("a"), text("b")))
      assert.strictEqual((yield* connection.closed).code, 1006)
      const seen: Array<string> = []
      const error = yield* Effect.flip(
        Stream.runForEach(connection.messages, (message) => Effect.sync(() => seen.push(String(message))))
      )
      assert.deepStrictEqual(seen, ["a", "b"])
      assert.strictEqual(reasonOf(error), "CloseError")
    }).pipe(Effect.scoped))

  it.live("more messages than the inbox holds, before the end of the stream", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing({ inboxSize: 1000 })
      const sent = Array.from({ length: 5000 }, (_, i) => `message ${i}`)
      peer.end(octets(...sent.map((message) => text(message)), closing(codeAndReason(1000))))
      const slow = Stream.tap(connection.messages, () => Effect.yieldNow)
      assert.deepStrictEqual(yield* Stream.runCollect(slow), sent)
    }).pipe(Effect.scoped))
})

describe("the end of a connection whose messages nobody reads", () => {
  it.live("is known when the transport is gone, and the messages are still there", () =>
    Effect.gen(function*() {
      const { connection, peer, socket } = yield* Loopback.facing({ inboxSize: 10 })
      const sent = Array.from({ length: 100 }, (_, i) => `message ${i}`)
      yield* Effect.promise(() =>
        new Promise<void>((resolve) => {
          socket.once("data", () => resolve())
          peer.write(octets(...sent.map((message) => text(message))))
        })
      )
      peer.resetAndDestroy()
      assert.strictEqual(reasonOf((yield* connection.closed).error), "TransportError")
      const seen: Array<string> = []
      yield* Effect.flip(
        Stream.runForEach(connection.messages, (message) => Effect.sync(() => seen.push(String(message))))
      )
      assert.deepStrictEqual(seen, sent)
    }).pipe(Effect.scoped))
})

describe("invariant 2: messages go out in the order of the calls", () => {
  it.live("of every kind, with control frames only in between", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const gate = yield* Deferred.make<void>()
      const parts = Stream.make("3", "4").pipe(Stream.concat(Stream.fromEffect(Effect.as(Deferred.await(gate), "5"))))
      yield* client.send("1")
      yield* client.send(Connection.prepare("2"))
      const streaming = yield* Effect.forkChild(client.sendStream(parts), { startImmediately: true })
      const sending = yield* Effect.forkChild(client.sendAll(["6", "7"]), { startImmediately: true })
      yield* client.ping()
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(streaming)
      yield* Fiber.join(sending)
      yield* client.send("8".repeat(100_000))
      yield* client.send("9")
      const messages = yield* Stream.runCollect(Stream.take(server.messages, 7))
      assert.deepStrictEqual(messages.map((message) => String(message).slice(0, 3)), [
        "1",
        "2",
        "345",
        "6",
        "7",
        "888",
        "9"
      ])
    }).pipe(Effect.scoped))
})

describe("invariant 3: the end is reported once, the error before it, and nothing after", () => {
  it.live("to everybody who waits", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      const waiting = yield* Effect.forEach(
        [connection.closed, Stream.runDrain(connection.messages), connection.ping(), connection.closed],
        (effect) => Effect.forkChild(Effect.exit(effect as Effect.Effect<unknown, unknown>), { startImmediately: true })
      )
      yield* Effect.promise(() => once(peer, "data"))
      peer.resetAndDestroy()
      const [closed, messages, pinged, again] = yield* Effect.forEach(waiting, (fiber) => Fiber.join(fiber))
      assert.strictEqual(
        Exit.getSuccess(closed).pipe(Option.getOrThrow),
        Exit.getSuccess(again).pipe(Option.getOrThrow)
      )
      const errors = [messages, pinged].map((exit) =>
        reasonOf(Cause.squash((exit as Exit.Failure<unknown, unknown>).cause))
      )
      assert.deepStrictEqual(errors, ["TransportError", "TransportError"])
      assert.strictEqual(connection.state, "Closed")
      assert.strictEqual(reasonOf(yield* Effect.flip(connection.send("late"))), "TransportError")
    }).pipe(Effect.scoped))
})

describe("invariant 4: pings are answered whether or not anybody reads", () => {
  it.live("by a pong with the same payload", () =>
    Effect.gen(function*() {
      const { peer } = yield* Loopback.facing()
      peer.write(octets(text("nobody reads this"), ping("are you there?")))
      const [answer] = yield* Effect.promise(() => once(peer, "data"))
      assert.deepStrictEqual(Frames.decode(answer, true)?.[0], pong("are you there?"))
    }).pipe(Effect.scoped))

  it.live("until too many come from a peer that does not read the pongs", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing({ closeTimeout: 500 })
      peer.pause()
      const sending = yield* Effect.forkChild(Effect.exit(Effect.forever(connection.send(Buffer.alloc(65_536)))))
      yield* Effect.repeat(Effect.sync(() => connection.bufferedAmount), {
        until: (amount) => amount > 65_536
      })
      peer.write(octets(...Array.from({ length: 61 }, () => ping("flood"))))
      const { error } = yield* connection.closed
      assert.include(error?.message, "PingFlood")
      yield* Fiber.join(sending)
    }).pipe(Effect.scoped))
})

describe("invariant 5: a client's frames are masked, and payloads are never changed", () => {
  it.live("with keys that differ, for payloads that are copied and payloads that are not", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      const small = Buffer.alloc(100, 1)
      const large = Buffer.alloc(100_000, 2)
      yield* connection.send(small)
      yield* connection.send(large)
      yield* connection.send(Connection.prepare(large))
      yield* connection.sendStream(Stream.make(small))
      let wire = Buffer.alloc(0)
      while (wire.length < 200_000 + 200) {
        const [chunk] = yield* Effect.promise(() => once(peer, "data"))
        wire = Buffer.concat([wire, chunk])
      }
      const keys: Array<string> = []
      for (const offset of [2, 10]) keys.push(wire.toString("hex", offset, offset + 4))
      assert.isAbove(new Set(keys).size, 1)
      assert.isTrue(small.every((octet) => octet === 1) && large.every((octet) => octet === 2))
      assert.isTrue(Frames.decode(wire, true)?.[0].payload.equals(small))
    }).pipe(Effect.scoped))
})

describe("invariant 6: received bytes stay valid for as long as they are held", () => {
  it.live("while the connection goes on", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const sizes = Array.from({ length: 3000 }, (_, i) => (i * 37) % 3000)
      const sent = sizes.map((size, i) => Buffer.alloc(size, i % 251))
      yield* Effect.forkChild(Stream.run(server.messages, server.sink))
      yield* Effect.forkChild(client.sendAll(sent))
      const held = yield* Stream.runCollect(Stream.take(client.messages, sent.length))
      assert.isTrue(held.every((message, i) => sent[i].equals(message as Uint8Array)))
    }).pipe(Effect.scoped))
})

describe("invariant 7: a limit closes with its code and a typed error", () => {
  const cases = [
    { options: { maxMessageSize: 10 }, frames: [binary("over the limit")], code: 1009, violation: "MessageTooBig" },
    {
      options: { maxFragments: 2 },
      frames: [text("1", { fin: false }), continuation("2", { fin: false }), continuation("3")],
      code: 1008,
      violation: "FragmentsTooMany"
    }
  ]
  for (const { code, frames, options, violation } of cases) {
    it.live(`${violation}: ${code}`, () =>
      Effect.gen(function*() {
        const { connection, peer } = yield* Loopback.facing(options)
        peer.write(octets(...frames))
        const [answer] = yield* Effect.promise(() => once(peer, "data"))
        assert.strictEqual(Frames.decode(answer, true)?.[0].payload.readUInt16BE(0), code)
        assert.include((yield* connection.closed).error?.message, violation)
      }).pipe(Effect.scoped))
  }
})

describe("invariant 8: a defect of the reader is in its cause", () => {
  it.live("and the connection says 1011", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const boom = new Error("boom")
      const scope = yield* Scope.make()
      yield* client.send("now")
      const exit = yield* Effect.exit(
        Stream.runForEach(server.messages, () =>
          Effect.sync(() => {
            throw boom
          }))
      )
      assert.strictEqual(Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined, boom)
      yield* Scope.close(scope, exit)
    }).pipe(Effect.scoped))
})

describe("backpressure", () => {
  it.effect("bufferedAmount counts what was sent in this turn, with its header", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      assert.strictEqual(server.bufferedAmount, 0)
      yield* server.send("abc")
      assert.strictEqual(server.bufferedAmount, 5)
      assert.deepStrictEqual(yield* client.pull, ["abc"])
      assert.strictEqual(server.bufferedAmount, 0)
    }).pipe(Effect.scoped))

  it.live("holds a sender back while the peer does not read, and loses nothing when it goes on", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const size = 65_536
      const count = 1024
      let accepted = 0
      const sending = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: count }, (_, i) => i),
          (i) => Effect.andThen(client.send(Buffer.alloc(size, i % 251)), Effect.sync(() => accepted++)),
          { discard: true }
        )
      )
      yield* stable(() => accepted)
      assert.isBelow(accepted * size, 32 * 1024 * 1024)
      assert.isBelow(client.bufferedAmount, 1024 * 1024)
      let next = 0
      yield* Stream.runForEach(Stream.take(server.messages, count), (message) =>
        Effect.sync(() => {
          assert.isTrue((message as Uint8Array).length === size && message[size - 1] === next++ % 251)
        }))
      yield* Fiber.join(sending)
      assert.strictEqual(next, count)
    }).pipe(Effect.scoped))

  it.live("lets a reader stop early and close, while the peer goes on sending", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      yield* Effect.forkChild(Effect.exit(Effect.forever(server.send(Buffer.alloc(10_000)))))
      yield* Effect.forkChild(Effect.exit(Stream.runDrain(server.messages)))
      assert.strictEqual((yield* Stream.runCollect(Stream.take(client.messages, 3))).length, 3)
      assert.isTrue((yield* client.close()).clean)
    }).pipe(Effect.scoped))
})

/** Waits until a number has not changed for ten turns of the event loop with input and output. */
const stable = (read: () => number) =>
  Effect.promise(async () => {
    for (let last = -1, turns = 0; turns < 10; turns++) {
      if (read() !== last) turns = 0
      last = read()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

describe("reading", () => {
  it.live("a second reader fails with a UsageError, and does not disturb the first", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.messages, 1)), {
        startImmediately: true
      })
      assert.strictEqual(reasonOf(yield* Effect.flip(Stream.runDrain(client.messages))), "UsageError")
      assert.strictEqual(reasonOf(yield* Effect.flip(Stream.runDrain(client.frames))), "UsageError")
      yield* server.send("for the first")
      assert.deepStrictEqual(yield* Fiber.join(reading), ["for the first"])
    }).pipe(Effect.scoped))

  it.live("frames come as they were sent", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      peer.write(octets(text("a", { fin: false }), ping(), continuation("b"), binary("c"), closing()))
      const frames = yield* Stream.runCollect(connection.frames)
      assert.deepStrictEqual(frames.map(({ fin, opcode, payload }) => [fin, opcode, Buffer.from(payload).toString()]), [
        [false, 1, "a"],
        [true, 0, "b"],
        [true, 2, "c"]
      ])
    }).pipe(Effect.scoped))

  it.live("a second fiber that pulls fails with a UsageError, and the first gets what comes", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const first = yield* Effect.forkChild(client.pull, { startImmediately: true })
      assert.strictEqual(reasonOf(yield* Effect.flip(client.pull)), "UsageError")
      yield* server.send("for the first")
      assert.deepStrictEqual(yield* Fiber.join(first), ["for the first"])
    }).pipe(Effect.scoped))

  it.live("messages after frames fail with a UsageError", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      yield* server.send("first")
      yield* Stream.runDrain(Stream.take(client.frames, 1))
      assert.strictEqual(reasonOf(yield* Effect.flip(Stream.runDrain(client.messages))), "UsageError")
      assert.strictEqual(reasonOf(yield* Effect.flip(client.pull)), "UsageError")
    }).pipe(Effect.scoped))

  it.live("frames of a message that is too large, and in too many fragments, to be assembled", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair({ maxMessageSize: 1000, maxFragments: 10 })
      const parts = Stream.fromIterable(Array.from({ length: 100 }, () => Buffer.alloc(100)))
      yield* Effect.forkChild(Effect.andThen(server.sendStream(parts), server.close()))
      const size = yield* Stream.runFold(client.frames, () => 0, (size, { payload }) => size + payload.length)
      assert.strictEqual(size, 10_000)
    }).pipe(Effect.scoped))

  it.live("frames that are asked for late begin with what was assembled", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      peer.write(octets(text("whole"), text("a", { fin: false }), ping("now")))
      yield* Effect.promise(() => once(peer, "data"))
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(connection.frames, 3)))
      peer.write(octets(continuation("b")))
      const frames = yield* Fiber.join(reading)
      assert.deepStrictEqual(frames.map(({ fin, opcode, payload }) => [fin, opcode, Buffer.from(payload).toString()]), [
        [true, 1, "whole"],
        [false, 1, "a"],
        [true, 0, "b"]
      ])
    }).pipe(Effect.scoped))
})

describe("sending", () => {
  it.live("after the close fails with a CloseError", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      yield* Effect.forkChild(server.close(4001, "enough"))
      yield* client.closed
      const error = yield* Effect.flip(client.send("late"))
      assert.strictEqual(reasonOf(error), "CloseError")
      assert.strictEqual(error.message, "4001: enough")
    }).pipe(Effect.scoped))

  it.live("what is no message fails with a UsageError, and sends nothing, also of what comes before it", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair({ compression: true })
      for (const thing of [{}, 1, null, undefined, new ArrayBuffer(3), ["a"]]) {
        assert.strictEqual(reasonOf(yield* Effect.flip(client.send(thing as never))), "UsageError")
        assert.strictEqual(reasonOf(yield* Effect.flip(client.sendAll(["a", thing as never]))), "UsageError")
      }
      yield* client.send("after")
      assert.deepStrictEqual(yield* server.pull, ["after"])
    }).pipe(Effect.scoped))

  it.live("what is no part of a streamed message fails with a UsageError, and closes with 1011", () =>
    Effect.gen(function*() {
      for (const compression of [false, true]) {
        const { client, server } = yield* Loopback.pair({ compression })
        yield* Effect.forkChild(Effect.ignore(Stream.runDrain(server.messages)))
        const streaming = client.sendStream(Stream.make("part", 1 as never))
        assert.strictEqual(reasonOf(yield* Effect.flip(streaming)), "UsageError")
        assert.strictEqual((yield* server.closed).code, 1011)
      }
    }).pipe(Effect.scoped))

  it.live("a streamed message whose parts fail closes with 1011, and fails what waits behind it", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const parts = Stream.make("part").pipe(
        Stream.concat(Stream.fromEffect(Effect.andThen(Effect.yieldNow, Effect.fail("no more"))))
      )
      const streaming = yield* Effect.forkChild(Effect.exit(client.sendStream(parts)), { startImmediately: true })
      const waiting = yield* Effect.forkChild(Effect.exit(client.send("behind")), { startImmediately: true })
      assert.isTrue(Exit.isFailure(yield* Fiber.join(streaming)))
      assert.isTrue(Exit.isFailure(yield* Fiber.join(waiting)))
      const seen: Array<unknown> = []
      yield* Effect.ignore(Stream.runForEach(server.messages, (message) => Effect.sync(() => seen.push(message))))
      assert.deepStrictEqual(seen, [])
      assert.strictEqual((yield* server.closed).code, 1011)
    }).pipe(Effect.scoped))

  it.live("a streamed message that fails when its turn comes lets nothing out after the Close", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const first = yield* Effect.forkChild(client.sendStream(Stream.fromEffect(Effect.as(Effect.yieldNow, "first"))), {
        startImmediately: true
      })
      const failing = yield* Effect.forkChild(Effect.exit(client.sendStream(Stream.fail("no"))), {
        startImmediately: true
      })
      const behind = yield* Effect.forkChild(Effect.exit(client.send("behind")), { startImmediately: true })
      yield* Fiber.join(first)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(failing)))
      assert.isTrue(Exit.isFailure(yield* Fiber.join(behind)))
      assert.deepInclude(yield* server.closed, { code: 1011, clean: true })
    }).pipe(Effect.scoped))

  it.live("a streamed message of which only the end is missing fails if the connection ends before", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const closed = Stream.drain(Stream.fromEffect(Effect.andThen(server.close(4000, "enough"), client.closed)))
      const { reason } = yield* Effect.flip(client.sendStream(Stream.concat(Stream.make("all but the end"), closed)))
      assert.deepInclude(reason, { _tag: "CloseError", code: 4000 })
    }).pipe(Effect.scoped))

  it.live("over a stream that passes bytes on later keeps them as they were", () =>
    Effect.gen(function*() {
      const held: Array<Buffer> = []
      const write = (chunk: Buffer, _encoding: string, done: () => void) => {
        held.push(chunk)
        done()
      }
      const stream = new Duplex({ read: () => {}, write })
      const connection = yield* Connection.fromDuplex(stream, { role: "server" }, { closeTimeout: 50 })
      for (const message of ["first", "other"]) {
        yield* connection.send(message)
        yield* Effect.promise(() => tick())
      }
      assert.strictEqual(Buffer.concat(held).toString("latin1"), "\x81\x05first\x81\x05other")
    }).pipe(Effect.scoped))

  it.live("an empty stream is an empty message", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      yield* client.sendStream(Stream.empty)
      const [message] = yield* Stream.runCollect(Stream.take(server.messages, 1))
      assert.strictEqual(message.length, 0)
    }).pipe(Effect.scoped))
})

describe("pings, under a clock of the test's own", () => {
  it.effect("give the round-trip time", () =>
    Effect.gen(function*() {
      const [client] = yield* Connection.pair()
      assert.isTrue(Duration.isDuration(yield* client.ping()))
    }).pipe(Effect.scoped))

  it.effect("time out", () =>
    Effect.gen(function*() {
      const { connection } = yield* Loopback.facing()
      const pinging = yield* Effect.forkChild(Effect.flip(connection.ping({ timeout: "3 seconds" })), {
        startImmediately: true
      })
      yield* TestClock.adjust("3 seconds")
      const error = yield* Fiber.join(pinging)
      assert.strictEqual(reasonOf(error), "TimeoutError")
      assert.include(error.message, "3s")
      yield* connection.terminate
    }).pipe(Effect.scoped))

  it.live("are answered by the pong for a later one, and not by one that was not asked for", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      const payloads = [1, 2, 3].map((number) => Uint8Array.of(number))
      const pinging = yield* Effect.forEach(
        payloads,
        (payload) => Effect.forkChild(connection.ping({ payload }), { startImmediately: true })
      )
      peer.write(octets(pong("unsolicited"), pong(payloads[1])))
      yield* Fiber.join(pinging[0])
      yield* Fiber.join(pinging[1])
      assert.isUndefined(pinging[2].pollUnsafe())
      peer.write(octets(pong(payloads[2])))
      yield* Fiber.join(pinging[2])
    }).pipe(Effect.scoped))

  for (const [when, milliseconds] of [["when it closes", 0], ["after it has closed", 5]] as const) {
    it.effect(`are not waited for by a reader whom the peer waits for, ${when}`, () =>
      Effect.gen(function*() {
        const { client, server } = yield* Loopback.pair()
        const failed = yield* Deferred.make<WebSocketError>()
        const pinging = Effect.delay(Effect.flip(server.ping()), milliseconds)
        yield* Effect.forkChild(Stream.runForEach(server.messages, () =>
          pinging.pipe(
            Effect.flatMap((error) => Deferred.succeed(failed, error)),
            Effect.andThen(server.send("bye"))
          )))
        yield* client.send("Hello")
        const ending = Effect.all([client.close(4001, "bye"), Stream.runCollect(client.messages).pipe(Effect.ignore)], {
          concurrency: "unbounded"
        })
        const [{ clean }] = yield* Passing.within(1000, ending)
        assert.isTrue(clean)
        assert.strictEqual((yield* Deferred.await(failed)).message, "4001: bye")
      }).pipe(Effect.scoped))
  }

  it.live("have at most 125 octets", () =>
    Effect.gen(function*() {
      const { client } = yield* Loopback.pair()
      assert.strictEqual(reasonOf(yield* Effect.flip(client.ping({ payload: new Uint8Array(126) }))), "UsageError")
    }).pipe(Effect.scoped))
})

describe("closing", () => {
  for (const code of [1004, 1006, 1010.5, 999, 5000]) {
    it.live(`with ${code} fails with a UsageError`, () =>
      Effect.gen(function*() {
        const { server } = yield* Loopback.pair()
        assert.strictEqual(reasonOf(yield* Effect.flip(server.close(code))), "UsageError")
        assert.strictEqual(server.state, "Open")
      }).pipe(Effect.scoped))
  }

  it.live("from both sides at once is clean", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const [left, right] = yield* Effect.all([client.close(3001), server.close(3002)], { concurrency: "unbounded" })
      assert.deepStrictEqual([left.code, left.clean, right.code, right.clean], [3002, true, 3001, true])
    }).pipe(Effect.scoped))

  it.effect("is answered at once when a reader asks for more and only the peer's Close is left", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing({ inboxSize: 0, closeTimeout: "7 seconds" })
      peer.write(octets(text("a"), closing(codeAndReason(1000))))
      const { driver } = Connection.toDriver(connection)!
      while (driver.unread === 0) yield* Effect.promise(() => new Promise(setImmediate))
      assert.deepStrictEqual(yield* Passing.within(1000, Stream.runCollect(connection.messages)), ["a"])
      assert.isTrue((yield* connection.closed).clean)
      peer.destroy()
    }).pipe(Effect.scoped))

  it.effect("gives up on a peer that does not answer, after closeTimeout", () =>
    Effect.gen(function*() {
      const { connection } = yield* Loopback.facing({ closeTimeout: "7 seconds" })
      const closing = yield* Effect.forkChild(connection.close(), { startImmediately: true })
      yield* TestClock.adjust("6 seconds")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 second")
      const { clean, code } = yield* Fiber.join(closing)
      assert.deepStrictEqual({ clean, code }, { clean: false, code: 1006 })
    }).pipe(Effect.scoped))

  it.live("waits for ever if closeTimeout is longer than the platform's timers can take", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing({ closeTimeout: "30 days" })
      const end = yield* Effect.forkChild(connection.close(), { startImmediately: true })
      yield* Effect.sleep(5) // Node would have a time-out that overflows be over after 1 ms
      assert.isUndefined(end.pollUnsafe())
      peer.write(octets(closing(codeAndReason(1000))))
      assert.isTrue((yield* Fiber.join(end)).clean)
    }).pipe(Effect.scoped))

  it.live("is known at the Close frame, however long TCP lingers", () =>
    Effect.gen(function*() {
      const { connection, peer, socket } = yield* Loopback.facing({ closeTimeout: 200 })
      peer.write(octets(closing(codeAndReason(1000, "bye"))))
      yield* Stream.runDrain(connection.messages)
      assert.deepInclude(yield* connection.closed, { code: 1000, reason: "bye", clean: true, error: undefined })
      assert.isFalse(socket.destroyed)
      yield* Effect.promise(() => once(socket, "close"))
    }).pipe(Effect.scoped))

  it.live("waits for a reader that still has answers to give", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const slowly = (message: string | Uint8Array) => Effect.andThen(Effect.sleep(5), server.send(message))
      yield* Effect.forkChild(Stream.runForEach(server.messages, slowly))
      yield* client.sendAll(["a", "b", "c"])
      yield* Effect.forkChild(client.close(), { startImmediately: true })
      assert.deepStrictEqual(yield* Stream.runCollect(client.messages), ["a", "b", "c"])
    }).pipe(Effect.scoped))

  const closers: Readonly<Record<string, (server: Connection.Connection) => Effect.Effect<unknown, unknown>>> = {
    "at once": ({ close, send }) => Effect.andThen(send("last"), close()),
    "a little later": ({ close, send }) => Effect.andThen(send("last"), Effect.delay(close(), 5)),
    "behind a message that takes its time": ({ close, sendStream }) =>
      Effect.all([sendStream(Stream.fromEffect(Effect.delay(Effect.succeed("last"), 5))), close()], {
        concurrency: "unbounded"
      }),
    "by a message that cannot be completed": ({ send, sendStream }) =>
      send("last").pipe(
        Effect.andThen(Effect.exit(sendStream(Stream.fromEffect(Effect.delay(Effect.fail("no more"), 5))))),
        Effect.andThen(Effect.never)
      )
  }

  for (const [when, close] of Object.entries(closers)) {
    it.effect(`does not wait for a reader that closes as well, ${when}`, () =>
      Effect.gen(function*() {
        const { client, server } = yield* Loopback.pair()
        yield* Effect.forkChild(Stream.runForEach(server.messages, () => close(server)))
        yield* client.send("quit")
        const ending = Effect.all([client.close(), Stream.runCollect(client.messages)], { concurrency: "unbounded" })
        const [{ clean, code }, messages] = yield* Passing.within(1000, ending)
        assert.deepStrictEqual({ clean, code, messages }, { clean: true, code: 1000, messages: ["last"] })
      }).pipe(Effect.scoped))
  }

  it.live("waits for such a reader no longer than closeTimeout", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair({ closeTimeout: 50 })
      yield* Effect.forkChild(Stream.runForEach(server.messages, () => Effect.never))
      yield* client.send("a")
      yield* Effect.forkChild(client.close(), { startImmediately: true })
      yield* server.closed
    }).pipe(Effect.scoped))
})
