/**
 * Puts small faults into the sources, one at a time, and says which of them no test notices.
 *
 * `npm run mutants -- --sample 300 --seed 1 --target protocol`
 */
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Mutation from "./Mutation.ts"
import { Trial } from "./Trial.ts"

interface Target {
  readonly sources: string
  /** What has to notice, as patterns for vitest. */
  readonly tests: ReadonlyArray<string>
}

const targets: Readonly<Record<string, Target>> = {
  protocol: { sources: "src/protocol/*.ts", tests: ["test/protocol/"] },
  compat: { sources: "src/compat/*.ts", tests: ["test/compat/"] }
}

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "protocol" },
    sample: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    file: { type: "string", default: "" }
  }
})

const { sources, tests } = targets[values.target] ?? targets["protocol"]
const root = fileURLToPath(new URL("../..", import.meta.url))

/** The same numbers for the same seed (mulberry32). */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let it = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it
  return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32
}

const next = random(Number(values.seed))
const files = globSync(sources, { cwd: root }).filter((file) => file.includes(values.file)).toSorted()
const all = files.flatMap((file) => Mutation.of(file, readFileSync(`${root}/${file}`, "utf8")))
const sample = all.map((mutation) => ({ mutation, at: next() })).toSorted((a, b) => a.at - b.at)
  .slice(0, Number(values.sample)).map(({ mutation }) => mutation)

const trial = new Trial()
process.once("SIGINT", () => process.exit(130))
process.once("exit", () => trial.remove())

if (!(await trial.passes(tests))) throw new Error("the tests do not pass without any fault")
console.log(`${sample.length} of ${all.length} faults in ${files.length} files`)
const survivors: Array<Mutation.Mutation> = []
for (const [i, mutation] of sample.entries()) {
  if (await trial.isNoticed(mutation, tests)) continue
  survivors.push(mutation)
  const { after, before, file, line } = mutation
  console.log(`${file}:${line} nobody notices ${JSON.stringify(before)} as ${JSON.stringify(after)} (${i + 1} tried)`)
}
const noticed = sample.length - survivors.length
console.log(`${noticed} of ${sample.length} noticed: ${(100 * noticed / sample.length).toFixed(1)} %`)
