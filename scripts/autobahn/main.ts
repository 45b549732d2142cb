/**
 * Runs the Autobahn test suite, where it is installed, against our server and our client, and prints the result.
 *
 * `node --conditions=effect-ws-source scripts/autobahn/main.ts`; `AUTOBAHN` names the command, by default `wstest`.
 */
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Report from "./Report.ts"

const [command, ...prefix] = (process.env["AUTOBAHN"] ?? "wstest").split(" ")

if (spawnSync(command, [...prefix, "--help"], { stdio: "ignore" }).status !== 0) {
  console.error(`\`${[command, ...prefix].join(" ")}\` does not run: see scripts/autobahn/README.md`)
  process.exit(2)
}

const folder = mkdtempSync(join(tmpdir(), "autobahn-"))
const agent = "effect-ws"
const suite = "ws://127.0.0.1:9001"

/** 9.3 and 9.4 have more fragments than are allowed by default. */
const spec = { cases: ["*"], "exclude-cases": [], "exclude-agent-cases": {} }
const options = { maxFragments: 100_000, compression: true }

/** Starts the suite; ends it with the scope. */
const start = (mode: string, settings: object) =>
  Effect.acquireRelease(
    Effect.sync((): ChildProcess => {
      const file = join(folder, `${mode}.json`)
      writeFileSync(file, JSON.stringify({ ...spec, ...settings, outdir: join(folder, mode) }))
      return spawn(command, [...prefix, "--mode", mode, "--spec", file], { stdio: "inherit" })
    }),
    (suite) => Effect.sync(() => suite.kill())
  )

const read = (mode: string): Report.Report => JSON.parse(readFileSync(join(folder, mode, "index.json"), "utf8"))

const Echo = WebSocketServer.handle("/", options, ({ messages, sink }) => Stream.run(messages, sink)).pipe(
  Layer.provide(NodeWebSocketServer.layer({ port: 9002, host: "127.0.0.1" }))
)

const testServer = start("fuzzingclient", { servers: [{ agent, url: "ws://127.0.0.1:9002/" }] }).pipe(
  Effect.flatMap((suite) => Effect.promise(() => once(suite, "exit"))),
  Effect.scoped,
  Effect.provide(Echo)
)

const connect = (path: string) => WebSocketClient.connect(`${suite}${path}`, options)

/** The suite answers with the number of cases, as soon as it is up. */
const countCases = connect("/getCaseCount").pipe(
  Effect.retry({ times: 100, schedule: Schedule.spaced("200 millis") }),
  Effect.flatMap(({ messages }) => Stream.runHead(messages)),
  Effect.scoped,
  Effect.map((count) => Number(Option.getOrThrow(count)))
)

/** How the case ended is for the suite to judge. */
const echoCase = (number: number) =>
  connect(`/runCase?case=${number}&agent=${agent}`).pipe(
    Effect.flatMap(({ messages, sink }) => Stream.run(messages, sink)),
    Effect.scoped,
    Effect.ignore
  )

const updateReports = connect(`/updateReports?agent=${agent}`).pipe(
  Effect.flatMap(({ messages }) => Stream.runDrain(messages)),
  Effect.scoped
)

const testClient = Effect.scoped(Effect.gen(function*() {
  yield* start("fuzzingserver", { url: suite })
  const count = yield* countCases
  for (let number = 1; number <= count; number++) yield* echoCase(number)
  yield* updateReports
}))

await Effect.runPromise(Effect.andThen(testServer, testClient))
const reports = [read("fuzzingclient"), read("fuzzingserver")]
for (const [i, role] of ["our server", "our client"].entries()) console.log(`${role}\n${Report.format(reports[i])}\n`)
process.exit(reports.every(Report.isClean) ? 0 : 1)
