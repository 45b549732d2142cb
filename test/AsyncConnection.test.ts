import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Scope, Stream } from "effect"
import * as AsyncConnection from "effect-ws/AsyncConnection"
import type { CloseEvent } from "effect-ws/Connection"
import { WebSocketError } from "effect-ws/WebSocketError"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { getEventListeners, once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { leavingNothing } from "./client/Leaks.ts"
import * as RawServer from "./client/RawServer.ts"
import * as TestServer from "./server/TestServer.ts"

const reason = new Error("enough")

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length

const controller = () => {
  const it = new AbortController()
  return { signal: it.signal, abort: () => it.abort(reason) }
}

const collect = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const collected: Array<A> = []
  for await (const item of items) collected.push(item)
  return collected
}

/** What a promise is rejected with. */
const rejectionOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => assert.fail("it was fulfilled"), (error: unknown) => error)

/** A server that counts for as long as it is listened to, and how its only connection ended. */
const counting = Effect.gen(function*() {
  const ended = yield* Deferred.make<CloseEvent>()
  const { url } = yield* TestServer.start(
    WebSocketServer.handle(
      "/",
      (connection) =>
        Stream.run(Stream.map(Stream.iterate(1, (n) => n + 1), String), connection.sink).pipe(
          Effect.andThen(Stream.runDrain(connection.messages)),
          Effect.ensuring(Deferred.completeWith(ended, connection.closed))
        )
    )
  )
  return { url, ended: Deferred.await(ended) }
})

/** A server that says what it is told to, and waits for the end. */
const saying = (messages: ReadonlyArray<string>, code: number) =>
  TestServer.start(WebSocketServer.handle("/", ({ close, sendAll }) => Effect.andThen(sendAll(messages), close(code))))

/** A server that says `a`, and then nothing, not even goodbye. */
const silent = RawServer.start((request) => {
  request.socket.write(RawServer.acceptance(request))
  request.socket.write(Buffer.from([0x81, 1, 0x61]))
})

/** A server whose handler is an async function. */
const serving = (handle: Parameters<typeof AsyncConnection.handler<unknown, string>>[0]) =>
  TestServer.start(
    WebSocketServer.handle("/", { accept: () => Effect.succeed("Ada") }, AsyncConnection.handler(handle))
  )

/** What a client hears, and the code at the end. */
const endOf = (url: string) =>
  Effect.promise(async () => {
    const connection = await AsyncConnection.connect(url)
    const messages = await collect(connection).catch(() => [])
    return { messages, code: (await connection.closed).code }
  })

const live = (name: string, test: Effect.Effect<unknown, unknown, Scope.Scope>) =>
  it.live(name, () => leavingNothing(test))

describe("a loop over the messages", () => {
  live(
    "closes the connection with 1000 when it is left",
    Effect.gen(function*() {
      const { ended, url } = yield* counting
      const seen = yield* Effect.promise(async () => {
        const seen: Array<unknown> = []
        for await (const message of await AsyncConnection.connect(url)) {
          if (seen.push(message) === 3) break
        }
        return seen
      })
      assert.deepStrictEqual(seen, ["1", "2", "3"])
      assert.strictEqual((yield* ended).code, 1000)
    })
  )

  live(
    "closes the connection when its body throws, and throws that",
    Effect.gen(function*() {
      const { ended, url } = yield* counting
      const read = async () => {
        for await (const _message of await AsyncConnection.connect(url)) throw reason
      }
      assert.strictEqual(yield* Effect.promise(() => rejectionOf(read())), reason)
      assert.strictEqual((yield* ended).code, 1000)
    })
  )

  live(
    "ends with the connection, after all that came, also before anybody read",
    Effect.gen(function*() {
      const { url } = yield* saying(["a", "b"], 1000)
      const seen = yield* Effect.promise(async () => {
        const connection = await AsyncConnection.connect(url, { signal: new AbortController().signal })
        while (connection.connection.state !== "Closed") await new Promise(setImmediate)
        return collect(connection)
      })
      assert.deepStrictEqual(seen, ["a", "b"])
    })
  )

  live(
    "throws the error with which the messages fail",
    Effect.gen(function*() {
      const { url } = yield* saying(["a"], 1008)
      const error = yield* Effect.promise(async () => {
        const connection = await AsyncConnection.connect(url)
        return rejectionOf(collect(connection))
      })
      assert.instanceOf(error, WebSocketError)
      assert.strictEqual(error.reason._tag, "CloseError")
    })
  )

  live(
    "is the only one",
    Effect.gen(function*() {
      const { url } = yield* counting
      const error = yield* Effect.promise(async () => {
        await using connection = await AsyncConnection.connect(url)
        await connection[Symbol.asyncIterator]().next()
        return await rejectionOf(connection[Symbol.asyncIterator]().next())
      })
      assert.instanceOf(error, WebSocketError)
      assert.strictEqual(error.reason._tag, "UsageError")
    })
  )

  live(
    "can be left while it waits",
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(WebSocketServer.handle("/", ({ messages }) => Stream.runDrain(messages)))
      yield* Effect.promise(async () => {
        const messages = (await AsyncConnection.connect(url))[Symbol.asyncIterator]()
        const next = messages.next()
        await messages.return?.()
        assert.isTrue((await next).done)
      })
    })
  )
})

describe("a signal", () => {
  live(
    "that is aborted already lets nobody connect",
    Effect.gen(function*() {
      const { url } = yield* counting
      const error = yield* Effect.promise(() =>
        rejectionOf(AsyncConnection.connect(url, { signal: AbortSignal.abort(reason) }))
      )
      assert.strictEqual(error, reason)
    })
  )

  live(
    "gives up connecting, and drops the socket",
    Effect.promise(async () => {
      const server = createServer().listen(0, "127.0.0.1")
      await once(server, "listening")
      const { port } = server.address() as AddressInfo
      const { abort, signal } = controller()
      const connecting = rejectionOf(AsyncConnection.connect(`ws://127.0.0.1:${port}`, { signal }))
      const [socket] = (await once(server, "connection")) as [Socket]
      socket.on("error", () => {}).resume()
      abort()
      assert.strictEqual(await connecting, reason)
      if (!socket.closed) await once(socket, "close")
      assert.strictEqual(listenersOf(signal), 0)
      server.close()
    })
  )

  live(
    "ends the connection with 1001, and the loop with its reason",
    Effect.gen(function*() {
      const { ended, url } = yield* counting
      const { abort, signal } = controller()
      const read = async () => {
        for await (const message of await AsyncConnection.connect(url, { signal })) {
          if (message === "3") abort()
        }
      }
      assert.strictEqual(yield* Effect.promise(() => rejectionOf(read())), reason)
      assert.strictEqual((yield* ended).code, 1001)
      assert.strictEqual(listenersOf(signal), 0)
    })
  )

  live(
    "ends the loop with its reason also where the peer does not answer",
    Effect.gen(function*() {
      const { url } = yield* silent
      const { abort, signal } = controller()
      const read = async () => {
        for await (const message of await AsyncConnection.connect(url, { signal, closeTimeout: 20 })) {
          if (message === "a") abort()
        }
      }
      assert.strictEqual(yield* Effect.promise(() => rejectionOf(read())), reason)
    })
  )

  live(
    "is listened to no longer than the connection is there",
    Effect.gen(function*() {
      const { url } = yield* saying([], 1000)
      const { signal } = controller()
      yield* Effect.promise(async () => {
        const connection = await AsyncConnection.connect(url, { signal })
        assert.strictEqual((await connection.closed).code, 1000)
      })
      assert.strictEqual(listenersOf(signal), 0)
    })
  )
})

describe("a connection of promises", () => {
  live(
    "can be disposed of twice, and after its end",
    Effect.gen(function*() {
      const { ended, url } = yield* counting
      yield* Effect.promise(async () => {
        await using connection = await AsyncConnection.connect(url)
        await connection[Symbol.asyncDispose]()
        await connection[Symbol.asyncDispose]()
        assert.strictEqual((await connection.closed).code, 1000)
      })
      assert.strictEqual((yield* ended).code, 1000)
    })
  )

  live(
    "sends, pings and closes",
    Effect.gen(function*() {
      const { url } = yield* TestServer.start(
        WebSocketServer.handle("/", ({ messages, sink }) => Stream.run(messages, sink))
      )
      yield* Effect.promise(async () => {
        const connection = await AsyncConnection.connect(url)
        await connection.send("a")
        await connection.sendAll(["b", "c"])
        assert.isAbove(await connection.ping(), 0)
        const { code } = await connection.close(4000, "done")
        assert.strictEqual(code, 4000)
        const error = await rejectionOf(connection.send("d"))
        assert.instanceOf(error, WebSocketError)
      })
    })
  )

  live(
    "gives messages in their order to those who ask for several at once, and an end to those who ask for too many",
    Effect.gen(function*() {
      const { url } = yield* saying(["a", "b"], 1000)
      const items = yield* Effect.promise(async () => {
        const messages = (await AsyncConnection.connect(url))[Symbol.asyncIterator]()
        return Promise.all([messages.next(), messages.next(), messages.next(), messages.next()])
      })
      const end = { done: true, value: undefined } as const
      assert.deepStrictEqual(items, [{ done: false, value: "a" }, { done: false, value: "b" }, end, end])
    })
  )

  live(
    "is refused with the error of the client",
    Effect.gen(function*() {
      const { url } = yield* counting
      const error = yield* Effect.promise(() => rejectionOf(AsyncConnection.connect(`${url}/nowhere`)))
      assert.instanceOf(error, WebSocketError)
      assert.strictEqual(error.reason._tag, "HandshakeError")
    })
  )
})

describe("an async function as a handler", () => {
  live(
    "gets what was accepted, and closes with 1000 when it is done",
    Effect.gen(function*() {
      const { url } = yield* serving(async ({ connection, send }, name) => send(`${name} ${connection.request.path}`))
      assert.deepStrictEqual(yield* endOf(url), { messages: ["Ada /"], code: 1000 })
    })
  )

  live(
    "closes with 1011 when it is rejected, which is logged",
    Effect.gen(function*() {
      const { errors, url } = yield* serving(() => Promise.reject(reason))
      assert.strictEqual((yield* endOf(url)).code, 1011)
      assert.include(errors[0], "enough")
    })
  )

  live(
    "closes with 1011 when its loop throws, which is logged",
    Effect.gen(function*() {
      const { errors, url } = yield* serving(async (connection) => {
        for await (const _message of connection) throw reason
      })
      const { code } = yield* Effect.promise(async () => {
        const client = await AsyncConnection.connect(url)
        await client.send("a")
        return client.closed
      })
      assert.strictEqual(code, 1011)
      assert.include(errors[0], "enough")
    })
  )

  live(
    "can go on with the connection when it has left its loop",
    Effect.gen(function*() {
      const { url } = yield* serving(async (connection) => {
        for await (const message of connection) {
          if (message === "end of the list") break
        }
        await connection.send("thanks")
      })
      const heard = yield* Effect.promise(async () => {
        const client = await AsyncConnection.connect(url)
        await client.sendAll(["a", "end of the list"])
        return collect(client)
      })
      assert.deepStrictEqual(heard, ["thanks"])
    })
  )

  live(
    "says goodbye where it has the connection for a block, and goes on behind it",
    Effect.gen(function*() {
      const left = yield* Deferred.make<number>()
      const { url } = yield* serving(async (connection) => {
        {
          await using own = connection
          await own.send("thanks")
        }
        Deferred.doneUnsafe(left, Effect.succeed((await connection.closed).code))
      })
      assert.deepStrictEqual(yield* endOf(url), { messages: ["thanks"], code: 1000 })
      assert.strictEqual(yield* Deferred.await(left), 1000)
    })
  )

  live(
    "has its loop end when the server shuts down",
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const left = yield* Deferred.make<unknown>()
      const { url } = yield* Scope.provide(
        serving(async (connection) => {
          const error = await rejectionOf(collect(connection))
          Deferred.doneUnsafe(left, Effect.succeed(error))
        }),
        scope
      )
      const connection = yield* Effect.promise(() => AsyncConnection.connect(url))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Effect.promise(() => connection.closed)).code, 1001)
      assert.propertyVal(yield* Deferred.await(left), "name", "AbortError")
    })
  )
})
