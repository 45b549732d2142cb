import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Layer, Logger, Stream } from "effect"
import WebSocket, { createWebSocketStream, WebSocketServer as CompatServer } from "effect-ws/compat"
import { TestNetwork } from "effect-ws/testing"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { once } from "node:events"
import { createWriteStream, existsSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { leavingNothing } from "../client/Leaks.ts"

/** Takes some, and then fails. */
const failing = () => {
  let taken = 0
  return new Writable({
    write: (_chunk, _encoding, done) => done(++taken < 3 ? null : Object.assign(new Error("full"), { code: "ENOSPC" }))
  })
}

/** A server of compat that sends until it is closed, and the client that reads it. */
const flood = Effect.gen(function*() {
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => new CompatServer({ port: 0, host: "127.0.0.1" })),
    (server) => Effect.promise(() => new Promise((resolve) => server.close(resolve)))
  )
  yield* Effect.promise(() => once(server, "listening"))
  const accepted = once(server, "connection")
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [[socket]] = yield* Effect.promise(() => Promise.all([accepted, once(client, "open")]))
  const outcomes: Array<Error | null | undefined> = []
  const next = (error?: Error | null): void => {
    outcomes.push(error)
    if (!error) socket.send(Buffer.alloc(10_000), next)
  }
  next()
  return { client, socket, outcomes }
})

describe("a Writable that fails below createWebSocketStream", () => {
  const sinks = { "that fails": failing, "on a full disk": () => createWriteStream("/dev/full") }
  for (const [name, make] of Object.entries(sinks)) {
    it.live.skipIf(name === "on a full disk" && !existsSync("/dev/full"))(
      `${name} ends the connection`,
      () =>
        leavingNothing(Effect.gen(function*() {
          const { client, outcomes, socket } = yield* flood
          const events: Array<unknown> = []
          client.on("error", () => events.push("error")).on("close", (code) => events.push(code))
          const closed = Promise.all([once(client, "close"), once(socket, "close")])
          const stream = createWebSocketStream(client)
          const error = yield* Effect.promise(() => pipeline(stream, make()).then(() => undefined, (error) => error))
          assert.strictEqual(error.code, "ENOSPC")
          const [, [code]] = yield* Effect.promise(() => closed)
          assert.strictEqual(code, 1006)
          assert.deepStrictEqual(events, [1006])
          assert.strictEqual(outcomes.filter(Boolean).length, 1)
          assert.isTrue(stream.destroyed)
        }))
    )
  }
})

class DiskFull extends Error {
  readonly _tag = "DiskFull"
}

const full = Effect.fail(new DiskFull())

describe("messages that run into what fails", () => {
  it.effect("give its error, and tell the peer 1011", () =>
    Effect.gen(function*() {
      const ended = yield* Deferred.make<number>()
      const Flood = WebSocketServer.handle(
        "/",
        ({ closed, send }) =>
          Effect.forever(send("more")).pipe(
            Effect.ensuring(Effect.flatMap(closed, ({ code }) => Deferred.succeed(ended, code)))
          )
      )
      const reading = Effect.gen(function*() {
        const { messages } = yield* WebSocketClient.connect("ws://localhost")
        let taken = 0
        return yield* Stream.runForEach(messages, () => ++taken < 3 ? Effect.void : full)
      }).pipe(Effect.scoped, Effect.exit)
      yield* Effect.gen(function*() {
        const exit = yield* reading
        assert.instanceOf(Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined, DiskFull)
        assert.strictEqual(yield* Deferred.await(ended), 1011)
      }).pipe(Effect.provide(Layer.provide(Flood, TestNetwork.layerServer())))
    }).pipe(Effect.provide(TestNetwork.layerNetwork)))

  it.effect("are logged where a handler reads them, and tell the peer 1011", () => {
    const logged: Array<unknown> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      if (logLevel === "Error") logged.push(message)
    })
    const Keep = WebSocketServer.handle("/", ({ messages }) => Stream.runForEach(messages, () => full))
    return Effect.gen(function*() {
      const { closed, send } = yield* WebSocketClient.connect("ws://localhost")
      yield* send("too much")
      const { clean, code } = yield* closed
      assert.deepStrictEqual({ clean, code }, { clean: true, code: 1011 })
      assert.strictEqual(logged.length, 1)
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.provide(Keep, TestNetwork.layerServer())),
      Effect.provide(Layer.merge(TestNetwork.layerNetwork, Logger.layer([logger])))
    )
  })
})
