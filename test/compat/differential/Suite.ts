/** Scripts as tests. */
import * as fc from "fast-check"
import { describe, it } from "vitest"
import * as Compare from "./Compare.ts"
import { type Kind, kinds } from "./generated/index.ts"
import * as Implementation from "./Implementation.ts"
import type { Script } from "./Script.ts"

const environment = (name: string): string | undefined => process.env[`DIFFERENTIAL_${name}`]

const fails = async (script: Script): Promise<void> => {
  const difference = await Compare.compare(script)
  if (difference === undefined) return
  const error = new Error(difference)
  delete error.stack
  throw error
}

const title = Implementation.compatExists
  ? "compat is like ws"
  : "src/compat/index.ts does not exist yet: ws is like ws"

/** One test for each. */
export const fixed = (name: string, scripts: ReadonlyArray<Script>): void => {
  describe(`${title}: ${name}`, () => {
    it.for(scripts.map((script) => [script.name, script] as const))("%s", ([, script]) => fails(script))
  })
}

const seed = Number(environment("SEED") ?? 2026)
const path = environment("PATH")

const failure = (kind: Kind, details: fc.RunDetails<[Script]>): string => {
  const again = `DIFFERENTIAL_SEED=${details.seed} DIFFERENTIAL_PATH=${details.counterexamplePath}`
  const error = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance)
  return `${error}\n\nAgain, from where it was found: ${again} vitest run test/compat/differential -t "${kind}"`
}

/** So long it may look for a failure, or for a smaller script that fails. */
const timeLimit = 25_000

/** One test for so many of a kind. `DIFFERENTIAL_RUNS` multiplies them. */
export const generated = (kind: Kind, runs: number): void => {
  describe(title, () => {
    it(`${kind}, at random`, async () => {
      const details = await fc.check(fc.asyncProperty<[Script]>(kinds[kind], fails), {
        seed,
        numRuns: runs * Number(environment("RUNS") ?? 1),
        interruptAfterTimeLimit: timeLimit * Number(environment("RUNS") ?? 1),
        ...(path !== undefined && { path })
      })
      if (!details.failed) return
      const error = new Error(failure(kind, details))
      delete error.stack
      throw error
    }, 2 * timeLimit * Number(environment("RUNS") ?? 1))
  })
}
