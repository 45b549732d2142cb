/** Plays some scripts, in this order, until one differs from what was written down. Then it fails. */
import * as Compare from "../../test/compat/differential/Compare.ts"
import * as Difference from "../../test/compat/differential/Difference.ts"
import { scripts } from "../../test/compat/differential/fixed/index.ts"
import * as Plays from "./Plays.ts"

const [path, numbers] = process.argv.slice(2)
const { plays } = Plays.read(path)

/** A busy machine may be too slow for a time-out of some milliseconds: what differs has to do so again. */
for (const number of numbers.split(",").map(Number)) {
  const script = scripts[number]
  const { expected } = plays[number]
  for (const pairing of Compare.pairingsOf(script).toReversed()) {
    if (Difference.find(script, expected, await Compare.play(script, pairing)) === undefined) continue
    const difference = await Compare.compare(script, [pairing])
    if (difference === undefined) continue
    console.log(difference)
    process.exit(1)
  }
}
process.exit()
