import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer, Queue, Schedule, Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import type * as ConnectionOptions from "effect-ws/ConnectionOptions"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as Reconnect from "effect-ws/Reconnect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketError from "effect-ws/WebSocketError"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as ConnectionOptionsModule from "../src/ConnectionOptions.ts"
import * as Violation from "../src/protocol/Violation.ts"
import * as MemoryTransport from "../src/transport/MemoryTransport.ts"
import * as Leaks from "./client/Leaks.ts"
import * as RawServer from "./client/RawServer.ts"
import * as TestServer from "./server/TestServer.ts"

/** A server in memory: `next` is its end of the next connection, whose other end `connect` gives. */
const memory = Effect.fnUntraced(function*(options?: ConnectionOptions.ConnectionOptions) {
  const scope = yield* Effect.scope
  const peers = yield* Queue.unbounded<Connection.Connection>()
  const resolved = ConnectionOptionsModule.resolve(options)
  const connect = Effect.gen(function*() {
    const [left, right] = MemoryTransport.pair()
    Queue.offerUnsafe(peers, yield* Scope.provide(Connection.make(right, { role: "server" }), scope))
    return yield* Connection.make(left, { role: "client" }, resolved)
  })
  return { connect, next: Queue.take(peers) }
})

const nextTurn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

const turnsUntil = (test: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => test() ? Effect.void : Effect.andThen(nextTurn, turnsUntil(test)))

const isOpen = ({ _tag }: { readonly _tag: string }) => _tag === "Open"
const isClosed = ({ _tag }: { readonly _tag: string }) => _tag === "Closed"
const isWaiting = ({ _tag }: { readonly _tag: string }) => _tag === "Waiting"

/** Waits for a status. */
const reached = <E>({ changes }: Reconnect.Reconnecting<E>, test: (status: Reconnect.Status<E>) => boolean) =>
  Stream.runHead(Stream.filter(changes, test))

const summary = <E>(status: Reconnect.Status<E>): string => {
  switch (status._tag) {
    case "Connecting":
      return `connecting ${status.attempt}`
    case "Open":
      return "open"
    case "Waiting":
      return `waiting ${Duration.format(status.delay)} for ${status.attempt}: ${String(status.reason)}`
    case "Closed":
      return Exit.isSuccess(status.exit) ? "closed" : "failed"
  }
}

/** The history, as it grows. */
const watch = Effect.fnUntraced(function*<E>({ changes }: Reconnect.Reconnecting<E>) {
  const history: Array<string> = []
  yield* Effect.forkScoped(Stream.runForEach(changes, (status) => Effect.sync(() => history.push(summary(status)))))
  yield* nextTurn
  return history
})

const everySecond = { schedule: Schedule.spaced("1 second") } as const
const soon = { schedule: Reconnect.schedule({ first: "10 millis" }) } as const

const fails = (code: number) => WebSocketError.fromClose(code, "")

const Greeter = (greeting: string) =>
  WebSocketServer.handle("/", ({ messages, send }) => Effect.andThen(send(greeting), Stream.runDrain(messages)))

describe("a connection that survives", () => {
  it.live("a server that goes away and comes back on the same port", () =>
    Effect.gen(function*() {
      const first = yield* Scope.make()
      const { port, url } = yield* Scope.provide(TestServer.start(Greeter("first")), first)
      const client = yield* Reconnect.make(WebSocketClient.connect(url), soon)
      const history = yield* watch(client)
      const greetings = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.messages, 2)))
      yield* reached(client, isOpen)
      yield* Scope.close(first, Exit.void)
      yield* reached(client, (status) => status._tag === "Waiting" && status.attempt > 1)
      yield* TestServer.start(Greeter("second"), { port })
      assert.deepStrictEqual(yield* Fiber.join(greetings), ["first", "second"])
      assert.deepStrictEqual(history.slice(0, 2), ["connecting 1", "open"])
      assert.match(history[2], /^waiting .* for 2: .*1001/)
      assert.strictEqual(history.at(-1), "open")
    }).pipe(Effect.scoped))

  it.live("a handshake in which the server breaks off, and asks anew for each attempt", () =>
    Effect.gen(function*() {
      const server = yield* RawServer.start((request) => {
        const { socket } = request
        if (server.requests.length < 3) socket.destroy()
        else socket.write(RawServer.acceptance(request))
      })
      let tokens = 0
      const connect = Effect.flatMap(Effect.sync(() => `token ${++tokens}`), (token) =>
        WebSocketClient.connect(server.url, { headers: { token }, closeTimeout: 50 }))
      const client = yield* Reconnect.make(connect, soon)
      yield* client.connection
      assert.deepStrictEqual(
        server.requests.map(({ headers }) =>
          headers["token"]
        ),
        ["token 1", "token 2", "token 3"]
      )
    }).pipe(Effect.scoped))

  it.effect("a peer that is half open, with a heartbeat", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory({ heartbeat: { interval: "30 seconds", timeout: "20 seconds" } })
      const client = yield* Reconnect.make(connect, everySecond)
      const history = yield* watch(client)
      const peer = yield* next
      Connection.toDriver(peer)!.driver.transport.pause()
      yield* client.connection
      yield* TestClock.adjust("50 seconds")
      assert.match(history.at(-1)!, /^waiting 1s for 1: .*no sign of life within 20s/)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(history.at(-1), "open")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(history.at(-1), "open")
    }).pipe(Effect.scoped))
})

describe("connections of another's making", () => {
  it.effect("are as good: what wraps ours sees what is sent, and what came before the end is delivered", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const sent: Array<unknown> = []
      const wrapped = Effect.map(connect, (connection) => {
        const sendAll: typeof connection.sendAll = (messages) =>
          Effect.andThen(Effect.sync(() => sent.push(...messages)), connection.sendAll(messages))
        return new Proxy({ sendAll } as Connection.Connection, {
          get: (own, key) => Reflect.get(key in own ? own : connection, key)
        })
      })
      const client = yield* Reconnect.make(wrapped, everySecond)
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.messages, 2)))
      for (const message of ["one", "two"]) {
        const peer = yield* next
        yield* client.send(message)
        assert.deepStrictEqual(yield* peer.pull, [message])
        yield* peer.send(`not ${message}`)
        yield* peer.close(1012)
        yield* reached(client, isWaiting)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(sent, ["one", "two"])
      assert.deepStrictEqual(yield* Fiber.join(reading), ["not one", "not two"])
    }).pipe(Effect.scoped))
})

describe("the time between attempts", () => {
  it.effect("is the schedule's, which begins anew after a connection that was open for long", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, {
        schedule: Schedule.exponential("1 second"),
        resetAfter: "1 minute"
      })
      const history = yield* watch(client)
      for (const [open, wait] of [[59, 1], [59, 2], [60, 1], [0, 2]]) {
        const peer = yield* next
        yield* client.connection
        yield* TestClock.adjust(Duration.seconds(open))
        yield* peer.close(1012)
        yield* reached(client, isWaiting)
        yield* TestClock.adjust(Duration.millis(wait * 1000 - 1))
        assert.match(history.at(-1)!, new RegExp(`^waiting ${wait}s`))
        yield* TestClock.adjust(1)
      }
      const steps = history.map((entry) => entry.replace(/:.*/, ""))
      assert.deepStrictEqual(steps, [
        "open",
        "waiting 1s for 2",
        "connecting 2",
        "open",
        "waiting 2s for 3",
        "connecting 3",
        "open",
        "waiting 1s for 1",
        "connecting 1",
        "open",
        "waiting 2s for 2",
        "connecting 2",
        "open"
      ])
    }).pipe(Effect.scoped))

  it.effect("doubles by default from half a second to half a minute, less up to a half by chance", () =>
    Effect.gen(function*() {
      const client = yield* Reconnect.make(Effect.fail("no network"))
      const delays: Array<number> = []
      yield* Effect.forkScoped(
        Stream.runForEach(
          client.changes,
          (status) => Effect.sync(() => status._tag === "Waiting" && delays.push(Duration.toMillis(status.delay)))
        )
      )
      yield* TestClock.adjust("10 minutes")
      assert.isAbove(delays.length, 20)
      for (const [i, delay] of delays.entries()) {
        const most = Math.min(500 * 2 ** i, 30_000)
        assert.isTrue(delay >= most / 2 && delay <= most, `${delay} is not for ${most}`)
      }
      assert.isAbove(new Set(delays.slice(7)).size, 5)
    }).pipe(Effect.scoped))
})

const closing = (codes: ReadonlyArray<number>) => codes.map((code) => Reconnect.isTransient(fails(code)))
const refusing = (status: number | undefined) =>
  Reconnect.isTransient(
    new WebSocketError.WebSocketError({ reason: new WebSocketError.HandshakeError({ message: "", status }) })
  )

const refuse = () => Effect.fail(new WebSocketServer.Refusal({ status: 401 }))

describe("the end for good", () => {
  it("comes by those reasons that another attempt does not cure", () => {
    assert.isTrue(closing([1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 1014, 3008]).every(Boolean))
    assert.isFalse(closing([1000, 1008, 3000, 3003, 4000, 4401, 4999]).some(Boolean))
    assert.isTrue([200, 302, 408, 421, 425, 429, 500, 502, 503].every(refusing))
    assert.isFalse([400, 401, 403, 404, 410, 426].some(refusing))
    assert.isTrue(refusing(undefined)) // what came was no answer
    assert.isFalse(Reconnect.isTransient(WebSocketError.fromUsage("")))
    assert.isTrue(Reconnect.isTransient(WebSocketError.fromTransport(new Error())))
    assert.isTrue(Reconnect.isTransient("a reason of another's"))
    const passing = [
      Violation.error("MaskForbidden"),
      new WebSocketError.TimeoutError({ operation: "handshake", message: "" }),
      new WebSocketError.HeartbeatError({ missed: "pong", after: Duration.zero, closeCode: 1006, message: "" }),
      new WebSocketError.DecodeError({ problem: "Syntax", message: "", path: [], received: "{", cause: undefined })
    ]
    for (const reason of passing) {
      assert.isTrue(Reconnect.isTransient(new WebSocketError.WebSocketError({ reason })), reason._tag)
    }
  })

  it.effect("is the end of the messages after a goodbye, and a failure of them otherwise", () =>
    Effect.gen(function*() {
      for (const code of [1000, 1008]) {
        const { connect, next } = yield* memory()
        const client = yield* Reconnect.make(connect)
        const history = yield* watch(client)
        const reading = yield* Effect.forkChild(Effect.exit(Stream.runCollect(client.messages)))
        const peer = yield* next
        yield* peer.send("bye")
        yield* peer.close(code)
        const exit = yield* Fiber.join(reading)
        yield* nextTurn
        assert.deepStrictEqual(history, ["open", code === 1000 ? "closed" : "failed"])
        if (code === 1000) assert.deepStrictEqual(exit, Exit.succeed(["bye"]))
        else assert.deepStrictEqual(exit, Exit.fail(fails(1008)))
        const error = yield* Effect.flip(client.send("too late"))
        assert.strictEqual(error.reason._tag === "CloseError" && error.reason.code, code)
        assert.strictEqual((yield* Effect.flip(client.connection)).message, error.message)
      }
    }).pipe(Effect.scoped))

  it.live("is an answer 401 to the handshake", () =>
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(WebSocketServer.handle("/", { accept: refuse }, () => Effect.void))
      const client = yield* Reconnect.make(WebSocketClient.connect(url))
      const error = yield* Effect.flip(client.connection)
      assert.strictEqual(error.reason._tag === "HandshakeError" && error.reason.status, 401)
    }).pipe(Effect.scoped))

  it.effect("is the end of the schedule: everybody gets the last reason", () =>
    Effect.gen(function*() {
      let attempts = 0
      const client = yield* Reconnect.make(Effect.suspend(() => Effect.fail(`reason ${++attempts}`)), {
        schedule: Schedule.upTo(Schedule.spaced("1 second"), { times: 2 })
      })
      const waiting = [client.send("a"), client.connection, Stream.runDrain(client.messages)]
      const exits = yield* Effect.forkChild(Effect.all(waiting.map(Effect.exit), { concurrency: 3 }))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(exits), Array.from({ length: 3 }, () => Exit.fail("reason 3")))
      assert.strictEqual(attempts, 3)
    }).pipe(Effect.scoped))

  it.effect("is where `while` says so", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, {
        ...everySecond,
        while: ({ reason }) => reason._tag === "CloseError" && reason.code === 4100
      })
      const reading = yield* Effect.forkChild(Stream.runDrain(client.messages))
      yield* Effect.flatMap(next, (peer) => peer.close(4100))
      yield* TestClock.adjust("1 second")
      yield* Effect.flatMap(next, (peer) => peer.close(1001))
      yield* Fiber.join(reading)
    }).pipe(Effect.scoped))

  it.effect("is a defect, which everybody gets", () =>
    Effect.gen(function*() {
      const client = yield* Reconnect.make(Effect.die("oops"))
      for (const effect of [client.connection, client.send("a"), Stream.runDrain(client.messages)]) {
        assert.deepStrictEqual(yield* Effect.exit(effect), Exit.die("oops"))
      }
      assert.strictEqual(summary(yield* client.status), "failed")
    }).pipe(Effect.scoped))

  it.effect("is `close`, which says goodbye", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      const history = yield* watch(client)
      const peer = yield* next
      yield* peer.send("unread")
      assert.strictEqual((yield* Effect.flip(client.close(1006))).reason._tag, "UsageError")
      yield* client.close(4321, "enough")
      assert.deepInclude(yield* peer.closed, { code: 4321, reason: "enough", clean: true })
      assert.deepStrictEqual(yield* Stream.runCollect(client.messages), ["unread"])
      yield* TestClock.adjust("1 hour")
      yield* client.close()
      assert.deepStrictEqual(history, ["open", "closed"])
    }).pipe(Effect.scoped))

  it.effect("is `close` also while `onConnect` is at work", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, { ...everySecond, onConnect: () => Effect.never })
      const peer = yield* next
      yield* nextTurn
      assert.strictEqual((yield* Effect.flip(client.close(1006))).reason._tag, "UsageError")
      yield* client.close(4321, "enough")
      assert.deepInclude(yield* peer.closed, { code: 4321, reason: "enough", clean: true })
      assert.deepStrictEqual(yield* client.status, { _tag: "Closed", exit: Exit.void })
    }).pipe(Effect.scoped))

  it.effect("is `close` also if nobody waits until the peer answers", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      const peer = yield* next
      yield* client.connection
      const closing = yield* Effect.forkChild(client.close(1001), { startImmediately: true })
      const sending = yield* Effect.forkChild(Effect.flip(client.send("too late")), { startImmediately: true })
      yield* Fiber.interrupt(closing)
      assert.strictEqual((yield* peer.closed).code, 1001)
      yield* reached(client, isClosed)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* client.status, { _tag: "Closed", exit: Exit.void })
      assert.deepStrictEqual(yield* Fiber.join(sending), fails(1000))
    }).pipe(Effect.scoped))

  it.effect("is `close` also if another close, with a code that must not be sent, fails meanwhile", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      yield* next
      yield* client.connection
      const closing = yield* Effect.forkChild(client.close(1001), { startImmediately: true })
      const error = yield* Effect.flip(client.close(1006))
      assert.strictEqual(error.reason._tag, "UsageError")
      yield* Fiber.interrupt(closing)
      yield* reached(client, isClosed)
    }).pipe(Effect.scoped))

  it.effect("is `close` also while it waits, and senders with it", () =>
    Effect.gen(function*() {
      const client = yield* Reconnect.make(Effect.fail("no network"), everySecond)
      const sending = yield* Effect.forkChild(Effect.exit(client.send("a")))
      yield* reached(client, isWaiting)
      assert.strictEqual((yield* Effect.flip(client.close(1006))).reason._tag, "UsageError")
      assert.isTrue(isWaiting(yield* client.status))
      yield* client.close()
      assert.deepStrictEqual(yield* Fiber.join(sending), Exit.fail(fails(1000)))
      assert.strictEqual(summary(yield* client.status), "closed")
    }).pipe(Effect.scoped))
})

const Silent = WebSocketServer.handle("/", ({ messages }) => Stream.runDrain(messages))

/** Ends the scope as soon as it is as far as that. */
const cut = <E>(
  connect: Effect.Effect<Connection.Connection, E, Scope.Scope>,
  until: (client: Reconnect.Reconnecting<unknown>) => Effect.Effect<unknown, unknown>,
  onConnect?: () => Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const client = yield* Reconnect.make(connect as Effect.Effect<Connection.Connection, string, Scope.Scope>, {
      onConnect
    })
    yield* Effect.forkScoped(Effect.ignore(Stream.runDrain(client.messages)))
    yield* Effect.forkScoped(Effect.ignore(Effect.all([client.send("a"), client.send("b")])))
    yield* until(client)
  }).pipe(Effect.scoped)

describe("the end of the scope", () => {
  it.effect("says goodbye as a connection does: 1000, 1001 if it is interrupted, 1011 if it fails", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      for (const [exit, code] of [[Exit.void, 1000], [Exit.interrupt(), 1001], [Exit.fail("oops"), 1011]] as const) {
        const scope = yield* Scope.make()
        const client = yield* Scope.provide(Reconnect.make(connect), scope)
        const reading = yield* Effect.forkChild(Stream.runDrain(client.messages))
        const peer = yield* next
        yield* client.connection
        yield* Scope.close(scope, exit)
        assert.strictEqual((yield* peer.closed).code, code)
        yield* Fiber.join(reading)
      }
    }).pipe(Effect.scoped))

  it.effect("fails those whose message is on its way as it fails all who wait", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const scope = yield* Scope.make()
      const paused = Effect.map(
        Effect.tap(next, nextTurn),
        (peer) => Connection.toDriver(peer)!.driver.transport.pause()
      )
      const client = yield* Scope.provide(
        Reconnect.make(connect, { onConnect: () => paused, queue: { capacity: 0, strategy: "suspend" } }),
        scope
      )
      const sending = yield* Effect.forEach(
        [["a", "x".repeat(1_000_000)], ["b"]],
        (messages) => Effect.forkChild(Effect.flip(client.sendAll(messages)), { startImmediately: true })
      )
      yield* reached(client, isOpen)
      yield* nextTurn
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* Fiber.joinAll(sending), [fails(1000), fails(1000)])
    }).pipe(Effect.scoped))

  it.live("leaves nothing, at whichever stage it comes", () =>
    Leaks.leavingNothing(Effect.gen(function*() {
      const { url } = yield* TestServer.start(Silent)
      const mute = yield* RawServer.start(() => {})
      const hooked = yield* Deferred.make<void>()
      const hook = () => Effect.andThen(Deferred.succeed(hooked, undefined), Effect.never)
      yield* cut(WebSocketClient.connect(url), () => Effect.void)
      yield* cut(WebSocketClient.connect(mute.url), () => mute.connected(1))
      yield* mute.deserted
      yield* cut(WebSocketClient.connect(url), () => Deferred.await(hooked), hook)
      yield* cut(WebSocketClient.connect(url), (client) => reached(client, isOpen))
      yield* cut(WebSocketClient.connect("ws://127.0.0.1:1"), (client) => reached(client, isWaiting))
      yield* cut(WebSocketClient.connect(url), (client) => client.close())
    })))
})

describe("sending", () => {
  it.effect("waits for a connection; what `onConnect` sends comes before, and all in order", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const gate = yield* Deferred.make<void>()
      const client = yield* Reconnect.make(Effect.andThen(Deferred.await(gate), connect), {
        ...everySecond,
        onConnect: ({ send }) => send("subscribe")
      })
      const sent: Array<string> = []
      for (const message of ["a", "b", "c"]) {
        yield* Effect.forkChild(Effect.tap(client.send(message), () => Effect.sync(() => sent.push(message))), {
          startImmediately: true
        })
      }
      const interrupted = yield* Effect.forkChild(client.send("x"), { startImmediately: true })
      yield* Effect.forkChild(Stream.run(Stream.make("d", "e"), client.sink), { startImmediately: true })
      yield* Fiber.interrupt(interrupted)
      yield* nextTurn
      assert.deepStrictEqual(sent, [])
      yield* Deferred.succeed(gate, undefined)
      const peer = yield* next
      const received = yield* Stream.runCollect(Stream.take(peer.messages, 6))
      assert.deepStrictEqual(received, ["subscribe", "a", "b", "c", "d", "e"])
      assert.deepStrictEqual(sent, ["a", "b", "c"])
      yield* client.send("f")
      assert.deepStrictEqual(yield* peer.pull, ["f"])
    }).pipe(Effect.scoped))

  const filled = Effect.fnUntraced(function*(queue: Reconnect.Options["queue"]) {
    const { connect, next } = yield* memory()
    const gate = yield* Deferred.make<void>()
    const client = yield* Reconnect.make(Effect.andThen(Deferred.await(gate), connect), { queue })
    const exits: Array<Exit.Exit<void, WebSocketError.WebSocketError> | undefined> = []
    for (const messages of [["1"], ["2", "3"], ["4"], ["5"]]) {
      const sending = yield* Effect.forkChild(Effect.exit(client.sendAll(messages)), { startImmediately: true })
      const exit = sending.pollUnsafe()
      exits.push(exit === undefined ? undefined : yield* exit)
    }
    yield* Deferred.succeed(gate, undefined)
    const peer = yield* next
    yield* client.connection
    yield* client.send("last")
    const received = yield* Stream.runCollect(Stream.takeUntil(peer.messages, (message) => message === "last"))
    return { exits: exits.map((exit) => exit === undefined ? "waits" : exit._tag), received: received.join("") }
  })

  it.effect("has a queue of the capacity that is asked for, and senders that wait behind it", () =>
    Effect.gen(function*() {
      const { exits, received } = yield* filled({ capacity: 3, strategy: "suspend" })
      assert.deepStrictEqual(exits, ["Success", "Success", "waits", "waits"])
      assert.strictEqual(received, "12345last")
    }).pipe(Effect.scoped))

  it.effect("or that drops what is too much", () =>
    Effect.gen(function*() {
      const { exits, received } = yield* filled({ capacity: 3, strategy: "dropping" })
      assert.deepStrictEqual(exits, ["Success", "Success", "Success", "Success"])
      assert.strictEqual(received, "123last")
    }).pipe(Effect.scoped))

  it.effect("or the oldest for it", () =>
    Effect.gen(function*() {
      const { exits, received } = yield* filled({ capacity: 3, strategy: "sliding" })
      assert.deepStrictEqual(exits, ["Success", "Success", "Success", "Success"])
      assert.strictEqual(received, "45last")
    }).pipe(Effect.scoped))

  it.effect("or, of one call that alone is more than fits, keeps the newest; with no capacity, nothing", () =>
    Effect.gen(function*() {
      for (const [capacity, expected] of [[1, "5last"], [0, "last"]] as const) {
        const { exits, received } = yield* filled({ capacity, strategy: "sliding" })
        assert.deepStrictEqual(exits, ["Success", "Success", "Success", "Success"])
        assert.strictEqual(received, expected)
      }
    }).pipe(Effect.scoped))

  it.effect("or fails", () =>
    Effect.gen(function*() {
      const { exits, received } = yield* filled({ capacity: 3, strategy: "fail" })
      assert.deepStrictEqual(exits, ["Success", "Success", "Failure", "Failure"])
      assert.strictEqual(received, "123last")
    }).pipe(Effect.scoped))

  it.effect("does not send what a sender waited with that was interrupted", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const gate = yield* Deferred.make<void>()
      const queue = { capacity: 0, strategy: "suspend" } as const
      const client = yield* Reconnect.make(Effect.andThen(Deferred.await(gate), connect), { queue })
      yield* client.sendAll([])
      const [first, second] = yield* Effect.forEach(
        ["given up", "kept"],
        (message) => Effect.forkChild(client.send(message), { startImmediately: true })
      )
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(gate, undefined)
      const peer = yield* next
      assert.deepStrictEqual(yield* peer.pull, ["kept"])
      yield* Fiber.join(second)
    }).pipe(Effect.scoped))

  it.effect("gives a message to one connection only, also if that is lost with it", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      const first = yield* next
      yield* client.connection
      Connection.toDriver(first)!.driver.transport.pause()
      yield* client.send("lost")
      const held = yield* Effect.forkChild(Effect.flip(client.send("x".repeat(1_000_000))), { startImmediately: true })
      yield* nextTurn
      assert.isUndefined(held.pollUnsafe())
      yield* first.terminate
      assert.strictEqual((yield* Fiber.join(held)).reason._tag, "TransportError")
      yield* Effect.forkChild(client.send("kept"))
      yield* TestClock.adjust("1 second")
      const second = yield* next
      assert.deepStrictEqual(yield* second.pull, ["kept"])
    }).pipe(Effect.scoped))

  it.effect("waits while the peer does not read, behind what was queued", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const gate = yield* Deferred.make<void>()
      const client = yield* Reconnect.make(Effect.andThen(Deferred.await(gate), connect), {
        queue: { capacity: 10, strategy: "suspend" }
      })
      const chunk = new Uint8Array(100_000)
      yield* client.sendAll([chunk, chunk, chunk])
      yield* Deferred.succeed(gate, undefined)
      const peer = yield* next
      const { bufferedAmount } = yield* client.connection
      const sending = yield* Effect.forkChild(Effect.forever(client.send(new Uint8Array(50_000))), {
        startImmediately: true
      })
      for (let i = 0; i < 10; i++) yield* nextTurn
      assert.isBelow(bufferedAmount, 1_000_000)
      assert.isBelow((yield* client.connection).bufferedAmount, 1_000_000)
      const received = yield* Stream.runCollect(Stream.take(peer.messages, 30))
      const lengths = [100_000, 100_000, 100_000, ...Array.from({ length: 27 }, () => 50_000)]
      assert.deepStrictEqual(received.map(({ length }) => length), lengths)
      yield* Fiber.interrupt(sending)
      yield* Effect.forkScoped(Effect.ignore(Stream.runDrain(peer.messages)))
    }).pipe(Effect.scoped))
})

describe("receiving", () => {
  it.effect("gives what came on a connection before what comes on the next, and loses nothing", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      const first = yield* next
      yield* first.sendAll(["a", "b"])
      yield* first.close(1012)
      yield* reached(client, isWaiting)
      yield* TestClock.adjust("1 second")
      const second = yield* next
      yield* second.sendAll(["c", "d"])
      yield* reached(client, isOpen)
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.messages, 3)), ["a", "b", "c"])
    }).pipe(Effect.scoped))

  it.effect("goes on while its reader is busy, in order", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      const read: Array<string> = []
      const step = yield* Queue.unbounded<void>()
      yield* Effect.forkScoped(Stream.runForEach(client.messages, (message) =>
        Effect.andThen(
          Queue.take(step),
          Effect.sync(() => read.push(String(message)))
        )))
      const first = yield* next
      yield* first.send("a")
      yield* nextTurn
      yield* first.send("b")
      yield* nextTurn
      yield* first.terminate
      yield* reached(client, isWaiting)
      yield* TestClock.adjust("1 second")
      const second = yield* next
      yield* reached(client, isOpen)
      yield* second.send("c")
      for (let i = 1; i <= 3; i++) {
        Queue.offerUnsafe(step, undefined)
        yield* turnsUntil(() => read.length === i)
      }
      assert.deepStrictEqual(read, ["a", "b", "c"])
    }).pipe(Effect.scoped))

  it.effect("does not keep a connection open, to which the peer said goodbye, until its reader is done", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      const answering = yield* Effect.forkChild(
        Stream.runForEach(Stream.take(client.messages, 2), (message) => client.send(`${message}!`))
      )
      const first = yield* next
      yield* client.connection
      Connection.toDriver(first)!.driver.outbox.takeOverFlush() // so that both come in one read
      yield* first.send("a")
      const closing = yield* Effect.forkChild(first.close(1012), { startImmediately: true })
      Connection.toDriver(first)!.driver.flush()
      yield* Fiber.join(closing)
      yield* TestClock.adjust("1 second")
      const second = yield* next
      yield* second.send("b")
      const answers = yield* Stream.runCollect(Stream.takeUntil(second.messages, (message) => message === "b!"))
      assert.deepStrictEqual(answers, ["a!", "b!"])
      yield* Fiber.join(answering)
    }).pipe(Effect.scoped))

  it.effect("holds the messages of two closed connections at most", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      let attempts = 0
      const counted = Effect.andThen(Effect.sync(() => attempts++), connect)
      const client = yield* Reconnect.make(counted, everySecond)
      for (const message of ["a", "b"]) {
        const peer = yield* next
        yield* peer.send(message)
        yield* peer.close(1012)
        yield* reached(client, isWaiting)
        yield* TestClock.adjust("1 minute")
      }
      assert.strictEqual(attempts, 2)
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.messages, 1)), ["a"])
      const reading = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.messages, 2)))
      const peer = yield* next
      yield* peer.send("c")
      assert.deepStrictEqual(yield* Fiber.join(reading), ["b", "c"])
      assert.strictEqual(attempts, 3)
    }).pipe(Effect.scoped))

  it.effect("does not wait for readers of what is not there", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect, everySecond)
      for (let i = 0; i < 5; i++) {
        const peer = yield* next
        yield* client.send("only sending")
        yield* peer.close(1012)
        yield* reached(client, isWaiting)
        yield* TestClock.adjust("1 second")
      }
      yield* reached(client, isOpen)
    }).pipe(Effect.scoped))

  it.effect("has one reader at a time", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const client = yield* Reconnect.make(connect)
      const reading = yield* Effect.forkChild(Stream.runDrain(client.messages), { startImmediately: true })
      assert.strictEqual((yield* Effect.flip(Stream.runDrain(client.messages))).reason._tag, "UsageError")
      yield* Fiber.interrupt(reading)
      yield* Effect.flatMap(next, ({ send }) => send("a"))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.messages, 1)), ["a"])
    }).pipe(Effect.scoped))
})

describe("onConnect", () => {
  it.effect("may ask for an answer, and comes on each connection", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      const answers: Array<unknown> = []
      const client = yield* Reconnect.make(connect, {
        ...everySecond,
        onConnect: ({ pull, send }) =>
          Effect.andThen(send("who am I?"), Effect.tap(pull, ([answer]) => Effect.sync(() => answers.push(answer))))
      })
      for (const name of ["Ada", "Grace"]) {
        const peer = yield* next
        assert.deepStrictEqual(yield* peer.pull, ["who am I?"])
        assert.strictEqual((yield* client.status)._tag, "Connecting")
        yield* peer.send(name)
        yield* reached(client, isOpen)
        yield* peer.close(1012)
        yield* reached(client, isWaiting)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(answers, ["Ada", "Grace"])
    }).pipe(Effect.scoped))

  it.effect("closes with 1011 if it fails, which is a failed attempt", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      let attempts = 0
      const client = yield* Reconnect.make(connect, {
        ...everySecond,
        onConnect: () => Effect.suspend(() => ++attempts < 2 ? Effect.fail("not now") : Effect.void)
      })
      const history = yield* watch(client)
      assert.strictEqual((yield* Effect.flatMap(next, ({ closed }) => closed)).code, 1011)
      yield* TestClock.adjust("1 second")
      yield* client.connection
      assert.deepStrictEqual(history, ["waiting 1s for 2: not now", "connecting 2", "open"])
    }).pipe(Effect.scoped))

  it.effect("ends with its connection", () =>
    Effect.gen(function*() {
      const { connect, next } = yield* memory()
      let interrupted = 0
      const client = yield* Reconnect.make(connect, {
        ...everySecond,
        onConnect: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
      })
      yield* Effect.flatMap(next, ({ close }) => close(1012))
      yield* reached(client, isWaiting)
      assert.strictEqual(interrupted, 1)
    }).pipe(Effect.scoped))
})

describe("its server", () => {
  it.live("may be gone for a while, again and again, and everything that was sent is answered once", () =>
    Effect.gen(function*() {
      const Echo = WebSocketServer.handle("/", ({ messages, sink }) => Stream.run(messages, sink))
      const { port, url } = yield* Effect.scoped(TestServer.start(Echo))
      const client = yield* Reconnect.make(WebSocketClient.connect(url), soon)
      for (let round = 0; round < 5; round++) {
        const asked = yield* Effect.forkChild(client.send(`round ${round}`))
        const server = yield* Scope.make()
        yield* Scope.provide(
          Layer.build(Layer.provide(Echo, NodeWebSocketServer.layer({ port, host: "127.0.0.1" }))),
          server
        )
        yield* Fiber.join(asked)
        assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.messages, 1)), [`round ${round}`])
        yield* Scope.close(server, Exit.void)
      }
    }).pipe(Effect.scoped))
})

describe("whatever becomes of its connections", () => {
  const life = fc.record({
    says: fc.integer({ min: 0, max: 5 }),
    hears: fc.integer({ min: 0, max: 5 }),
    end: fc.constantFrom("close" as const, "terminate" as const)
  })

  /** The server says and hears so much on each connection, and then ends it. */
  const serve = Effect.fnUntraced(function*(
    next: Effect.Effect<Connection.Connection>,
    lives: ReadonlyArray<{ readonly says: number; readonly hears: number; readonly end: "close" | "terminate" }>
  ) {
    const heard: Array<number> = []
    const hear = (message: unknown) => Effect.sync(() => void heard.push(Number(message)))
    for (const [i, { end, hears, says }] of lives.entries()) {
      const peer = yield* next
      yield* peer.sendAll(Array.from({ length: says }, (_, j) => `${i}.${j}`))
      yield* Stream.runForEach(Stream.take(peer.messages, hears), hear)
      yield* end === "close" ? peer.close(1012) : peer.terminate
    }
    const last = yield* next
    const rest = yield* Effect.forkChild(Stream.runForEach(last.messages, hear))
    return { heard, last, rest }
  })

  it.live(
    "messages come in order, at most once, and none that was said before a goodbye is lost",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(life, { maxLength: 8 }), fc.integer({ min: 0, max: 3 }), (lives, capacity) =>
            Effect.gen(function*() {
              const { connect, next } = yield* memory()
              const client = yield* Reconnect.make(connect, {
                schedule: Schedule.forever,
                queue: { capacity, strategy: "suspend" }
              })
              const reading = yield* Effect.forkChild(Stream.runCollect(client.messages))
              const counting = yield* Effect.forkChild(
                Stream.runForEach(
                  Stream.range(0, 1_000_000),
                  (i) => Effect.andThen(Effect.ignore(client.send(`${i}`)), Effect.yieldNow)
                )
              )
              const { heard, last, rest } = yield* serve(next, lives)
              yield* Fiber.interrupt(counting)
              yield* last.close()
              yield* Fiber.join(rest)
              assert.deepStrictEqual(
                heard,
                [...new Set(heard)].toSorted((a, b) =>
                  a - b
                )
              )
              const read = (yield* Fiber.join(reading)).map(String)
              const said = lives.flatMap(({ says }, i) => Array.from({ length: says }, (_, j) => `${i}.${j}`))
              assert.deepStrictEqual(read, said.filter((message) => read.includes(message)))
              const kept = said.filter((message) => lives[Number.parseInt(message)].end === "close")
              assert.isTrue(kept.every((message) => read.includes(message)))
            }).pipe(Effect.scoped, Effect.runPromise)),
          { numRuns: 60 }
        )
      ),
    60_000
  )
})
