/** Scripts as tests. */
import * as fc from "fast-check"
import { describe, it, type TestContext } from "vitest"
import * as Compare from "./Compare.ts"
import { type Kind, kinds } from "./generated/index.ts"
import * as Implementation from "./Implementation.ts"
import type { Script } from "./Script.ts"

const environment = (name: string): string | undefined => process.env[`DIFFERENTIAL_${name}`]

const fails = async (script: Script, signal: AbortSignal): Promise<void> => {
  const difference = await Compare.compare(script, undefined, signal)
  if (difference === undefined) return
  const error = new Error(difference)
  delete error.stack
  throw error
}

/** Has the next test wait until a play is over that a time limit cuts off. */
const toTheEnd = (run: (signal: AbortSignal) => Promise<void>) => ({ onTestFinished, signal }: TestContext) => {
  const running = run(signal)
  onTestFinished(() => running.catch(() => {}))
  return running
}

const title = Implementation.compatExists
  ? "compat is like ws"
  : "src/compat/index.ts does not exist yet: ws is like ws"

/** One test for each. */
export const fixed = (name: string, scripts: ReadonlyArray<Script>): void => {
  describe(`${title}: ${name}`, () => {
    it.for(scripts.map((script) => [script.name, script] as const))(
      "%s",
      ([, script], test) => toTheEnd((signal) => fails(script, signal))(test)
    )
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

const check = async (kind: Kind, runs: number, signal: AbortSignal): Promise<void> => {
  const details = await fc.check(fc.asyncProperty<[Script]>(kinds[kind], (script) => fails(script, signal)), {
    seed,
    numRuns: runs * Number(environment("RUNS") ?? 1),
    interruptAfterTimeLimit: timeLimit * Number(environment("RUNS") ?? 1),
    ...(path !== undefined && { path })
  })
  if (!details.failed) return
  const error = new Error(failure(kind, details))
  delete error.stack
  throw error
}

/** One test for so many of a kind. `DIFFERENTIAL_RUNS` multiplies them. */
export const generated = (kind: Kind, runs: number): void => {
  describe(title, () => {
    it(
      `${kind}, at random`,
      toTheEnd((signal) => check(kind, runs, signal)),
      2 * timeLimit * Number(environment("RUNS") ?? 1)
    )
  })
}
