import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { createInterface } from "node:readline"

/** Joins the chat from a terminal: `npm run client -- "ws://localhost:8080/chat?name=Ada"` */
const url = process.argv[2] ?? "ws://localhost:8080/chat?name=Terminal"

const lines = Stream.fromAsyncIterable(createInterface({ input: process.stdin }), (error) => error)

const show = (message: string | Uint8Array) => {
  const event = JSON.parse(String(message))
  switch (event._tag) {
    case "Said":
      return Console.log(`${event.by.name}: ${event.text}`)
    case "Present":
      return Console.log(`* here: ${event.members.map(({ name }: { name: string }) => name).join(", ")}`)
    default:
      return Effect.void
  }
}

const program = Effect.gen(function*() {
  const { messages, sink } = yield* WebSocketClient.connect(url)
  yield* Console.log(`* connected to ${url}; write, and end with Ctrl-D`)
  yield* Effect.raceFirst(
    Stream.runForEach(messages, show),
    lines.pipe(Stream.map((text) => JSON.stringify({ _tag: "Say", text })), Stream.run(sink))
  )
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
