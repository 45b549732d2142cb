/** Which faults are tried, where there are too many for all. */
import { Random } from "../fuzz/Random.ts"
import type * as Mutation from "./Mutation.ts"

const shuffled = <A>(all: ReadonlyArray<A>, random: Random): ReadonlyArray<A> =>
  all.map((it) => ({ it, at: random.next() })).toSorted((a, b) => a.at - b.at).map(({ it }) => it)

const placeOf = ({ file, kind }: Mutation.Mutation): string => `${file} ${kind}`

/** So many, each file and each kind of syntax with its share, in an order in which every part is such a sample too. */
export const evenly = (
  all: ReadonlyArray<Mutation.Mutation>,
  size: number,
  seed: number
): ReadonlyArray<Mutation.Mutation> => {
  const random = new Random(seed)
  const sorted = shuffled(all, random).toSorted((a, b) => placeOf(a).localeCompare(placeOf(b)))
  const step = Math.max(1, all.length / size)
  const from = random.next() / 2 ** 32 * step
  const chosen = Array.from({ length: Math.min(size, all.length) }, (_, i) => sorted[Math.floor(from + i * step)])
  return shuffled(chosen.filter((it) => it !== undefined), random)
}
