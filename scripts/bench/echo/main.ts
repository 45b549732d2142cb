/**
 * Compares echo servers in one interleaved run: server CPU per message, and throughput.
 *
 * `npm run bench -- --rounds 5 --case pipelined`
 */
import { type ChildProcess, fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Case, cases } from "./cases.ts"

/** The programs that are compared, each with its argument and environment. */
const servers = {
  ws: { file: "ws", args: [], env: { WS_NO_BUFFER_UTIL: "1" } },
  "ws+bufferutil": { file: "ws", args: [], env: {} },
  "effect-ws": { file: "effect-ws", args: [], env: {} },
  "effect-ws-each": { file: "effect-ws", args: ["each"], env: {} }
} as const
type Server = keyof typeof servers

interface Sample {
  readonly cpu: number
  readonly rate: number
}

const { values } = parseArgs({ options: { rounds: { type: "string" }, case: { type: "string" } } })
const rounds = Number(values.rounds ?? 3)

/** Each program on a core of its own, where the machine has two and `taskset` is there. */
const canPin = spawnSync("taskset", ["-V"]).status === 0

const start = (file: string, core: number, args: ReadonlyArray<string> = [], env = {}): ChildProcess => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    env: { ...process.env, ...env },
    execArgv: ["--conditions=effect-ws-source"]
  })
  if (canPin) spawnSync("taskset", ["-apc", `${core}`, `${child.pid}`])
  return child
}

const ask = async <A>(child: ChildProcess, question: object): Promise<A> => {
  const answer = once(child, "message")
  child.send(question)
  const [message] = await answer
  return message as A
}

const cpuOf = async (server: ChildProcess): Promise<number> => {
  const { cpu } = await ask<{ cpu: NodeJS.CpuUsage }>(server, {})
  return cpu.user + cpu.system
}

const measure = async (server: ChildProcess, port: number, load: ChildProcess, it: Case): Promise<Sample> => {
  const before = await cpuOf(server)
  const { elapsed } = await ask<{ elapsed: number }>(load, { port, case: it })
  return { cpu: (await cpuOf(server) - before) / it.messages, rate: it.messages / elapsed }
}

const startServer = async (name: Server) => {
  const { args, env, file } = servers[name]
  const server = start(`servers/${file}.ts`, 0, args, env)
  const [{ port }] = await once(server, "message") as [{ port: number }]
  return { name, server, port }
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]

const row = (it: Case, name: Server, samples: ReadonlyArray<Sample>, reference: number): string => {
  const cpus = samples.map(({ cpu }) => cpu)
  const ratios = cpus.map((cpu) => reference / cpu)
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
  const rate = Math.round(median(samples.map(({ rate }) => rate)))
  const cells = [it.name, name, median(cpus).toFixed(2), (reference / median(cpus)).toFixed(2), spread, `${rate}`]
  return `| ${cells.join(" | ")} |`
}

const names = Object.keys(servers) as ReadonlyArray<Server>
const load = start("load.ts", 1)
const running = await Promise.all(names.map(startServer))

console.log(`${rounds} rounds${canPin ? ", server and load on a core each" : ""}, Node ${process.version}\n`)
console.log("| case | server | CPU µs per message | times ws | spread | messages per second |")
console.log("| --- | --- | --- | --- | --- | --- |")
for (const it of cases.filter(({ name }) => name.includes(values.case ?? ""))) {
  const samples = new Map<Server, Array<Sample>>(names.map((name) => [name, []]))
  for (const { port, server } of running) await measure(server, port, load, { ...it, messages: it.messages / 4 })
  for (let round = 0; round < rounds; round++) {
    for (const { name, port, server } of running) samples.get(name)?.push(await measure(server, port, load, it))
  }
  const reference = median((samples.get("ws") ?? []).map(({ cpu }) => cpu))
  for (const [name, values] of samples) console.log(row(it, name, values, reference))
}

load.disconnect()
for (const { server } of running) server.disconnect()
