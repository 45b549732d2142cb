/**
 * Plays scripts from the command line, see README.md.
 */
import * as fc from "fast-check"
import * as Compare from "./Compare.ts"
import * as Difference from "./Difference.ts"
import { scripts } from "./fixed/index.ts"
import { type Kind, kinds } from "./generated/index.ts"
import * as Implementation from "./Implementation.ts"
import type { Record } from "./Journal.ts"
import type { Script } from "./Script.ts"

const [pairingName = "", wanted = "", flag] = process.argv.slice(2)

/** A few of a kind, another few for another seed. */
const sample = (kind: Kind, numRuns: number, seed: number): ReadonlyArray<Script> =>
  fc.sample(kinds[kind] as fc.Arbitrary<Script>, { numRuns, seed })

const find = (): ReadonlyArray<Script> => {
  if (wanted.startsWith("{")) return [JSON.parse(wanted) as Script]
  const [kind, runs = "100", seed = "1"] = wanted.split(":")
  if (Object.hasOwn(kinds, kind)) return sample(kind as Kind, Number(runs), Number(seed))
  return scripts.filter(({ name }) => name.includes(wanted))
}

const print = (record: Record): void => {
  for (const [side, lines] of Object.entries(record)) console.log([`${side}:`, ...lines, ""].join("\n"))
}

const changed = new Map<string, number>()

const count = (difference: string): void => {
  for (const line of new Set(difference.split("\n").filter((one) => /^[-+]/.test(one)))) {
    changed.set(line, (changed.get(line) ?? 0) + 1)
  }
}

const pairing = Implementation.parse(pairingName)
const all = find()
let differing = 0
for (const script of all) {
  const actual = await Compare.play(script, pairing)
  if (flag === "--record") print(actual)
  const difference = Difference.find(script, await Compare.play(script, Implementation.reference), actual)
  if (difference === undefined) continue
  differing++
  count(difference)
  if (flag !== "--summary") console.log(`${Compare.report(script, pairing, difference)}\n`)
}
if (flag === "--summary") {
  for (const [line, times] of [...changed].toSorted(([, a], [, b]) => b - a)) console.log(`${times}\t${line}`)
}
console.log(`${differing} of ${all.length} differ`)
process.exit(differing === 0 ? 0 : 1)
