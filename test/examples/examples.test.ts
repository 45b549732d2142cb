/** Every example besides the chat, as a process of its own, to the outcome that its first line promises. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, Stream } from "effect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { text } from "node:stream/consumers"
import * as Demo from "./Demo.ts"

/** What a program prints until it ends by itself. */
const outputOf = async (name: string, args: ReadonlyArray<string> = []): Promise<string> => {
  const child = Demo.run(name, args)
  const exited = once(child, "exit")
  const output = await text(child.stdout!)
  assert.deepStrictEqual(await exited, [0, null])
  return output
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0)
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** A server as a process, until the scope ends. */
const serve = (name: string) =>
  Effect.acquireRelease(
    Effect.map(Effect.promise(freePort), (port) => ({
      child: Demo.run(name, [], { PORT: `${port}` }),
      url: `ws://localhost:${port}`
    })),
    ({ child }) => Effect.promise(() => Demo.stop(child))
  )

/** Connects as soon as the server listens. */
const connect = (url: string, options: WebSocketClient.Options = {}) =>
  Effect.retry(WebSocketClient.connect(url, options), {
    while: ({ reason }) => reason._tag === "TransportError",
    schedule: Schedule.spaced("20 millis")
  })

describe("the examples", () => {
  it.live("echo: sends back what comes, and says 1001 when it is stopped", () =>
    Effect.gen(function*() {
      const { child, url } = yield* serve("echo.ts")
      const { closed, messages, sendAll } = yield* connect(`${url}/echo`)
      const sent = ["Hello", new Uint8Array([1, 2, 3]), "and goodbye"]
      yield* sendAll(sent)
      const received = yield* Stream.runCollect(Stream.take(messages, 3))
      assert.deepStrictEqual(received.map((it) => typeof it === "string" ? it : Uint8Array.from(it)), sent)
      assert.strictEqual(yield* Effect.promise(() => Demo.stop(child)), 130)
      assert.strictEqual((yield* closed).code, 1001)
    }))

  it.live("http: serves a page, rooms for those who say who they are, and a service that both know", () =>
    Effect.gen(function*() {
      const { child, url } = yield* serve("http.ts")
      const { reason } = yield* Effect.flip(connect(`${url}/rooms/seven`))
      assert.deepInclude(reason, { _tag: "HandshakeError", status: 401, body: "who are you?" })
      const { closed, messages, send } = yield* connect(`${url}/rooms/seven`, { headers: { cookie: "user=Ada" } })
      yield* send("Hello")
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(messages, 1)), ["Ada in seven: Hello"])
      const page = yield* Effect.promise(() => fetch(url.replace("ws:", "http:")).then((it) => it.text()))
      assert.strictEqual(page, "1 messages so far")
      assert.strictEqual(yield* Effect.promise(() => Demo.stop(child)), 130)
      assert.strictEqual((yield* closed).code, 1001)
    }))

  it.live("broadcast: tells everybody the same time", () =>
    Effect.gen(function*() {
      const { url } = yield* serve("broadcast.ts")
      const first = yield* connect(`${url}/clock`)
      const second = yield* connect(`${url}/clock`)
      const [some, others] = yield* Effect.all(
        [first, second].map(({ messages }) => Stream.runCollect(Stream.take(messages, 2))),
        { concurrency: 2 }
      )
      assert.match(String(some[0]), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      assert.isNotEmpty(some.filter((time) => others.includes(time)))
    }))

  it.live("rooms: tells those in a room what is said there, and how many they are", () =>
    Effect.gen(function*() {
      const { url } = yield* serve("rooms.ts")
      const ada = yield* connect(`${url}/rooms/tea`)
      const grace = yield* connect(`${url}/rooms/tea`)
      yield* connect(`${url}/rooms/coffee`)
      yield* grace.send("Hello")
      const heard = yield* Stream.runCollect(Stream.take(ada.messages, 3))
      assert.deepStrictEqual(heard, ["1 in here", "2 in here", "Hello"])
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(grace.messages, 1)), ["2 in here"])
    }))

  it.live("metrics: tells Prometheus of connections and messages", () =>
    Effect.gen(function*() {
      const { url } = yield* serve("metrics.ts")
      const { messages, send } = yield* connect(`${url}/echo`)
      yield* send("Hello")
      yield* Stream.runDrain(Stream.take(messages, 1))
      const page = `${url.replace("ws:", "http:")}/metrics`
      const metrics = yield* Effect.promise(async () => (await fetch(page)).text())
      assert.include(metrics, `effect_ws_connections{role="server"} 1\n`)
      assert.include(metrics, `effect_ws_messages_total{direction="in",role="server"} 1\n`)
    }))

  it("accept: refuses a wrong token, and welcomes by name who has the right one", async () => {
    assert.strictEqual(await outputOf("accept.ts"), "401: a token, please\nWelcome, Ada\n")
  })

  it("typed: orders are billed, and what is no order ends it", async () => {
    const lines = (await outputOf("typed.ts")).trim().split("\n")
    assert.deepStrictEqual(lines, [
      "tea: 500 cents",
      "coffee: 300 cents",
      "1008: a message that does not fit the schema"
    ])
  })

  it("promises: a loop that is left, and one that a signal ends", async () => {
    const lines = (await outputOf("promises.ts")).trim().split("\n")
    assert.deepStrictEqual(lines, [
      "hello!",
      "hello!!",
      "hello!!!",
      "TimeoutError: The operation was aborted due to timeout"
    ])
  })

  it("streaming: a large file comes through whole", async () => {
    assert.match(await outputOf("streaming.ts"), /came through: [0-9a-f]{64}\n$/)
  })

  it("heartbeat: a peer that does not answer is gone", async () => {
    assert.strictEqual(await outputOf("heartbeat.ts"), "no pong, so it is gone\n")
  })

  it("testing: a handler answers, and drops a client that is silent, all in no time", async () => {
    const lines = (await outputOf("testing.ts")).trim().split("\n")
    assert.deepStrictEqual(lines, [
      "you said hello",
      "after 10 minutes: 1 connection",
      "without a pong: 0 connections"
    ])
  })

  it("rpc: answers, fails, and streams until the client has enough", async () => {
    const lines = (await outputOf("rpc.ts")).replace(/\s+/g, " ")
    assert.strictEqual(lines, "42 -1 has no root [ 2, 3, 5, 7, 11, 13, 17, 19, 23, 29 ] no more primes ")
  })

  it("reconnect: a subscriber outlives its server", async () => {
    const lines = (await outputOf("reconnect.ts")).trim().split("\n").map((line) => line.replace(/\d+ms/, "a moment"))
    const once = ["connecting", "connected", "news about Effect"]
    assert.deepStrictEqual(lines, [...once, "waiting for a moment", ...once])
  })

  it("scope: what a connection started ends with it", async () => {
    const lines = (await outputOf("scope.ts")).trim().split("\n")
    assert.deepStrictEqual(lines, ["session opened", "news", "news", "news", "feed interrupted", "session released"])
  })
})
