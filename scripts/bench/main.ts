/**
 * Compares programs that do the same work, in one interleaved run.
 *
 * `npm run bench -- --short`, or `npm run bench -- --rounds 5 --case pipelined --adapter compat --json figures.json`
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type Adapter, adaptersOf } from "./adapters.ts"
import { type Case, cases, isOfMemory } from "./cases.ts"
import { Contestant } from "./contestant.ts"
import * as Files from "./load/files.ts"
import { language } from "./load/program.ts"
import { install } from "./peers.ts"
import { canPin } from "./processes.ts"
import { headerOf, type Result, rowOf, warningOf } from "./tables.ts"

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    rounds: { type: "string" },
    milliseconds: { type: "string" },
    case: { type: "string", multiple: true },
    adapter: { type: "string", multiple: true },
    json: { type: "string" },
    markdown: { type: "string" }
  }
})
/** Many short rounds: a shared machine is another one for seconds, and each round has all adapters. */
const rounds = Number(values.rounds ?? (values.short ? 5 : 7))
const milliseconds = Number(values.milliseconds ?? (values.short ? 150 : 500))

/** Memory varies little, and each of its rounds needs a process of its own. */
const roundsOf = (it: Case): number => isOfMemory(it) ? Math.ceil(rounds / 5) : rounds

/** In milliseconds, until the code is compiled: handshakes take much code, and it is run seldom. */
const warmUpOf = ({ measure }: Case): number => (values.short ? 1200 : 3000) * (measure === "handshakes" ? 3 : 1)

const referenceOf = ({ reference = "ws" }: Case): string => reference

const isWantedCase = ({ name, short = false }: Case): boolean =>
  values.case?.some((part) => name.includes(part)) ?? (short || !values.short)

/** The reference is always there. */
const isWanted = ({ name, short = false }: Adapter, it: Case): boolean =>
  name === referenceOf(it) || (values.adapter?.includes(name) ?? (short || !values.short))

const lines: Array<string> = []
const say = (line: string): void => {
  lines.push(line)
  console.log(line)
}

const notes = new Set<string>()

const isThere = ({ name, peer }: Adapter): boolean => {
  const problem = peer && install(peer)
  if (problem !== undefined) notes.add(`${name} is left out: ${problem}`)
  return problem === undefined
}

/** Those who cannot do it are left out, with a note that says why. */
const each = async (contestants: Set<Contestant>, step: (contestant: Contestant) => Promise<void>): Promise<void> => {
  for (const contestant of contestants) {
    try {
      await step(contestant)
    } catch (error) {
      contestants.delete(contestant)
      contestant.stop()
      notes.add(`${contestant.adapter.name} is left out of “${contestant.it.name}”: ${error}`)
    }
  }
}

const run = async (it: Case): Promise<ReadonlyArray<Result>> => {
  const files = Files.write(it.content, it.compression ?? false)
  const wanted = adaptersOf(it).filter((adapter) => isWanted(adapter, it) && isThere(adapter))
  const contestants = new Set(wanted.map((adapter) => new Contestant(adapter, it, files)))
  await each(contestants, (contestant) => contestant.warmUp(warmUpOf(it)))
  for (let round = 0; round < roundsOf(it); round++) {
    await each(contestants, (contestant) => contestant.measure(milliseconds))
  }
  for (const contestant of contestants) contestant.stop()
  const all = [...contestants]
  const reference = all.find(({ adapter: { name } }) => name === referenceOf(it))?.samples ?? []
  return all.map(({ adapter, samples }) => ({ it, adapter, samples, reference }))
}

say(`${rounds} rounds, Node ${process.version}, load in ${language}${canPin ? ", server and load on a core each" : ""}`)
const results: Array<Result> = []
let header = ""
for (const it of cases.filter(isWantedCase)) {
  const own = await run(it)
  if (headerOf(it) !== header) say(`\n${header = headerOf(it)}`)
  for (const result of own) {
    const warning = warningOf(result)
    if (warning !== undefined) notes.add(warning)
    say(rowOf(result))
  }
  results.push(...own)
}
if (notes.size > 0) say(`\n${[...notes].map((note) => `- ${note}`).join("\n")}`)

if (values.markdown !== undefined) writeFileSync(values.markdown, `${lines.join("\n")}\n`)
if (values.json !== undefined) {
  const figures = results.map(({ adapter, it, samples }) => ({ case: it.name, adapter: adapter.name, samples }))
  const report = { rounds, milliseconds, node: process.version, load: language, figures, notes: [...notes] }
  writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}
