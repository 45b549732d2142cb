/** What one side may want of the negotiation, by names that ws has too, and what both have agreed on then. */
import type { Agreement } from "../../conformance/Deflate.ts"

export interface Wishes {
  readonly serverNoContextTakeover?: true | undefined
  readonly clientNoContextTakeover?: true | undefined
  readonly serverMaxWindowBits?: number | undefined
  readonly clientMaxWindowBits?: number | undefined
}

const flags = [undefined, true] as const
const serverBits = [undefined, 8, 9, 10, 15]
const clientBits = [undefined, 8, 9, 15]

export const all: ReadonlyArray<Wishes> = flags.flatMap((serverNoContextTakeover) =>
  flags.flatMap((clientNoContextTakeover) =>
    serverBits.flatMap((serverMaxWindowBits) =>
      clientBits.map((clientMaxWindowBits) => ({
        serverNoContextTakeover,
        clientNoContextTakeover,
        serverMaxWindowBits,
        clientMaxWindowBits
      }))
    )
  )
)

/** Every value beside every value of every other wish. */
export const pairwise = all.filter((_, i) => i % 3 === 0)

/** Every wish comes true with a peer that has none. */
export const agreement = (wishes: Wishes): Agreement => ({
  client: { takeover: wishes.clientNoContextTakeover !== true, windowBits: wishes.clientMaxWindowBits ?? 15 },
  server: { takeover: wishes.serverNoContextTakeover !== true, windowBits: wishes.serverMaxWindowBits ?? 15 }
})

export const format = (wishes: Wishes): string => JSON.stringify(wishes).replaceAll(/["{}]/g, "").replaceAll(",", ", ")
