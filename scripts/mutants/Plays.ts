/** The scripts that are played with ws and with compat, and which of them can notice a fault. */
import { readFileSync } from "node:fs"
import type { Record } from "../../test/compat/differential/Journal.ts"
import * as Coverage from "./Coverage.ts"
import type * as Mutation from "./Mutation.ts"

/** What was found out about the scripts as things are, in their order. */
export interface Rehearsed {
  /** What runs before any is played. */
  readonly loaded: Coverage.Ran
  readonly plays: ReadonlyArray<{
    /** What is seen with ws on both sides. */
    readonly expected: Record
    /** How long the pairings with compat take, in milliseconds. */
    readonly took: number
    readonly ran: Coverage.Ran
  }>
}

export const read = (path: string): Rehearsed => JSON.parse(readFileSync(path, "utf8"))

export interface Chosen {
  readonly numbers: ReadonlyArray<number>
  /** In milliseconds. */
  readonly took: number
}

/**
 * The scripts that run what is faulty, the shortest first. What runs when it is loaded, or only once, may be kept for
 * later: then the others follow.
 */
export const choose = ({ loaded, plays }: Rehearsed, { file, place }: Mutation.Mutation): Chosen => {
  const sorted = plays.map(({ ran, took }, number) => ({ number, took, runs: Coverage.has(ran, file, place) }))
    .toSorted((a, b) => a.took - b.took)
  const running = sorted.filter(({ runs }) => runs)
  const isKept = Coverage.has(loaded, file, place) || running.length === 1
  const chosen = isKept ? [...running, ...sorted.filter(({ runs }) => !runs)] : running
  return {
    numbers: chosen.map(({ number }) => number),
    took: chosen.reduce((sum, { took }) => sum + took, 0)
  }
}
