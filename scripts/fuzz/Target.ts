/** What is fuzzed: how its inputs are made, and what has to be true of each. */
import type { Input } from "./Input.ts"
import type { Random } from "./Random.ts"

/** What came out, by kind and in order. A way that was not seen before makes an input interesting. */
export type Trace = ReadonlyArray<string>

export interface Target {
  readonly name: string
  /** Contents to begin with. */
  readonly seeds: ReadonlyArray<Uint8Array>
  /** Makes another content of one, and of a second one to take parts from. */
  readonly mutate: (content: Uint8Array, random: Random, other: Uint8Array) => Uint8Array
  /** Throws what is wrong. Everything that is not in the content is decided by `input.choice`. */
  readonly run: (input: Input) => Trace | Promise<Trace>
}
