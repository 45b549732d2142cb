/** Bytes as they come from a socket: cut anywhere, in memory that has something else around them. */
import type { Random } from "./Random.ts"

const other = 0xa5
const margin = 5

const cutsOf = (length: number, random: Random): ReadonlyArray<number> => {
  if (length < 200 && random.oneIn(6)) return Array.from({ length }, (_, i) => i)
  return Array.from({ length: random.below(8) }, () => random.below(length + 1)).toSorted((a, b) => a - b)
}

/** Lends bytes, and knows whether anything beside them was written to. */
export class Chunks {
  private readonly lent: Array<readonly [memory: Uint8Array, size: number]> = []

  /** A copy of the bytes. */
  lend(bytes: Uint8Array): Uint8Array {
    const memory = new Uint8Array(bytes.length + 2 * margin).fill(other)
    memory.set(bytes, margin)
    this.lent.push([memory, bytes.length])
    return memory.subarray(margin, margin + bytes.length)
  }

  /** Copies of the parts. */
  cut(bytes: Uint8Array, random: Random): ReadonlyArray<Uint8Array> {
    const cuts = cutsOf(bytes.length, random)
    return [0, ...cuts].map((start, i) => this.lend(bytes.subarray(start, cuts[i])))
  }

  check(): void {
    for (const [memory, size] of this.lent) {
      const isWhole = [memory.subarray(0, margin), memory.subarray(margin + size)].every((beside) =>
        beside.every((octet) => octet === other)
      )
      if (!isWhole) throw new Error("octets beside a chunk were written to")
    }
  }
}
