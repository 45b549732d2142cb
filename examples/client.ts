/** The chat in a terminal: `node --conditions=effect-ws-source examples/client.ts [url] [name]` */
import { NodeRuntime, NodeStream } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import * as Codec from "effect-ws/Codec"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { userInfo } from "node:os"
import * as Chat from "./chat/Protocol.ts"

const [address = "ws://localhost:8080/chat", name = userInfo().username] = process.argv.slice(2)

const url = new URL(address)
url.searchParams.set("name", name)

const show = Chat.FromServer.match({
  Welcome: ({ you }) => Console.log(`Hello, ${you.name}. What you type is sent; Ctrl-C leaves.`),
  People: ({ people }) => Console.log(`  here: ${people.map(({ name }) => name).join(", ")}`),
  Said: ({ at, by, text }) => Console.log(`${new Date(at).toLocaleTimeString()} ${by.name}: ${text}`),
  Pulse: () => Effect.void
})

const typed = NodeStream.fromReadable({ evaluate: () => process.stdin }).pipe(
  Stream.decodeText,
  Stream.splitLines,
  Stream.filter((line) => line !== ""),
  Stream.map((text) => Chat.FromClient.cases.Say.make({ text }))
)

const program = Effect.gen(function*() {
  const { messages, sink } = Codec.typed(yield* WebSocketClient.connect(url), Chat.client)
  yield* Effect.raceFirst(Stream.runForEach(messages, show), Stream.run(typed, sink))
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
