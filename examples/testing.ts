/** A handler is tested without a port and without waiting: the network is in memory, and the clock is the test's. */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Schedule, Stream } from "effect"
import { TestNetwork } from "effect-ws/testing"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { TestClock } from "effect/testing"

// What is tested: a server that drops clients who are silent
const Guarded = WebSocketServer.handle("/feed", ({ messages, ping, send }) => {
  const heartbeat = Effect.repeat(ping({ timeout: "5 seconds" }), Schedule.spaced("1 minute"))
  return Effect.raceFirst(heartbeat, Stream.runForEach(messages, (text) => send(`you said ${text}`)))
})

const answers = Effect.gen(function*() {
  const { messages, send } = yield* WebSocketClient.connect("ws://localhost/feed")
  yield* send("hello")
  yield* Stream.runForEach(Stream.take(messages, 1), Console.log)
})

const dropsTheSilent = Effect.gen(function*() {
  const server = yield* WebSocketServer.WebSocketServer
  const { connection, link } = yield* TestNetwork.connect("ws://localhost/feed")
  yield* TestClock.adjust("10 minutes")
  yield* Console.log(`after 10 minutes: ${yield* server.connections} connection`)

  yield* link.silence // as if a cable had been pulled
  yield* TestClock.adjust("1 minute")
  yield* Effect.repeat(TestClock.adjust("1 second"), { times: 30 })
  yield* Console.log(`without a pong: ${yield* server.connections} connections`)
  yield* connection.terminate
})

const test = Effect.andThen(Effect.scoped(answers), Effect.scoped(dropsTheSilent)).pipe(
  Effect.provide(Layer.provideMerge(Guarded, TestNetwork.layer())),
  Effect.provide(TestClock.layer())
)

NodeRuntime.runMain(test)
