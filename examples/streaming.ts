/** Sends a file of any size as one message, and hashes it as it comes: neither side ever holds it. */
import { NodeRuntime, NodeStream } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"

const path = process.argv[2] ?? process.execPath

const readFile = NodeStream.fromReadable({ evaluate: () => createReadStream(path) })

const digest = Effect.fnUntraced(function*<E>(bytes: Stream.Stream<Uint8Array, E>) {
  const hash = createHash("sha256")
  yield* Stream.runForEach(bytes, (chunk) => Effect.sync(() => hash.update(chunk)))
  return hash.digest("hex")
})

const File = WebSocketServer.handle("/file", ({ sendStream }) => sendStream(readFile))

const program = Effect.gen(function*() {
  const server = yield* WebSocketServer.WebSocketServer
  const { frames } = yield* WebSocketClient.connect(`${yield* server.url}/file`)
  const received = yield* digest(Stream.map(frames, ({ payload }) => payload))
  const sent = yield* digest(readFile)
  yield* Console.log(received === sent ? `${path} came through: ${received}` : `${path} was damaged`)
}).pipe(Effect.scoped)

program.pipe(
  Effect.provide(Layer.provideMerge(File, NodeWebSocketServer.layer({ port: 0 }))),
  NodeRuntime.runMain
)
