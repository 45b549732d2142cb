import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Schedule, Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as ConnectionOptions from "effect-ws/ConnectionOptions"
import * as Heartbeat from "effect-ws/Heartbeat"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import type { HeartbeatError, WebSocketError } from "effect-ws/WebSocketError"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { TestClock } from "effect/testing"
import type { Socket } from "node:net"
import * as MemoryTransport from "../src/transport/MemoryTransport.ts"
import * as Frames from "./conformance/Frames.ts"
import * as Loopback from "./Loopback.ts"
import * as RawClient from "./server/RawClient.ts"
import * as TestServer from "./server/TestServer.ts"

/** What a bare peer receives. */
class Witness {
  readonly frames: Array<Frames.Frame> = []
  private received: Buffer = Buffer.alloc(0)
  private changed = (): void => {}

  constructor(socket: Socket) {
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
      for (
        let next = Frames.decode(this.received, true);
        next !== undefined;
        next = Frames.decode(this.received, true)
      ) {
        this.frames.push(next[0])
        this.received = next[1]
      }
      this.changed()
    })
  }

  /** Waits until it is true. */
  until(test: (witness: Witness) => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      this.changed = () => test(this) && resume(Effect.void)
      this.changed()
    })
  }

  get pings(): ReadonlyArray<Buffer> {
    return this.frames.filter(({ opcode }) => opcode === 9).map(({ payload }) => payload)
  }

  get closeCode(): number | undefined {
    return this.frames.find(({ opcode }) => opcode === 8)?.payload.readUInt16BE(0)
  }
}

const octets = (...frames: ReadonlyArray<Frames.Frame>): Buffer =>
  Buffer.concat(frames.map((frame) => Frames.encode(frame, false)))

/** A client with a heartbeat, and a bare server that answers only as the test says. */
const facing = Effect.fnUntraced(function*(heartbeat: boolean | Heartbeat.Options) {
  const { connection, peer, socket } = yield* Loopback.facing({ heartbeat })
  const witness = new Witness(peer)
  const answer = (...frames: ReadonlyArray<Frames.Frame>) => {
    const before = socket.bytesRead
    const sent = octets(...frames)
    peer.write(sent)
    return turnsUntil(() => socket.bytesRead >= before + sent.length)
  }
  yield* Effect.addFinalizer(() => connection.terminate) // no goodbye, which would wait for a clock that stands still
  return { answer, connection, peer, socket, witness }
})

const turnsUntil = (test: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => test() ? Effect.void : Effect.andThen(nextTurn, turnsUntil(test)))

const nextTurn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

const heartbeatError = (error: WebSocketError): HeartbeatError => {
  assert.strictEqual(error.reason._tag, "HeartbeatError")
  return error.reason as HeartbeatError
}

const silent = { interval: "30 seconds", timeout: "20 seconds" } as const

describe("a peer that does not answer", () => {
  it.effect("is pinged, failed after the time-out, told why, and dropped", () =>
    Effect.gen(function*() {
      const { connection, socket, witness } = yield* facing(true)
      const reading = yield* Effect.forkChild(Effect.flip(Stream.runDrain(connection.messages)))
      yield* TestClock.adjust("30 seconds")
      yield* witness.until(({ pings }) => pings.length === 1)
      yield* TestClock.adjust("19999 millis")
      assert.strictEqual(connection.state, "Open")
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(reading)
      const { after, closeCode, message, missed } = heartbeatError(error)
      assert.deepStrictEqual([missed, closeCode, after], ["pong", 1011, Duration.seconds(20)])
      assert.strictEqual(message, "no sign of life within 20s of a ping")
      assert.deepInclude(yield* connection.closed, { code: 1006, clean: false, error })
      assert.strictEqual(yield* Effect.flip(connection.send("anyone?")), error)
      yield* witness.until(({ closeCode }) => closeCode === 1011)
      assert.isFalse(socket.destroyed)
      yield* TestClock.adjust("1 second")
      yield* turnsUntil(() => socket.destroyed)
    }).pipe(Effect.scoped))

  it.effect("and does not read is failed too, and a sender that waits for it with it", () =>
    Effect.gen(function*() {
      const { connection, peer, socket } = yield* facing(silent)
      peer.pause()
      const sending = yield* Effect.forkChild(Effect.flip(Effect.forever(connection.send(new Uint8Array(65_536)))))
      yield* turnsUntil(() => socket.writableNeedDrain)
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(heartbeatError(yield* Fiber.join(sending)).missed, "pong")
      yield* TestClock.adjust("1 second")
      yield* turnsUntil(() => socket.destroyed)
    }).pipe(Effect.scoped))

  it.effect("fails the handler of a server, which says 1011, logs no error, and has one connection less", () =>
    Effect.gen(function*() {
      const seen: Array<WebSocketError> = []
      const Mute = WebSocketServer.handle(
        "/",
        { heartbeat: silent },
        ({ messages }) =>
          Effect.onError(
            Stream.runDrain(messages),
            (cause) =>
              Effect.sync(() => seen.push(...cause.reasons.flatMap((it) => it._tag === "Fail" ? [it.error] : [])))
          )
      )
      const { errors, port, service } = yield* TestServer.start(Mute)
      const client = yield* RawClient.open(port, "/")
      yield* TestClock.adjust("50 seconds")
      const frames = yield* client.framesToClose
      assert.deepStrictEqual(frames.map(({ opcode }) => opcode), [9, 8])
      assert.strictEqual(frames[1].payload.readUInt16BE(0), 1011)
      yield* TestClock.adjust("1 second")
      yield* client.toEnd
      yield* turnsUntil(() => seen.length > 0)
      assert.strictEqual(heartbeatError(seen[0]).missed, "pong")
      while ((yield* service.connections) > 0) yield* nextTurn
      assert.deepStrictEqual(errors, [])
    }).pipe(Effect.scoped))
})

describe("a sign of life", () => {
  it.effect("is a pong that comes late, but in time", () =>
    Effect.gen(function*() {
      const { answer, connection, witness } = yield* facing(silent)
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust(i === 0 ? "30 seconds" : "11 seconds")
        yield* witness.until(({ pings }) => pings.length === i + 1)
        yield* TestClock.adjust("19 seconds")
        yield* answer(Frames.pong(witness.pings[i]))
        assert.deepStrictEqual(yield* Heartbeat.roundTrip(connection), Option.some(Duration.seconds(19)))
      }
      assert.strictEqual(new Set(witness.pings.map(String)).size, 3)
      assert.strictEqual(connection.state, "Open")
      yield* TestClock.adjust("31 seconds")
      assert.strictEqual((yield* connection.closed).error?.reason._tag, "HeartbeatError")
    }).pipe(Effect.scoped))

  it.effect("is any octet: half a message, or a pong for nothing", () =>
    Effect.gen(function*() {
      const { answer, connection, peer, socket, witness } = yield* facing(silent)
      for (const frame of [Frames.text("a"), Frames.pong("unasked"), Frames.text("b", { fin: false })]) {
        yield* TestClock.adjust("30 seconds")
        yield* answer(frame)
      }
      yield* TestClock.adjust("29 seconds")
      peer.write(Buffer.of(0x80))
      yield* turnsUntil(() => socket.bytesRead >= 3 + 9 + 3 + 1)
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(connection.state, "Open")
      // None of that was the answer to a ping, which is therefore repeated
      yield* witness.until(({ pings }) => pings.length >= 4)
      assert.strictEqual(new Set(witness.pings.map(String)).size, 1)
      assert.deepStrictEqual(yield* Heartbeat.roundTrip(connection), Option.none())
    }).pipe(Effect.scoped))

  it.effect("is room for what we send, if it is much", () =>
    Effect.gen(function*() {
      const { connection, peer, socket } = yield* facing(silent)
      peer.pause()
      const sending = yield* Effect.forkChild(Effect.flip(Effect.forever(connection.send(new Uint8Array(65_536)))))
      yield* turnsUntil(() => socket.writableNeedDrain)
      yield* TestClock.adjust("40 seconds")
      const drained = new Promise((resolve) => socket.once("drain", resolve))
      peer.resume()
      yield* Effect.promise(() => drained)
      peer.pause()
      yield* turnsUntil(() => socket.writableNeedDrain)
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(connection.state, "Open")
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(heartbeatError(yield* Fiber.join(sending)).missed, "pong")
    }).pipe(Effect.scoped))

  it.effect("is not expected while our own reader holds the peer back", () =>
    Effect.gen(function*() {
      const { answer, connection, socket } = yield* facing({ ...silent, idleTimeout: "3 minutes" })
      yield* answer(Frames.binary(Buffer.alloc(100_000)))
      yield* turnsUntil(() => socket.isPaused())
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(connection.state, "Open")
      yield* connection.pull
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual((yield* connection.closed).error?.reason._tag, "HeartbeatError")
    }).pipe(Effect.scoped))

  it.live("that waits in the system's buffers is read before the peer is judged", () =>
    Effect.gen(function*() {
      const { connection, peer, witness } = yield* facing({ interval: 20, timeout: 20 })
      for (let i = 0; i < 3; i++) {
        yield* witness.until(({ pings }) => pings.length === i + 1)
        peer.write(octets(Frames.pong(witness.pings[i])))
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100) // nothing is read, and the time is over
      }
      yield* nextTurn
      yield* nextTurn
      assert.strictEqual(connection.state, "Open")
      assert.strictEqual((yield* connection.closed).error?.reason._tag, "HeartbeatError")
    }).pipe(Effect.scoped))
})

describe("an idle time-out", () => {
  it.effect("is not put off by pings and pongs, and says 1001", () =>
    Effect.gen(function*() {
      const { answer, connection, witness } = yield* facing({ ...silent, idleTimeout: "2 minutes" })
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust("30 seconds")
        yield* witness.until(({ pings }) => pings.length === i + 1)
        yield* answer(Frames.pong(witness.pings[i]), Frames.ping("hello"))
      }
      assert.strictEqual(connection.state, "Open")
      yield* TestClock.adjust("30 seconds")
      const { after, missed } = heartbeatError((yield* connection.closed).error!)
      assert.deepStrictEqual([missed, after], ["data", Duration.minutes(2)])
      yield* witness.until(({ closeCode }) => closeCode === 1001)
    }).pipe(Effect.scoped))

  it.effect("is put off by data, and needs no pings", () =>
    Effect.gen(function*() {
      const { answer, connection, witness } = yield* facing({ interval: Duration.infinity, idleTimeout: "2 minutes" })
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust("110 seconds")
        yield* answer(Frames.text("still here"))
      }
      assert.strictEqual(connection.state, "Open")
      yield* TestClock.adjust("150 seconds")
      assert.strictEqual(heartbeatError((yield* connection.closed).error!).missed, "data")
      assert.deepStrictEqual(witness.pings, [])
    }).pipe(Effect.scoped))
})

describe("pings", () => {
  it.effect("leave the user's own alone", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair({ heartbeat: { interval: "1 second", timeout: "1 second" } })
      const pings = yield* Effect.forkChild(Effect.repeat(client.ping(), Schedule.spaced("700 millis")))
      yield* Effect.repeat(TestClock.adjust("250 millis"), { times: 200 })
      assert.deepStrictEqual([client.state, server.state, pings.pollUnsafe()], ["Open", "Open", undefined])
      assert.deepStrictEqual(yield* Heartbeat.roundTrip(client), Option.some(Duration.zero))
    }).pipe(Effect.scoped))

  it.effect("come by a schedule until its end", () =>
    Effect.gen(function*() {
      const interval = Schedule.exponential("1 second").pipe(Schedule.upTo({ times: 4 }))
      const { answer, connection, witness } = yield* facing({ interval, timeout: "1 minute" })
      const times: Array<number> = []
      for (let second = 1; second <= 100; second++) {
        yield* TestClock.adjust("1 second")
        yield* nextTurn
        yield* nextTurn
        if (witness.pings.length === times.length) continue
        times.push(second)
        yield* answer(Frames.pong(witness.pings.at(-1)))
      }
      assert.deepStrictEqual(times, [1, 3, 7, 15])
      assert.strictEqual(connection.state, "Open")
    }).pipe(Effect.scoped))

  it.effect("end with the first Close", () =>
    Effect.gen(function*() {
      const { connection, witness } = yield* facing({ interval: 10, timeout: 10 })
      yield* Effect.forkChild(connection.close())
      yield* witness.until(({ closeCode }) => closeCode === 1000)
      yield* TestClock.adjust("99 millis") // closeTimeout has 100
      assert.strictEqual(connection.state, "Closing")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* connection.closed).error?.reason._tag, "CloseError")
      assert.deepStrictEqual(witness.pings, [])
    }).pipe(Effect.scoped))

  it.effect("measure nothing where the peer closes instead of answering", () =>
    Effect.gen(function*() {
      const { answer, connection, witness } = yield* facing({ interval: "1 second" })
      yield* Effect.forkChild(Stream.runForEach(connection.messages, () => Effect.never), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* witness.until(({ pings }) => pings.length === 1)
      yield* answer(Frames.text("wait"), Frames.closing(Frames.codeAndReason(1000)))
      yield* nextTurn
      assert.isTrue(Option.isNone(yield* Heartbeat.roundTrip(connection)))
    }).pipe(Effect.scoped))

  it.effect("are measured, for all who want to know, until the end", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair({ heartbeat: { interval: "1 second" } })
      const measured = yield* Effect.forkChild(Stream.runCollect(Heartbeat.roundTrips(client)))
      yield* nextTurn
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      yield* server.close()
      assert.deepStrictEqual(yield* Fiber.join(measured), [Duration.zero, Duration.zero])
    }).pipe(Effect.scoped))
})

const Idle = (path: string, heartbeat?: boolean) =>
  WebSocketServer.handle(path, { heartbeat }, ({ messages }) => Stream.runDrain(messages))

describe("where it is switched on", () => {
  it.effect("by a layer for a whole server, but for paths that say no", () =>
    Effect.gen(function*() {
      const server = NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1" })
      const routes = Layer.mergeAll(Idle("/default"), Idle("/off", false))
      const { port } = yield* TestServer.startOn(Layer.provide(server, Layer.orDie(Heartbeat.layer(silent))), routes)
      const watched = yield* RawClient.open(port, "/default")
      const unwatched = yield* RawClient.open(port, "/off")
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* watched.closeCode, 1011)
      yield* TestClock.adjust("1 second")
      unwatched.socket.write(Frames.encode(Frames.closing(Frames.codeAndReason(1000)), true))
      assert.deepStrictEqual((yield* unwatched.framesToClose).map(({ opcode }) => opcode), [8])
    }).pipe(Effect.scoped))

  it.effect("for a connection that is there, until a scope ends", () =>
    Effect.gen(function*() {
      const { connection, witness } = yield* facing(false)
      const scope = yield* Scope.make()
      yield* Scope.provide(Heartbeat.start(connection, silent), scope)
      yield* TestClock.adjust("30 seconds")
      yield* witness.until(({ pings }) => pings.length === 1)
      yield* Scope.close(scope, Exit.void)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([connection.state, witness.pings.length], ["Open", 1])
      yield* Heartbeat.start(connection, silent)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* connection.closed).error?.reason._tag, "HeartbeatError")
    }).pipe(Effect.scoped))

  it.live("is nowhere by default, and says so", () =>
    Effect.gen(function*() {
      const [client] = yield* Connection.pair()
      assert.deepStrictEqual(yield* Heartbeat.roundTrip(client), Option.none())
      const { message } = yield* Effect.flip(Stream.runDrain(Heartbeat.roundTrips(client)))
      assert.strictEqual(message, "the connection has no heartbeat")
    }).pipe(Effect.scoped))

  it.live("leaves no connection behind if its schedule dies", () =>
    Effect.gen(function*() {
      const [left, right] = MemoryTransport.pair()
      const peer = yield* Connection.make(left, { role: "server" })
      const options = ConnectionOptions.resolve({ heartbeat: { interval: Schedule.fromStep(Effect.die("boom")) } })
      const { closed } = yield* Connection.make(right, { role: "client" }, options)
      const { error } = yield* closed
      assert.strictEqual(error?.reason._tag, "UsageError")
      assert.strictEqual(error?.message, "the schedule of the heartbeat died: boom")
      assert.strictEqual((yield* peer.closed).code, 1011)
      yield* turnsUntil(() => right.closed)
    }).pipe(Effect.scoped, Effect.provide(Logger.layer([]))))

  it.effect("fails its connection alone if its schedule dies later, and logs the defect", () =>
    Effect.gen(function*() {
      const logs: Array<unknown> = []
      const logger = Logger.make(({ cause, logLevel, message }) =>
        void logs.push([logLevel, message, Cause.squash(cause)])
      )
      const boom = new Error("boom")
      let steps = 0
      const dying = Schedule.spaced("10 seconds").pipe(
        Schedule.tap(() => ++steps > 1 ? Effect.die(boom) : Effect.void)
      )
      const mortal = yield* Effect.provide(facing({ interval: dying }), Logger.layer([logger]))
      const other = yield* facing({ interval: "10 seconds", timeout: "1 minute" })
      const reading = yield* Effect.forkChild(Effect.flip(Stream.runDrain(mortal.connection.messages)))
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(reading)
      assert.strictEqual(error.reason._tag, "UsageError")
      assert.strictEqual(error.message, "the schedule of the heartbeat died: boom")
      assert.deepInclude(yield* mortal.connection.closed, { code: 1006, clean: false, error })
      yield* mortal.witness.until(({ closeCode }) => closeCode === 1011)
      assert.deepStrictEqual(logs, [["Error", ["the schedule of a heartbeat died"], boom]])
      yield* other.witness.until(({ pings }) => pings.length === 1)
      yield* TestClock.adjust("1 second")
      yield* turnsUntil(() => mortal.socket.destroyed)
      yield* TestClock.adjust("9 seconds")
      yield* other.witness.until(({ pings }) => pings.length === 2)
      assert.strictEqual(other.connection.state, "Open")
    }).pipe(Effect.scoped))

  it.live("is not for connections of another's making", () =>
    Effect.gen(function*() {
      const { reason } = yield* Effect.flip(Heartbeat.start({ state: "Open" } as Connection.Connection))
      assert.strictEqual(reason._tag, "UsageError")
    }).pipe(Effect.scoped))

  it.live("is not for no time", () =>
    Effect.gen(function*() {
      const problem = "heartbeat: timeout must be longer than nothing"
      const [client] = yield* Connection.pair()
      assert.strictEqual((yield* Effect.flip(Heartbeat.start(client, { timeout: 0 }))).message, problem)
      assert.strictEqual((yield* Effect.flip(Layer.build(Heartbeat.layer({ timeout: -1 })))).message, problem)
      const connecting = WebSocketClient.connect("ws://localhost:1", { heartbeat: { timeout: 0 } })
      assert.strictEqual((yield* Effect.flip(connecting)).message, problem)
    }).pipe(Effect.scoped))
})
