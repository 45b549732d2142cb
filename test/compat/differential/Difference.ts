/** Two records, and how they differ. */
import * as Excuse from "./Excuse.ts"
import { type Record, sides } from "./Journal.ts"
import type { Script } from "./Script.ts"

/** For each line of one, how long what it has in common with the other is from there on. */
const common = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<number>> => {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1])
    }
  }
  return table
}

/** Lines that were there start with `-`, those that were not with `+`. */
export const lines = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): ReadonlyArray<string> => {
  const table = common(a, b)
  const out: Array<string> = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(`  ${a[i++]}`)
      j++
    } else if (j === b.length || (i < a.length && table[i + 1][j] >= table[i][j + 1])) out.push(`- ${a[i++]}`)
    else out.push(`+ ${b[j++]}`)
  }
  return out
}

const isTitle = (line: string): boolean => !line.slice(2).startsWith(" ")

/** Leaves away the steps in which all is the same. */
const interesting = (all: ReadonlyArray<string>): ReadonlyArray<string> => {
  const steps: Array<Array<string>> = []
  for (const line of all) {
    if (isTitle(line)) steps.push([line])
    else steps.at(-1)!.push(line)
  }
  return steps.filter((step) => step.some((line) => !line.startsWith(" "))).flat()
}

/** The difference, or `undefined` if there is none. */
export const find = (script: Script, expected: Record, actual: Record): string | undefined => {
  const records = [expected, actual]
  const counting = Excuse.counting(script, records)
  const parts = sides.flatMap((side) => {
    const [a, b] = records.map((record) => counting(record, side))
    return a.join("\n") === b.join("\n") ? [] : [`${side}:`].concat(interesting(lines(a, b)))
  })
  return parts.length === 0 ? undefined : parts.join("\n")
}
