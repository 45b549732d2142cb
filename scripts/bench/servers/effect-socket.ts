/** Effect's own WebSockets, which are ws beneath: batch by batch. */
import { NodeRuntime, NodeSocketServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import * as Arr from "effect/Array"
import { type Socket, SocketServer } from "effect/socket"
import { job, maxMessageSize, push } from "../job.ts"
import { report, tally } from "../report.ts"

const { compression, work } = job()

type Writer = Effect.Success<Socket.Socket["writer"]>
const present = new Set<Writer>()

const works = {
  echo: ({ writeAll }, batch) => writeAll(batch),
  count: (_, { length }) => Effect.sync(() => void (tally.messages += length)),
  broadcast: (_, batch) => Effect.forEach(present, ({ writeAll }) => writeAll(batch), { discard: true }),
  push: ({ writeAll }, [message]) => {
    const burst = writeAll(Arr.makeBy(push.burst, () => message))
    return Effect.repeat(Effect.andThen(burst, Effect.yieldNow), { times: push.bursts - 1 })
  }
} satisfies Record<
  typeof work,
  (writer: Writer, batch: Arr.NonEmptyReadonlyArray<string | Uint8Array>) => Effect.Effect<unknown, Socket.SocketError>
>

const serve = (socket: Socket.Socket) =>
  Effect.gen(function*() {
    const { pull } = yield* socket.reader
    const writer = yield* socket.writer
    yield* Effect.acquireRelease(
      Effect.sync(() => present.add(writer)),
      () => Effect.sync(() => present.delete(writer))
    )
    while (true) yield* works[work](writer, yield* pull)
  }).pipe(Effect.scoped, Effect.ignore)

const Server = Layer.effectDiscard(Effect.gen(function*() {
  const { address, run } = yield* SocketServer.SocketServer
  if ("port" in address) report(address.port)
  yield* run(serve)
}))

Server.pipe(
  Layer.provide(NodeSocketServer.layerWebSocket({
    port: 0,
    host: "127.0.0.1",
    maxPayload: maxMessageSize,
    perMessageDeflate: compression && { threshold: 0 }
  })),
  Layer.launch,
  NodeRuntime.runMain
)
