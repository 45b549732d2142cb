/** Whether something grows: the median of the last third is held against that of the first, when it was warm. */
import type { Sample } from "./Gauge.ts"

/** What may be more at the end: a share of what there was, and something besides. */
interface Tolerance {
  readonly share: number
  readonly more: number
}

const MiB = 2 ** 20

/**
 * The heap is what tells of leaks: a connection that is kept holds some KiB. Resident memory goes up and down with what
 * the allocator keeps, and the delay with what else the machine does: they only have to stay in their order.
 */
export const tolerances: Readonly<Record<keyof Sample, Tolerance>> = {
  resident: { share: 0.1, more: 24 * MiB },
  heap: { share: 0.02, more: MiB },
  external: { share: 0.05, more: MiB },
  handles: { share: 0, more: 0 },
  listeners: { share: 0, more: 0 },
  zlibContexts: { share: 0, more: 2 },
  zlibOctets: { share: 0, more: MiB },
  loopDelay: { share: 3, more: 25 }
}

export const measures = Object.keys(tolerances) as ReadonlyArray<keyof Sample>

/** This much of the samples is from the time when code was compiled and caches filled. */
const coldShare = 0.25

export interface Line {
  readonly measure: keyof Sample
  readonly first: number
  readonly last: number
  readonly isFlat: boolean
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

export const firstWarm = (count: number): number => Math.floor(count * coldShare)

const lineOf = (measure: keyof Sample, values: ReadonlyArray<number>): Line => {
  const third = Math.max(1, Math.floor(values.length / 3))
  const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))]
  const { more, share } = tolerances[measure]
  return { measure, first, last, isFlat: last <= first * (1 + share) + more }
}

export const judge = (samples: ReadonlyArray<Sample>): ReadonlyArray<Line> => {
  const warm = samples.slice(firstWarm(samples.length))
  return measures.map((measure) => lineOf(measure, warm.map((sample) => sample[measure])))
}
