/**
 * Puts small faults into the sources, one at a time, and says which of them no test notices.
 *
 * `npm run mutants -- --sample 300 --seed 1 --target protocol`
 */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import * as Mutation from "./Mutation.ts"
import { Record } from "./Record.ts"
import * as Sample from "./Sample.ts"
import { root, stagesOf, targets } from "./Target.ts"
import { Trial, type Verdict } from "./Trial.ts"

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "protocol" },
    sample: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    file: { type: "string", default: "" },
    /** Where what is found out is kept. */
    record: { type: "string", default: "" },
    /** Whether those that nobody noticed are tried again. */
    again: { type: "boolean", default: false }
  }
})

const target = targets[values.target]
if (target === undefined) throw new Error(`there is no target ${values.target}: ${Object.keys(targets).join(", ")}`)

const files = globSync(target.sources, { cwd: root }).filter((file) => file.includes(values.file)).toSorted()
const all = files.flatMap((file) => Mutation.of(file, readFileSync(join(root, file), "utf8")))
if (all.length === 0) throw new Error(`no source of ${values.target} has ${values.file} in its name`)
const sample = Sample.evenly(all, Number(values.sample), Number(values.seed))
const record = new Record(values.record)

const trial = new Trial()
process.once("SIGINT", () => process.exit(130))
process.once("SIGTERM", () => process.exit(143))
process.once("exit", () => trial.remove())

const known = (mutation: Mutation.Mutation): Verdict | undefined => {
  const verdict = record.get(mutation)
  return values.again && verdict === "passed" ? undefined : verdict
}

const verdictOf = async (mutation: Mutation.Mutation): Promise<Verdict> => {
  const before = known(mutation)
  if (before !== undefined) return before
  const verdict = await trial.of(mutation, target)
  record.add(mutation, verdict)
  return verdict
}

const stages = [...new Set(sample.map(({ file }) => file))].flatMap((file) => stagesOf(target, file))
await trial.prepare([...new Map(stages.map((stage) => [String(stage), stage])).values()])

console.log(`${sample.length} of ${all.length} faults in ${files.length} files`)
const count = { failed: 0, late: 0, passed: 0 }
for (const [i, mutation] of sample.entries()) {
  const verdict = await verdictOf(mutation)
  count[verdict]++
  if (verdict === "failed") continue
  const { after, before, file, line } = mutation
  const said = verdict === "late" ? "does not end with" : "nobody notices"
  console.log(`${file}:${line} ${said} ${JSON.stringify(before)} as ${JSON.stringify(after)} (${i + 1} tried)`)
}
const noticed = count.failed + count.late
const share = (100 * noticed / sample.length).toFixed(1)
console.log(`${noticed} of ${sample.length} noticed: ${share} %, of them ${count.late} because a test did not end`)
