/**
 * Compares servers of `effect/rpc` over WebSockets in one interleaved run: CPU per call and per element of a stream, and
 * memory of an idle connection.
 *
 * `npm run bench:rpc -- --rounds 5 --case elements`
 */
import { setTimeout } from "node:timers/promises"
import { parseArgs } from "node:util"
import { header, median, row, spread } from "../figures.ts"
import { ask, canPin, type Server, start, startServer, usageOf } from "../processes.ts"
import type { Usage } from "../report.ts"
import { type Case, exchanges, idle, type Use } from "./cases.ts"
import type { Order, Outcome } from "./load.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    milliseconds: { type: "string", default: "1000" },
    case: { type: "string", default: "" }
  }
})
const rounds = Number(values.rounds)

/** The first is what the others are compared with. */
const names = ["effect-sockets", "effect-router", "effect-ws"] as const
type Name = (typeof names)[number]

const load = start(new URL("load.ts", import.meta.url), { core: 1 })
const order = <A>(it: Order): Promise<A> => ask(load, it)

const serve = (name: Name, { compression = false }: Use, flags: ReadonlyArray<string> = []): Promise<Server> => {
  const args = compression ? ["compression"] : []
  return startServer(new URL(`servers/${name}.ts`, import.meta.url), { core: 0, args, flags })
}

const stop = ({ child }: Server): void => child.disconnect()

// ---- measuring ----

interface Sample {
  readonly figure: number
  /** Of calls or elements, in a second; or resident memory. */
  readonly other: number
  /** How much of its core the load used. */
  readonly loadBusy: number
}

const cost = async (server: Server, use: Use, milliseconds: number): Promise<Sample> => {
  await order({ verb: "open", port: server.port, use })
  const before = await usageOf(server)
  const { count, cpu, elapsed } = await order<Outcome>({ verb: "exchange", use, milliseconds })
  const after = await usageOf(server)
  await order({ verb: "close" })
  await setTimeout(100)
  return { figure: (after.cpu - before.cpu) / count, other: count / elapsed, loadBusy: cpu / elapsed }
}

/** Memory that is found to be free is given back a little later. */
const collected = async (server: Server): Promise<Usage> => {
  await usageOf(server, { collect: true })
  await setTimeout(300)
  return usageOf(server, { collect: true })
}

/** When connections have come and gone, code is compiled, and what they share is there. */
const footprint = async (server: Server): Promise<Sample> => {
  await cost(server, idle, 0)
  const before = await collected(server)
  await order({ verb: "open", port: server.port, use: idle })
  await order({ verb: "exchange", use: idle, milliseconds: 0 })
  const after = await collected(server)
  await order({ verb: "close" })
  const each = (usage: "heap" | "memory") => (after[usage] - before[usage]) / idle.connections / 1024
  return { figure: each("heap"), other: each("memory"), loadBusy: NaN }
}

type Samples = ReadonlyArray<ReadonlyArray<Sample>>

const costs = async (it: Case): Promise<Samples> => {
  const servers = await Promise.all(names.map((name) => serve(name, it)))
  const milliseconds = Number(values.milliseconds)
  for (const server of servers) await cost(server, it, 2 * milliseconds)
  const samples = names.map((): Array<Sample> => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, server] of servers.entries()) samples[i].push(await cost(server, it, milliseconds))
  }
  servers.forEach(stop)
  return samples
}

const footprints = async (): Promise<Samples> => {
  const samples = names.map((): Array<Sample> => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, name] of names.entries()) {
      const server = await serve(name, idle, ["--expose-gc"])
      samples[i].push(await footprint(server))
      stop(server)
    }
  }
  return samples
}

// ---- printing ----

const print = ({ bar, name }: Pick<Case, "name" | "bar">, samples: Samples): void => {
  const figures = samples.map((own) => own.map(({ figure }) => figure))
  names.forEach((server, i) => {
    const [reference, own] = [figures[0], figures[i]]
    const times = (median(reference) / median(own)).toFixed(2)
    const others = median(samples[i].map(({ other }) => other))
    const busy = median(samples[i].map(({ loadBusy }) => loadBusy))
    console.log(row([
      name,
      server,
      median(own).toFixed(2),
      times,
      spread(reference.map((value, round) => value / own[round])),
      server === "effect-ws" && bar !== undefined ? `${bar}` : "",
      others.toFixed(others < 1000 ? 1 : 0),
      Number.isNaN(busy) ? "" : `${(busy * 100).toFixed(0)} %`
    ]))
  })
}

console.log(`${rounds} rounds${canPin ? ", server and load on a core each" : ""}, Node ${process.version}`)
console.log(`\n${header(["case", "server", "CPU µs", "times Effect's", "spread", "bar", "per second", "load"])}`)
for (const it of exchanges) if (it.name.includes(values.case)) print(it, await costs(it))

if (idle.name.includes(values.case)) {
  console.log(`\n${header(["case", "server", "heap KiB", "times less", "spread", "bar", "resident KiB", ""])}`)
  print(idle, await footprints())
}
load.disconnect()
