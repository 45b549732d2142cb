import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Queue, Scope, Stream } from "effect"
import { Socket } from "effect/socket"
import * as EffectSocket from "../src/EffectSocket.ts"
import * as WebSocketServer from "../src/WebSocketServer.ts"
import { leavingNothing } from "./client/Leaks.ts"
import * as RawServer from "./client/RawServer.ts"
import * as Frames from "./conformance/Frames.ts"
import * as Loopback from "./Loopback.ts"
import * as TestServer from "./server/TestServer.ts"

/** What each connection to a server said, and how it ended. */
interface Visit {
  readonly messages: ReadonlyArray<string>
  readonly code: number
}

/** A server that tells of each connection when it is over. */
const guestBook = Effect.gen(function*() {
  const visits = yield* Queue.unbounded<Visit>()
  const { url } = yield* TestServer.start(
    WebSocketServer.handle("/", ({ closed, messages }) =>
      Effect.gen(function*() {
        const seen: Array<string> = []
        yield* Effect.ignore(Stream.runForEach(messages, (message) => Effect.sync(() => seen.push(String(message)))))
        Queue.offerUnsafe(visits, { messages: seen, code: (yield* closed).code })
      }))
  )
  return { url, next: Queue.take(visits) }
})

const codeOf = ({ reason }: Socket.SocketError) => reason._tag === "SocketCloseError" ? reason.code : reason._tag

/** Reads until the end. */
const drain = Effect.fnUntraced(function*(socket: Socket.Socket) {
  const { pull } = yield* socket.reader
  return yield* Effect.forever(pull)
}, Effect.scoped)

describe("the reader", () => {
  it.live("gives all messages of one read as one batch, each as it was sent", () =>
    Effect.gen(function*() {
      const { connection, peer } = yield* Loopback.facing()
      const { pull } = yield* EffectSocket.fromConnection(connection).reader
      const frames = [Frames.text("a"), Frames.binary("b"), Frames.text("")]
      peer.write(Buffer.concat(frames.map((frame) => Frames.encode(frame, false))))
      assert.deepStrictEqual(
        (yield* pull).map((message) => typeof message === "string" ? message : Uint8Array.from(message)),
        ["a", Uint8Array.of(0x62), ""]
      )
    }).pipe(Effect.scoped))

  it.live("connects when it is acquired, and connects again in a retry, whatever the end was", () =>
    leavingNothing(Effect.gen(function*() {
      const codes = [1000, 1001, 1011, 4000]
      let visitors = 0
      const { url } = yield* TestServer.start(
        WebSocketServer.handle("/", ({ close, send }) =>
          Effect.suspend(() => {
            const code = codes[visitors++]
            return Effect.andThen(send(`visitor ${visitors}`), code === undefined ? Effect.never : close(code))
          }))
      )
      const socket = yield* EffectSocket.makeWebSocket(url)
      assert.strictEqual(visitors, 0)
      const last = yield* Deferred.make<string>()
      const seen: Array<unknown> = []
      const reading = yield* Effect.gen(function*() {
        const { pull } = yield* socket.reader
        while (true) {
          const [message] = yield* pull
          seen.push(message)
          if (message === "visitor 5") yield* Deferred.succeed(last, "done")
        }
      }).pipe(
        Effect.scoped,
        Effect.tapError((error) => Effect.sync(() => seen.push(codeOf(error)))),
        Effect.retry({ times: 4 }),
        Effect.forkChild
      )
      yield* Deferred.await(last)
      yield* Fiber.interrupt(reading)
      assert.deepStrictEqual(
        seen,
        [...codes.flatMap((code, i) => [`visitor ${i + 1}`, code]), "visitor 5"]
      )
    })))

  it.live("asks for the URL each time", () =>
    Effect.gen(function*() {
      const { next, url } = yield* guestBook
      let times = 0
      const socket = yield* EffectSocket.makeWebSocket(Effect.sync(() => `${url}/?time=${times++}`))
      for (const time of [1, 2]) {
        yield* Effect.scoped(socket.reader)
        yield* next
        assert.strictEqual(times, time)
      }
    }).pipe(Effect.scoped))

  it.live("is given what the connecting needs from where the socket was made", () =>
    Effect.gen(function*() {
      const { next, url } = yield* guestBook
      const socket = yield* EffectSocket.makeWebSocket(Effect.map(Token, (token) => `${url}/?token=${token}`)).pipe(
        Effect.provideService(Token, "sesame")
      )
      yield* Effect.scoped(socket.reader)
      assert.strictEqual((yield* next).code, 1000)
    }).pipe(Effect.scoped))

  it.live("fails a pull that waits as soon as its scope ends, before the peer has answered the goodbye", () =>
    leavingNothing(Effect.gen(function*() {
      const server = yield* RawServer.start((request) => request.socket.write(RawServer.acceptance(request)))
      const socket = yield* EffectSocket.makeWebSocket(server.url, { closeTimeout: "1 hour" })
      const scope = yield* Scope.make()
      const { pull } = yield* Scope.provide(socket.reader, scope)
      const pulling = yield* Effect.forkChild(Effect.flip(pull), { startImmediately: true })
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      assert.strictEqual(codeOf(yield* Fiber.join(pulling)), 1006)
      assert.strictEqual(closing.pollUnsafe(), undefined)
      assert.strictEqual(codeOf(yield* Effect.flip(pull)), 1006)
      for (const raw of server.sockets) raw.destroy()
      yield* Fiber.join(closing)
    })))

  it.live("can be interrupted and pulled again, and loses nothing", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const { pull } = yield* EffectSocket.fromConnection(client).reader
      for (const message of ["a", "b", "c"]) {
        const pulling = yield* Effect.forkChild(pull, { startImmediately: true })
        yield* Fiber.interrupt(pulling)
        yield* server.send(message)
        assert.deepStrictEqual(yield* pull, [message])
      }
    }).pipe(Effect.scoped))

  it.live("does not upgrade to TLS", () =>
    Effect.gen(function*() {
      const { connection } = yield* Loopback.facing()
      const { upgrade } = yield* EffectSocket.fromConnection(connection).reader
      assert.strictEqual((yield* Effect.flip(upgrade())).reason._tag, "SocketUpgradeError")
    }).pipe(Effect.scoped))
})

class Token extends Context.Service<Token, string>()("Token") {}

describe("the writer", () => {
  it.live("waits for a connection, and for the next one, and keeps the order", () =>
    leavingNothing(Effect.gen(function*() {
      const { next, url } = yield* guestBook
      const socket = yield* EffectSocket.makeWebSocket(url)
      const { write, writeAll } = yield* socket.writer
      for (const visit of ["first", "second"]) {
        const writing = yield* Effect.forkChild(
          Effect.all([write(`${visit} 1`), writeAll([`${visit} 2`, `${visit} 3`]), write(new Socket.CloseEvent(4001))]),
          { startImmediately: true }
        )
        yield* Effect.yieldNow
        assert.strictEqual(writing.pollUnsafe(), undefined)
        assert.strictEqual(codeOf(yield* Effect.flip(drain(socket))), 4001)
        yield* Fiber.join(writing)
        assert.deepStrictEqual(yield* next, { messages: [1, 2, 3].map((i) => `${visit} ${i}`), code: 4001 })
      }
    })))

  it.live("writes to the connection of a server before there is a reader", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const { write } = yield* EffectSocket.fromConnection(server).writer
      yield* write("welcome")
      assert.deepStrictEqual(yield* client.pull, ["welcome"])
    }).pipe(Effect.scoped))

  it.live("starts the closing handshake without waiting for the peer", () =>
    Effect.gen(function*() {
      const { connection } = yield* Loopback.facing()
      const { write } = yield* EffectSocket.fromConnection(connection).writer
      yield* write(new Socket.CloseEvent(1000, "done"))
      assert.strictEqual(connection.state, "Closing")
    }).pipe(Effect.scoped))

  it.live("is held back by a peer that does not read, and everything comes when it goes on", () =>
    Effect.gen(function*() {
      const { client, server } = yield* Loopback.pair()
      const { write } = yield* EffectSocket.fromConnection(client).writer
      const { pull } = yield* EffectSocket.fromConnection(server).reader
      const size = 65_536
      const count = 1024
      let accepted = 0
      const writing = yield* Effect.forkChild(
        Effect.repeat(Effect.andThen(write(Buffer.alloc(size)), Effect.sync(() => accepted++)), { times: count - 1 })
      )
      yield* stable(() => accepted)
      assert.isBelow(accepted * size, 32 * 2 ** 20)
      assert.isBelow(client.bufferedAmount, 2 ** 20)
      let received = 0
      while (received < count * size) received += (yield* pull).reduce((sum, { length }) => sum + length, 0)
      yield* Fiber.join(writing)
      assert.strictEqual(received, count * size)
    }).pipe(Effect.scoped))
})

/** Waits until a number does not grow any more. */
const stable = (read: () => number) =>
  Effect.promise(async () => {
    for (let last = -1, turns = 0; turns < 10; turns++) {
      if (read() !== last) turns = 0
      last = read()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })

describe("the end of the reader's scope", () => {
  const exits = [
    ["is done", Effect.void, 1000],
    ["fails", Effect.fail("no"), 1011],
    ["dies", Effect.die("no"), 1011],
    ["is interrupted", Effect.interrupt, 1001]
  ] as const

  for (const [what, exit, code] of exits) {
    it.live(`says goodbye with ${code} where it ${what}, and all that was written arrives`, () =>
      Effect.gen(function*() {
        const { next, url } = yield* guestBook
        const socket = yield* EffectSocket.makeWebSocket(url)
        const written = Array.from({ length: 100 }, (_, i) => `message ${i}`)
        const using = Effect.gen(function*() {
          yield* socket.reader
          const { write } = yield* socket.writer
          yield* Effect.forEach(written, (message) => write(message), { discard: true })
          return yield* exit
        })
        yield* Effect.exit(Effect.scoped(using))
        assert.deepStrictEqual(yield* next, { messages: written, code })
      }).pipe(Effect.scoped))

    it.live(`says ${code} on a connection that was there, too`, () =>
      Effect.gen(function*() {
        const { client, server } = yield* Loopback.pair()
        const socket = EffectSocket.fromConnection(server)
        yield* Effect.exit(Effect.scoped(Effect.andThen(socket.reader, exit)))
        assert.deepInclude(yield* client.closed, { code, clean: true })
        const { write } = yield* socket.writer
        assert.strictEqual(codeOf(yield* Effect.flip(write("late"))), "SocketWriteError")
        assert.strictEqual(codeOf(yield* Effect.flip(drain(socket))), code)
      }).pipe(Effect.scoped))
  }
})

describe("the layer", () => {
  it.live("provides the socket, as channel and stream of Effect", () =>
    leavingNothing(Effect.gen(function*() {
      const { url } = yield* TestServer.start(
        WebSocketServer.handle("/", ({ messages, sink }) => Stream.run(messages, sink))
      )
      const echo = Stream.make("a", "b", "c").pipe(
        Stream.concat(Stream.never),
        Stream.pipeThroughChannel(Socket.makeChannel()),
        Stream.take(3),
        Stream.decodeText(),
        Stream.mkString,
        Effect.provide(EffectSocket.layerWebSocket(url))
      )
      assert.strictEqual(yield* echo, "abc")
    })))

  it.live("lets a channel end when writing fails, while it waits for a message", () =>
    Effect.gen(function*() {
      const { client } = yield* Loopback.pair()
      const channel = Socket.toChannel<string>(EffectSocket.fromConnection(client))
      const broken = Stream.make("a").pipe(
        Stream.concat(Stream.fail("broken")),
        Stream.pipeThroughChannel(channel),
        Stream.runDrain
      )
      assert.strictEqual(yield* Effect.flip(broken), "broken")
    }).pipe(Effect.scoped))
})
