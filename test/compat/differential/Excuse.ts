/** What is left of two records without that in which they may differ. */
import { everything, type Exception, exceptions } from "./Exceptions.ts"
import { type Record, type Side, sides } from "./Journal.ts"
import type { Script } from "./Script.ts"

const isTitle = (line: string): boolean => !line.startsWith(" ")

/** The step that has the first such line, counted from 1. */
const stepOf = (lines: ReadonlyArray<string>, pattern: RegExp): number => {
  const found = lines.findIndex((line) => pattern.test(line))
  return found < 0 ? Infinity : lines.slice(0, found + 1).filter(isTitle).length
}

/** The step from which on the records may go their ways. */
const endOf = (excused: ReadonlyArray<Exception>, records: ReadonlyArray<Record>): number =>
  Math.min(
    ...excused.flatMap(({ from }) =>
      from === undefined ? [] : records.flatMap((record) => sides.map((side) => stepOf(record[side], from)))
    )
  )

const before = (lines: ReadonlyArray<string>, end: number): ReadonlyArray<string> => {
  let step = 0
  return lines.filter((line) => {
    if (isTitle(line)) step++
    return step < end
  })
}

/** What of a side's lines is compared. */
type Counting = (record: Record, side: Side) => ReadonlyArray<string>

/** For a script of which these are the records. */
export const counting = (script: Script, records: ReadonlyArray<Record>): Counting => {
  const excused = exceptions.filter(({ applies }) => applies(script))
  if (excused.length === 0) return (record, side) => record[side]
  if (excused.some(({ ignores }) => ignores === everything)) return () => []
  const end = endOf(excused, records)
  const rest = (line: string): string =>
    isTitle(line) ? line : excused.reduce((text, { ignores }) => ignores ? text.replace(ignores, "") : text, line)
  return (record, side) => before(record[side], end).map(rest).filter((line) => line.trim() !== "")
}
