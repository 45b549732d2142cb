import * as fc from "fast-check"

/** Where to cut: anywhere, or behind every octet. */
export const cuts: fc.Arbitrary<ReadonlyArray<number> | "octets"> = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.nat(), { maxLength: 12 }) },
  { weight: 1, arbitrary: fc.constant("octets" as const) }
)

/** Copies of the parts: whoever is given one may write into it. */
export const cut = (bytes: Uint8Array, at: ReadonlyArray<number> | "octets"): ReadonlyArray<Uint8Array> => {
  if (at === "octets") return Array.from(bytes, (octet) => Uint8Array.of(octet))
  const inside = at.map((position) => position % (bytes.length + 1)).toSorted((a, b) => a - b)
  return [0, ...inside].map((start, i) => bytes.slice(start, inside[i]))
}

/** The bytes in the middle of a bigger buffer, at any alignment. */
export const embedded = (bytes: Uint8Array, before: number, after: number): Uint8Array => {
  const memory = new Uint8Array(before + bytes.length + after).fill(0xa5)
  memory.set(bytes, before)
  return memory.subarray(before, before + bytes.length)
}
