/** Which faults are tried, where there are too many for all. */
import type * as Mutation from "./Mutation.ts"

/** The same numbers for the same seed (mulberry32). */
const random = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let it = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it
  return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32
}

const shuffled = <A>(all: ReadonlyArray<A>, next: () => number): ReadonlyArray<A> =>
  all.map((it) => ({ it, at: next() })).toSorted((a, b) => a.at - b.at).map(({ it }) => it)

const placeOf = ({ file, kind }: Mutation.Mutation): string => `${file} ${kind}`

/** So many, each file and each kind of syntax with its share, in an order in which every part is such a sample too. */
export const evenly = (
  all: ReadonlyArray<Mutation.Mutation>,
  size: number,
  seed: number
): ReadonlyArray<Mutation.Mutation> => {
  const next = random(seed)
  const sorted = shuffled(all, next).toSorted((a, b) => placeOf(a).localeCompare(placeOf(b)))
  const step = Math.max(1, all.length / size)
  const from = next() * step
  const chosen = Array.from({ length: Math.min(size, all.length) }, (_, i) => sorted[Math.floor(from + i * step)])
  return shuffled(chosen.filter((it) => it !== undefined), next)
}
