/**
 * Compares servers that compress (RFC 7692) in one interleaved run: CPU per message, and memory.
 *
 * `npm run bench:deflate -- --rounds 5 --case echo --json figures.json`
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { header, median, row, spread } from "../figures.ts"
import { canPin, type Server, start, startServer } from "../processes.ts"
import { type Churn, churns, type Exchange, exchanges, type Idle, idles, type Traffic } from "./cases.ts"
import * as Measures from "./measures.ts"

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    case: { type: "string", default: "" },
    unpinned: { type: "boolean", default: false },
    seconds: { type: "string", default: "60" },
    json: { type: "string" }
  }
})
const rounds = Number(values.rounds)
const collecting = ["--expose-gc"]
/** The collector's young generation else doubles, by up to 32 MiB, at times that nobody can tell. */
const steady = ["--min-semi-space-size=16", "--max-semi-space-size=16"]
/** One for the server and one for the load; or the server's, and its thread pool's, is any that is free. */
const isPinned = canPin && !values.unpinned

const names = ["ws", "effect-ws"] as const
type Name = (typeof names)[number]

const load = start(new URL("load.ts", import.meta.url), { core: 1 })

const serve = (name: Name, flags: ReadonlyArray<string> = []): Promise<Server> =>
  startServer(new URL(`servers/${name}.ts`, import.meta.url), { flags, core: isPinned ? 0 : undefined })

const stop = ({ child }: Server): void => child.disconnect()

// ---- measuring: samples of each server, in the order of the names ----

const costs = async (it: Exchange): Promise<ReadonlyArray<ReadonlyArray<Measures.Cost>>> => {
  const servers = await Promise.all(names.map((name) => serve(name)))
  for (const server of servers) {
    await Measures.verify(server, load, it)
    await Measures.cost(server, load, { ...it, messages: it.messages / 4 })
  }
  const samples: ReadonlyArray<Array<Measures.Cost>> = names.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, server] of servers.entries()) samples[i].push(await Measures.cost(server, load, it))
  }
  servers.forEach(stop)
  return samples
}

const footprints = async (it: Idle): Promise<ReadonlyArray<ReadonlyArray<Measures.Footprint>>> => {
  const samples: ReadonlyArray<Array<Measures.Footprint>> = names.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, name] of names.entries()) {
      const server = await serve(name, collecting)
      samples[i].push(await Measures.footprint(server, load, it))
      stop(server)
    }
  }
  return samples
}

const growths = async (it: Churn): Promise<ReadonlyArray<ReadonlyArray<number>>> => {
  const samples: Array<ReadonlyArray<number>> = []
  for (const name of names) {
    const server = await serve(name, steady)
    samples.push(await Measures.growth(server, load, it, Number(values.seconds) * 1000))
    stop(server)
  }
  return samples
}

// ---- printing ----

/** How many times less than the first server's, round by round. */
const timesLess = (figures: ReadonlyArray<ReadonlyArray<number>>, i: number): ReadonlyArray<string> => {
  const [reference, own] = [figures[0], figures[i]]
  return [(median(reference) / median(own)).toFixed(2), spread(reference.map((value, round) => value / own[round]))]
}

const barOf = (bar: number | undefined, name: Name): string => name === "ws" || bar === undefined ? "" : `${bar}`

const mib = (octets: number): string => (octets / 2 ** 20).toFixed(1)
const kib = (octets: number): string => (octets / 2 ** 10).toFixed(1)

const figures: Array<object> = []

/** Measures the cases that are wanted, and prints a row for each server. */
const report = async <Case extends Traffic & { readonly name: string }, Sample>(
  cases: ReadonlyArray<Case>,
  titles: ReadonlyArray<string>,
  measure: (it: Case) => Promise<ReadonlyArray<ReadonlyArray<Sample>>>,
  cells: (samples: ReadonlyArray<ReadonlyArray<Sample>>, i: number, it: Case) => ReadonlyArray<string>
): Promise<void> => {
  const wanted = cases.filter(({ name }) => name.includes(values.case))
  if (wanted.length > 0) console.log(`\n${header(["case", "server", ...titles])}`)
  for (const it of wanted) {
    await Measures.prepare(load, it)
    const samples = await measure(it)
    names.forEach((name, i) => console.log(row([it.name, name, ...cells(samples, i, it)])))
    figures.push(...names.map((server, i) => ({ case: it.name, server, samples: samples[i] })))
  }
}

console.log(`${rounds} rounds${isPinned ? ", server and load on a core each" : ""}, Node ${process.version}`)

const perMessage = ["CPU µs per message", "times ws", "spread", "bar", "octets per message", "messages per second"]
await report(exchanges, perMessage, costs, (samples, i, { bar }) => {
  const cpus = samples.map((own) => own.map(({ cpu }) => cpu))
  const octets = median(samples[i].map(({ octets }) => octets))
  const rate = median(samples[i].map(({ rate }) => rate))
  const cpu = median(cpus[i]).toFixed(2)
  return [cpu, ...timesLess(cpus, i), barOf(bar, names[i]), octets.toFixed(1), rate.toFixed(0)]
})

const perConnection = ["KiB per connection", "times less than ws", "spread", "bar", "MiB in all", "MiB uncollected"]
await report(idles, perConnection, footprints, (samples, i, { bar }) => {
  const each = samples.map((own) => own.map(({ each }) => each))
  const total = median(samples[i].map(({ total }) => total))
  const uncollected = median(samples[i].map(({ uncollected }) => uncollected))
  return [kib(median(each[i])), ...timesLess(each, i), barOf(bar, names[i]), mib(total), mib(uncollected)]
})

await report(churns, ["MiB grown", `MiB in all, every 5 s for ${values.seconds} s`], growths, (samples, i) => {
  const own = samples[i]
  return [mib(own[own.length - 1] - own[0]), own.map(mib).join(" ")]
})

load.disconnect()
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`)
