import { NodeHttpServer, NodeSocketServer, NodeWS } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { NetAddress } from "effect/net"
import { Socket, SocketServer } from "effect/socket"
import { createServer } from "node:http"

const messages = Array.from({ length: 100 }, (_, index) => index % 2 ? "x".repeat(20_000) : new Uint8Array(20_000))

const echo = (socket: Socket.Socket) =>
  Effect.gen(function*() {
    const { pull } = yield* socket.reader
    const { write, writeAll } = yield* socket.writer
    while (true) {
      const batch = yield* pull
      if (batch.includes("bye")) return yield* write(new Socket.CloseEvent(4000, "bye"))
      yield* writeAll(batch)
    }
  }).pipe(Effect.scoped, Effect.ignore)

const isEcho = (answer: string | Uint8Array, index: number): boolean =>
  answer.length === 20_000 && typeof answer === typeof messages[index]

/** Sends the messages while it takes the answers, and pauses the socket while one waits to be taken. */
const visit = (address: NetAddress.SocketAddress) =>
  Effect.gen(function*() {
    const url = `ws://127.0.0.1:${"port" in address ? address.port : 0}/`
    const socket = yield* Socket.makeWebSocket(url, { highWaterMark: 1 })
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    yield* Effect.forkScoped(Effect.forEach(messages, write))
    const answers: Array<string | Uint8Array> = []
    while (answers.length < messages.length) {
      answers.push(...yield* pull)
      yield* Effect.yieldNow
    }
    yield* write("bye")
    const { reason } = yield* Effect.flip(pull)
    return [answers.every(isEcho), reason]
  }).pipe(Effect.scoped, Effect.provide(NodeWS.layerWebSocketConstructor))

const Upgrading = HttpRouter.add(
  "GET",
  "/",
  HttpServerRequest.HttpServerRequest.pipe(
    Effect.flatMap(({ upgrade }) => upgrade),
    Effect.flatMap(echo),
    Effect.as(HttpServerResponse.empty())
  )
).pipe(
  HttpRouter.serve,
  Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
)

const upgraded = HttpServer.HttpServer.use(({ address }) => visit(address)).pipe(Effect.provide(Upgrading))

const accepted = Effect.gen(function*() {
  const { address, run } = yield* SocketServer.SocketServer
  yield* Effect.forkScoped(run(echo))
  return yield* visit(address)
}).pipe(Effect.scoped, Effect.provide(NodeSocketServer.layerWebSocket({ port: 0, host: "127.0.0.1" })))

export const run = () => Effect.runPromise(Effect.all([upgraded, accepted]))

const closed = { _tag: "SocketCloseError", code: 4000, closeReason: "bye" }
export const expected = [[true, closed], [true, closed]]
export const users = ["@effect/platform-node-shared"]
