/**
 * Runs the Autobahn test suite, where it is installed, against our server and our client, and prints the result.
 *
 * `node --conditions=effect-ws-source scripts/autobahn/main.ts`; `WSTEST` names the command, by default `wstest`.
 */
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Report from "./Report.ts"

const command = process.env["WSTEST"] ?? "wstest"
const folder = mkdtempSync(join(tmpdir(), "autobahn-"))
const agent = "effect-ws"
const suite = "ws://127.0.0.1:9001"

/** permessage-deflate is not spoken; 9.3 and 9.4 have more fragments than are allowed by default. */
const spec = { cases: ["*"], "exclude-cases": ["12.*", "13.*"], "exclude-agent-cases": {} }
const options = { maxFragments: 100_000 }

const start = (mode: string, settings: object): ChildProcess => {
  const file = join(folder, `${mode}.json`)
  writeFileSync(file, JSON.stringify({ ...spec, ...settings, outdir: join(folder, mode) }))
  return spawn(command, ["--mode", mode, "--spec", file], { stdio: "inherit" })
}

const read = (mode: string): Report.Report => JSON.parse(readFileSync(join(folder, mode, "index.json"), "utf8"))

const Echo = WebSocketServer.handle("/", options, ({ messages, sink }) => Stream.run(messages, sink))

const testServer = Effect.promise(() =>
  once(start("fuzzingclient", { servers: [{ agent, url: "ws://127.0.0.1:9002/" }] }), "exit")
).pipe(Effect.provide(Echo.pipe(Layer.provide(NodeWebSocketServer.layer({ port: 9002, host: "127.0.0.1" })))))

const visit = <A>(
  path: string,
  use: (text: Stream.Stream<string | Uint8Array, unknown>) => Effect.Effect<A, unknown>
) =>
  WebSocketClient.connect(`${suite}${path}`, options).pipe(
    Effect.flatMap(({ messages }) => use(messages)),
    Effect.scoped
  )

const echoCase = (number: number) =>
  WebSocketClient.connect(`${suite}/runCase?case=${number}&agent=${agent}`, options).pipe(
    Effect.flatMap(({ messages, sink }) => Stream.run(messages, sink)),
    Effect.scoped,
    Effect.ignore
  )

const testClient = Effect.gen(function*() {
  const server = yield* Effect.sync(() => start("fuzzingserver", { url: suite }))
  const count = yield* Effect.retry(visit("/getCaseCount", Stream.runHead), { times: 50 })
  const last = count._tag === "Some" ? Number(count.value) : 0
  for (let number = 1; number <= last; number++) yield* echoCase(number)
  yield* visit(`/updateReports?agent=${agent}`, Stream.runDrain)
  server.kill()
})

if (spawnSync(command, ["--version"]).error !== undefined) {
  console.error(`${command} is not installed: see scripts/autobahn/README.md`)
  process.exit(2)
}

await Effect.runPromise(testServer)
await Effect.runPromise(testClient)
const reports = [read("fuzzingclient"), read("fuzzingserver")]
for (const report of reports) console.log(Report.format(report))
process.exit(reports.every(Report.isClean) ? 0 : 1)
