/**
 * Throws mutated inputs at what reads bytes and headers, guided by what they make run, until something is wrong.
 *
 * `npm run fuzz -- --minutes 60 --target decoder`
 */
import { parseArgs } from "node:util"
import * as Corpus from "./Corpus.ts"
import { Coverage } from "./Coverage.ts"
import { type Finding, Fuzzer } from "./Fuzzer.ts"
import { Random } from "./Random.ts"
import { shrink } from "./Shrink.ts"
import type { Target } from "./Target.ts"
import * as Targets from "./Targets.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seconds: { type: "string" },
    target: { type: "string", multiple: true },
    seed: { type: "string" },
    save: { type: "boolean", default: false }
  }
})
const milliseconds = values.seconds === undefined ? Number(values.minutes) * 60_000 : Number(values.seconds) * 1000
const seed = Number(values.seed ?? Date.now() % 2 ** 32)
/** A target is left for the next after so long. */
const turn = 10_000

const wanted = Targets.names.filter((name) => values.target?.includes(name) ?? true)
const coverage = new Coverage(new URL("../../src/", import.meta.url))
const random = new Random(seed)
const findings: Array<string> = []

const report = async (target: Target, finding: Finding): Promise<void> => {
  const input = await shrink(target, finding.input)
  const file = Corpus.saveFinding(target.name, input)
  findings.push(file)
  console.error(`${target.name}: ${file} (seed ${seed})`)
  console.error(finding.error)
}

const fuzzFor = async (fuzzer: Fuzzer, deadline: number): Promise<boolean> => {
  while (Date.now() < deadline) {
    const finding = await fuzzer.next()
    if (finding === undefined) continue
    await report(fuzzer.target, finding)
    return false
  }
  return true
}

const begin = async (name: typeof Targets.names[number]): Promise<Fuzzer | undefined> => {
  const fuzzer = new Fuzzer(await Targets.load(name), coverage, random)
  const finding = await fuzzer.begin()
  if (finding === undefined) return fuzzer
  await report(fuzzer.target, finding)
  return undefined
}

const say = ({ corpusSize, inputs, target }: Fuzzer): void =>
  console.log(`${target.name}: ${inputs} inputs, ${corpusSize} of them interesting`)

console.log(`seed ${seed}, ${wanted.join(", ")}`)
const end = Date.now() + milliseconds
const all: Array<Fuzzer> = []
for (const name of wanted) {
  const fuzzer = await begin(name)
  if (fuzzer !== undefined) all.push(fuzzer)
}
const going = new Set(all)
const share = Math.min(turn, milliseconds / Math.max(1, all.length))
while (Date.now() < end && going.size > 0) {
  for (const fuzzer of going) {
    if (!await fuzzFor(fuzzer, Math.min(end, Date.now() + share))) going.delete(fuzzer)
  }
}
for (const fuzzer of all) {
  say(fuzzer)
  if (values.save) Corpus.replace(fuzzer.target.name, fuzzer.minimal())
}
console.log(`${coverage.size} blocks of src ran; ${findings.length} findings`)
process.exitCode = findings.length === 0 ? 0 : 1
