/**
 * Compares echo servers in one interleaved run: server CPU per message, and throughput.
 *
 * `npm run bench -- --rounds 5 --case pipelined`
 */
import type { ChildProcess } from "node:child_process"
import { parseArgs } from "node:util"
import { header, median, row, spread } from "../figures.ts"
import { ask, canPin, type Server, start, startServer, usageOf } from "../processes.ts"
import { type Case, cases } from "./cases.ts"

/** The programs that are compared, each with its argument and environment. */
const servers = {
  ws: { file: "ws", args: [], env: { WS_NO_BUFFER_UTIL: "1" } },
  "ws+bufferutil": { file: "ws", args: [], env: {} },
  "effect-ws": { file: "effect-ws", args: [], env: {} },
  "compat": { file: "ws", args: ["compat"], env: {} },
  "effect-ws-each": { file: "effect-ws", args: ["each"], env: {} }
} as const
type Name = keyof typeof servers

interface Sample {
  readonly cpu: number
  readonly rate: number
}

const { values } = parseArgs({ options: { rounds: { type: "string" }, case: { type: "string" } } })
const rounds = Number(values.rounds ?? 3)

const measure = async (server: Server, load: ChildProcess, it: Case): Promise<Sample> => {
  const before = await usageOf(server)
  const { elapsed } = await ask<{ elapsed: number }>(load, { port: server.port, case: it })
  const cpu = (await usageOf(server)).cpu - before.cpu
  return { cpu: cpu / it.messages, rate: it.messages / elapsed }
}

const startNamed = async (name: Name) => {
  const { args, env, file } = servers[name]
  return { name, server: await startServer(new URL(`servers/${file}.ts`, import.meta.url), { core: 0, args, env }) }
}

const rowOf = (it: Case, name: Name, samples: ReadonlyArray<Sample>, reference: number): string => {
  const cpus = samples.map(({ cpu }) => cpu)
  const rate = Math.round(median(samples.map(({ rate }) => rate)))
  const ratios = spread(cpus.map((cpu) => reference / cpu))
  return row([it.name, name, median(cpus).toFixed(2), (reference / median(cpus)).toFixed(2), ratios, `${rate}`])
}

const names = Object.keys(servers) as ReadonlyArray<Name>
const load = start(new URL("load.ts", import.meta.url), { core: 1 })
const running = await Promise.all(names.map(startNamed))

console.log(`${rounds} rounds${canPin ? ", server and load on a core each" : ""}, Node ${process.version}\n`)
console.log(header(["case", "server", "CPU µs per message", "times ws", "spread", "messages per second"]))
for (const it of cases.filter(({ name }) => name.includes(values.case ?? ""))) {
  const samples = new Map<Name, Array<Sample>>(names.map((name) => [name, []]))
  for (const { server } of running) await measure(server, load, { ...it, messages: it.messages / 4 })
  for (let round = 0; round < rounds; round++) {
    for (const { name, server } of running) samples.get(name)?.push(await measure(server, load, it))
  }
  const reference = median((samples.get("ws") ?? []).map(({ cpu }) => cpu))
  for (const [name, values] of samples) console.log(rowOf(it, name, values, reference))
}

load.disconnect()
for (const { server } of running) server.child.disconnect()
