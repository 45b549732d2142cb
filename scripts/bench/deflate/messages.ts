/**
 * JSON messages as they go over real connections: the same keys again and again, with other values. The same in every
 * process.
 */

/** So many different messages are sent, in a cycle: far more than a window of 32 KiB remembers. */
export const count = 256

type Random = (below: number) => number

/** Mulberry32. */
const randomFrom = (seed: number): Random => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const words = "order shipment customer waiting confirmed express parcel weekend invoice partial return gift fragile " +
  "priority warehouse morning delivery cancelled address changed please call before arrival"
const vocabulary = words.split(" ")

const text = (random: Random, length: number): string =>
  Array.from({ length }, () => vocabulary[random(vocabulary.length)]).join(" ")

const item = (random: Random) => ({
  sku: `${random(0xffffff).toString(36)}-${random(1000)}`,
  title: text(random, 3),
  quantity: 1 + random(9),
  price: random(100_000) / 100,
  currency: ["EUR", "USD", "GBP"][random(3)],
  inStock: random(4) > 0
})

const order = (random: Random) => ({
  type: ["order.created", "order.updated", "order.shipped"][random(3)],
  id: `${random(0xffffffff).toString(16)}${random(0xffffffff).toString(16)}`,
  at: new Date(1_790_000_000_000 + random(1_000_000_000)).toISOString(),
  customer: { id: random(1_000_000), name: text(random, 2), tier: ["basic", "gold"][random(2)] },
  total: random(1_000_000) / 100
})

/** A message of exactly so many octets, made up with a note. */
const message = (random: Random, size: number): string => {
  const items: Array<object> = []
  const head = order(random)
  const json = (note: string): string => JSON.stringify({ ...head, items, note })
  do items.push(item(random))
  while (json("").length < size - 200)
  return json(text(random, 60).slice(0, size - json("").length))
}

export const messages = (size: number): ReadonlyArray<string> => {
  const random = randomFrom(size)
  return Array.from({ length: count }, () => message(random, size))
}
