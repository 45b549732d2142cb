/** A thousand hostile connections beside a hundred honest ones: what that does to their latency, and to memory. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Schedule } from "effect"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { attacks, keepUp } from "./attacks.ts"

const [honest = 100, hostile = 1000, seconds = 20] = process.argv.slice(2).map(Number)

interface Report {
  readonly rss: number
  readonly used: number
  readonly figures: ReadonlyArray<readonly [string, number]>
}

interface Server {
  readonly child: ChildProcess
  readonly url: string
  readonly reports: ReadonlyArray<Report>
}

const server = Effect.acquireRelease(
  Effect.callback<Server>((resume) => {
    const execArgv = ["--expose-gc", "--conditions=effect-ws-source"]
    const child = fork(fileURLToPath(new URL("server.ts", import.meta.url)), { execArgv })
    const reports: Array<Report> = []
    child.on("message", (message: Report | { readonly url: string }) => {
      if ("url" in message) resume(Effect.succeed({ child, reports, url: message.url }))
      else reports.push(message)
    })
  }),
  ({ child }) => Effect.sync(() => child.kill())
)

/** Milliseconds of round trips in this phase. */
const latencies: Array<number> = []

/** Sends ten small messages a second, and waits for each to come back. */
const converse = (url: string) =>
  Effect.gen(function*() {
    const { pull, send } = yield* WebSocketClient.connect(url, { compression: false })
    const trip = Effect.gen(function*() {
      const start = performance.now()
      yield* send("x".repeat(64))
      yield* pull
      latencies.push(performance.now() - start)
    })
    yield* Effect.repeat(trip, Schedule.fixed("100 millis"))
  }).pipe(Effect.scoped)

const quantile = (sorted: Float64Array, part: number): string => sorted[Math.floor(sorted.length * part)].toFixed(1)

/** What the last phase was like. */
const tell = (phase: string, reports: ReadonlyArray<Report>): void => {
  const sorted = Float64Array.from(latencies.splice(0)).toSorted()
  const times = [0.5, 0.9, 0.99].map((part) => `p${part * 100} ${quantile(sorted, part)} ms`).join(", ")
  const { rss, used } = reports.at(-1)!
  console.log(
    `${phase}: ${sorted.length} round trips, ${times}; heap and buffers ${used >> 20} MiB, RSS ${rss >> 20} MiB`
  )
}

const program = Effect.gen(function*() {
  const { reports, url } = yield* server
  const talk = converse(url)
  yield* Effect.forkScoped(Effect.all(Array.from({ length: honest }, () => talk), { concurrency: "unbounded" }))
  yield* Effect.sleep("5 seconds")
  tell(`${honest} honest connections`, reports)
  const ended = new AbortController()
  const kinds = Object.values(attacks)
  for (let i = 0; i < hostile; i++) keepUp(Number(new URL(url).port), kinds[i % kinds.length], ended.signal)
  for (let passed = 5; passed <= seconds; passed += 5) {
    yield* Effect.sleep("5 seconds")
    tell(`beside ${hostile} hostile ones for ${passed} s`, reports)
  }
  ended.abort()
  yield* Effect.sleep("5 seconds")
  tell("5 s after they have gone", reports)
  for (const [name, count] of reports.at(-1)!.figures) console.log(`  ${name}: ${count}`)
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
