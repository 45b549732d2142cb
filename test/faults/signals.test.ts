import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as Demo from "../examples/Demo.ts"
import * as RawClient from "../server/RawClient.ts"

const program = fileURLToPath(new URL("programs/counting-server.ts", import.meta.url))

const serve = Effect.acquireRelease(
  Effect.promise(async () => {
    const child = spawn(process.execPath, ["--conditions=effect-ws-source", program], {
      stdio: ["ignore", "pipe", "inherit"]
    })
    return { child, url: await Demo.printed(child, /ws:\/\/\S+/) }
  }),
  ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
)

const exitCode = (child: ChildProcess) => Effect.promise(() => once(child, "exit"))

/** Reads everything; `enough` is told when there was some. */
const read = ({ messages }: Connection, received: Array<string>) =>
  Stream.runForEachArray(messages, (batch) =>
    Effect.sync(() => {
      for (const message of batch) {
        received.push(typeof message === "string" ? message : Buffer.from(message).toString())
      }
    }))

const hasSome = (received: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.suspend(() =>
    received.length > 500 ? Effect.void : Effect.andThen(Effect.sleep("5 millis"), hasSome(received))
  )

describe("a server under load that is told to stop", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.live(`by ${signal} says 1001 after every message that it has sent`, () =>
      Effect.gen(function*() {
        const { child, url } = yield* serve
        const exited = yield* Effect.forkChild(exitCode(child))
        const connections = yield* Effect.forEach(
          Array.from({ length: 12 }, (_, i) => i % 3 === 0),
          (compression) => WebSocketClient.connect(url, { compression })
        )
        const logs = connections.map((): Array<string> => [])
        const reading = yield* Effect.forEach(connections, (it, i) => Effect.forkChild(Effect.exit(read(it, logs[i]))))
        yield* Effect.forEach(logs, hasSome)
        child.kill(signal)
        yield* Effect.forEach(reading, Fiber.join)
        const ends = yield* Effect.forEach(connections, ({ closed }) => closed)
        for (const [i, { clean, code }] of ends.entries()) {
          assert.deepStrictEqual({ clean, code }, { clean: true, code: 1001 })
          const count = logs[i].length - 1
          assert.strictEqual(logs[i].pop(), `${count} in all`)
          assert.strictEqual(logs[i].findIndex((message, n) => message !== `${n}`), -1)
        }
        assert.deepStrictEqual(yield* Fiber.join(exited), [130, null])
      }))
  }

  it.live("drops those who do not read, and exits", () =>
    Effect.gen(function*() {
      const { child, url } = yield* serve
      const exited = yield* Effect.forkChild(exitCode(child))
      const deaf = yield* RawClient.open(Number(new URL(url).port), "/")
      deaf.socket.pause()
      const { closed, messages } = yield* WebSocketClient.connect(url)
      const reading = yield* Effect.forkChild(Effect.exit(Stream.runDrain(messages)))
      yield* Effect.sleep("100 millis") // the deaf one's buffers fill
      child.kill("SIGTERM")
      yield* Fiber.join(reading)
      assert.strictEqual((yield* closed).code, 1001)
      assert.deepStrictEqual(yield* Fiber.join(exited), [130, null])
    }))
})
