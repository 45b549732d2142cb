/**
 * Thousands of connections that come, talk, and go in every way there is, and then: whether anything has stayed.
 *
 * `npm run soak -- --minutes 15 --json soak.json --svg soak.svg`
 */
import { writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { parseArgs } from "node:util"
import { Random } from "../fuzz/Random.ts"
import { Gauge, type Sample } from "./Gauge.ts"
import * as Plot from "./Plot.ts"
import * as Rude from "./rude.ts"
import { paths, type Server, startCompat, startEffect } from "./servers.ts"
import * as Verdict from "./Verdict.ts"
import * as Visits from "./visits.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seconds: { type: "string" },
    visits: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    json: { type: "string" },
    svg: { type: "string" }
  }
})
const milliseconds = values.seconds === undefined ? Number(values.minutes) * 60_000 : Number(values.seconds) * 1000
const visitsPerRound = Number(values.visits)
const atOnce = 24
/** A visit, or what is left of one, that is not over after so long will never be. */
const patience = 30_000

const random = new Random(Number(values.seed))
const servers = [await startEffect(), await startCompat()]
const rudePort = await Rude.startServer()
const failures: Array<string> = []
const seen = new Map<string, number>()

const note = (kind: string): void => void seen.set(kind, (seen.get(kind) ?? 0) + 1)

const polite = async ({ port }: Server): Promise<void> => {
  const path = random.pick([paths.plain, paths.takeover, paths.fresh])
  const [talk, ending] = [random.pick(Visits.talks), random.pick(Visits.endings)]
  const visit = { url: `ws://127.0.0.1:${port}${path}`, compression: path !== paths.plain, talk, ending }
  note(ending)
  await random.pick([Visits.byEffect, Visits.byCompat])(visit)
}

const inVain = (url: string): Promise<void> => random.pick([Visits.inVainByEffect, Visits.inVainByCompat])(url)

/** One visit of any kind. */
const visit = async (): Promise<void> => {
  const server = random.pick(servers)
  const way = random.below(Rude.ways + 1)
  if (random.below(10) < 6) return polite(server)
  note("rude or refused")
  if (random.oneIn(3)) return inVain(`ws://127.0.0.1:${server.port}${paths.refused}`)
  if (random.oneIn(2)) return inVain(`ws://127.0.0.1:${rudePort}/${way === Rude.ways ? "none" : way}`)
  return Rude.visit(server.port, random.pick([paths.plain, paths.takeover]), way)
}

const inTime = async (work: Promise<void>): Promise<void> => {
  const late = new AbortController()
  const lateness = setTimeout(patience, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new Error("a visit does not end")
  })
  lateness.catch(() => {})
  await Promise.race([work, lateness]).finally(() => late.abort())
}

/** Goes on visiting until the round has had its share. */
const round = async (): Promise<void> => {
  let left = visitsPerRound
  const lane = async () => {
    while (left-- > 0) await inTime(visit()).catch((error) => failures.push(String(error)))
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

/** Waits until the servers have nobody left. */
const deserted = async (): Promise<void> => {
  const deadline = Date.now() + patience
  while (servers.some(({ count }) => count() > 0)) {
    if (Date.now() > deadline) return void failures.push("connections stay")
    await setTimeout(20)
  }
}

const gauge = new Gauge()
const samples: Array<Sample> = []
const end = Date.now() + milliseconds
while (Date.now() < end || samples.length < 8) {
  gauge.begin()
  await round()
  await deserted()
  samples.push(await gauge.end())
}

const lines = Verdict.judge(samples)
const isFlat = failures.length === 0 && lines.every((line) => line.isFlat)
console.log(`${samples.length} rounds of ${visitsPerRound} connections: ${JSON.stringify(Object.fromEntries(seen))}`)
for (const { first, isFlat, last, measure } of lines) {
  console.log(`${isFlat ? " " : "!"} ${measure.padEnd(13)} ${first.toFixed(1).padStart(13)} -> ${last.toFixed(1)}`)
}
for (const failure of new Set(failures)) console.log(`! ${failure}`)
console.log(isFlat ? "flat" : "NOT FLAT")
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ lines, failures, samples }, undefined, 2)}\n`)
}
if (values.svg !== undefined) writeFileSync(values.svg, Plot.draw(samples, lines))
process.exit(isFlat ? 0 : 1)
