import type { Tester } from "./Tester.ts"

/** One case of the catalogue: its number, what is sent, and what has to come back. */
export interface Case {
  readonly id: string
  readonly does: string
  readonly run: (tester: Tester) => Promise<void>
}

export const make = (id: string, does: string, run: (tester: Tester) => Promise<void>): Case => ({ id, does, run })
