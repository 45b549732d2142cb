/** Plays every script as things are, and writes down what each needs to be played again with a fault. */
import { writeFileSync } from "node:fs"
import * as Compare from "../../test/compat/differential/Compare.ts"
import * as Difference from "../../test/compat/differential/Difference.ts"
import { scripts } from "../../test/compat/differential/fixed/index.ts"
import * as Implementation from "../../test/compat/differential/Implementation.ts"
import type { Script } from "../../test/compat/differential/Script.ts"
import * as Coverage from "./Coverage.ts"
import type { Rehearsed } from "./Plays.ts"
import { root } from "./Target.ts"

const [path] = process.argv.slice(2)

const taken = Coverage.start(root, "src/compat/")
await Implementation.load("compat")
const loaded = taken()

const rehearse = async (script: Script): Promise<Rehearsed["plays"][number]> => {
  const expected = await Compare.play(script, Implementation.reference)
  taken()
  const began = performance.now()
  for (const pairing of Compare.pairingsOf(script)) {
    const difference = Difference.find(script, expected, await Compare.play(script, pairing))
    if (difference !== undefined) throw new Error(Compare.report(script, pairing, difference))
  }
  return { expected, took: performance.now() - began, ran: taken() }
}

/** A busy machine may be too slow for a time-out of some milliseconds: once more. */
const plays: Array<Rehearsed["plays"][number]> = []
for (const script of scripts) plays.push(await rehearse(script).catch(() => rehearse(script)))

const rehearsed: Rehearsed = { loaded, plays }
writeFileSync(path, JSON.stringify(rehearsed))
process.exit()
