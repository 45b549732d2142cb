/** What faults are put into, and the tests that have to notice them. */
import { globSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** Patterns for vitest, or the scripts of `test/compat/differential/fixed`, of which those are played that can notice. */
export type Stage = ReadonlyArray<string> | "plays"

export interface Target {
  readonly sources: string
  /** What is asked about a source, what notices most first. */
  readonly stages: (file: string) => ReadonlyArray<Stage>
}

const filesOf = (pattern: string): ReadonlyArray<string> => globSync(pattern, { cwd: root }).toSorted()

/** The test of the same name. */
const mirrored = (file: string): ReadonlyArray<string> =>
  filesOf(file.replace("src/", "test/").replace(".ts", ".test.ts"))

const testsOf = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.map((name) => `test/compat/${name}.test.ts`)

/** Classes and functions that can be used alone. The others of compat do not need them, so that no script plays them. */
const parts = ["Extension", "PerMessageDeflate", "Receiver", "Sender", "Subprotocol"]

const partTests = [...testsOf(parts), "test/compat/differential/parts.test.ts"]

/** What both use. */
const shared = new Set(["Errors", "Payload"])

const wholeTests = [
  "test/compat/networks/",
  ...testsOf(["destinations", "subclasses", "upgrades", "EffectSocket", "callbacks", "switches"]),
  "test/observability/metrics.test.ts"
]

/**
 * The test of the same name, then the scripts that are played with ws and with compat, then what else there is.
 * What is generated like scripts takes minutes, and is left out.
 */
const compatStages = (file: string): ReadonlyArray<Stage> => {
  const name = basename(file, ".ts")
  if (name === "register") return [["test/compat/register/"]]
  if (parts.includes(name)) return [mirrored(file), partTests]
  const more = [...(name === "WebSocketStream" ? testsOf(["streams"]) : []), ...wholeTests]
  return [mirrored(file), "plays", ...(shared.has(name) ? [partTests] : []), more]
}

export const targets: Readonly<Record<string, Target>> = {
  protocol: { sources: "src/protocol/*.ts", stages: (file) => [mirrored(file), ["test/protocol/"]] },
  compat: { sources: "src/compat/*.ts", stages: compatStages }
}

/** What is asked about a source of a target. */
export const stagesOf = ({ stages }: Target, file: string): ReadonlyArray<Stage> =>
  stages(file).filter(({ length }) => length > 0)
