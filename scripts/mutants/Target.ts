/** What faults are put into, and the tests that have to notice them. */
import { globSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Target {
  readonly sources: string
  /** Patterns for vitest that are asked about a source, those that notice most first. */
  readonly stages: (file: string) => ReadonlyArray<ReadonlyArray<string>>
}

const filesOf = (pattern: string): ReadonlyArray<string> => globSync(pattern, { cwd: root }).toSorted()

/** The test of the same name. */
const mirrored = (file: string): ReadonlyArray<string> =>
  filesOf(file.replace("src/", "test/").replace(".ts", ".test.ts"))

/** Scripts that are played with ws and with compat. What is generated like them takes minutes, and is left out. */
const scripts = ["conversations", "events", "handshakes"] as const

type Scripts = (typeof scripts)[number]

const fixed = (name: Scripts): ReadonlyArray<string> => [`test/compat/differential/fixed-${name}.test.ts`]

/** The scripts that concern a source most. The others are asked after them, the shortest first. */
const concerning: Readonly<Record<string, Scripts>> = {
  Handshake: "handshakes",
  Outgoing: "conversations",
  Payload: "conversations",
  WebSocket: "conversations",
  WebSocketServer: "handshakes"
}

const compatStages = (file: string): ReadonlyArray<ReadonlyArray<string>> => {
  const name = basename(file, ".ts")
  if (name === "register") return [["test/compat/register/"]]
  const first = concerning[name] ?? "events"
  const own = name === "WebSocketStream" ? filesOf("test/compat/streams.test.ts") : mirrored(file)
  const quick = [
    ...filesOf("test/compat/*.test.ts").filter((it) => !it.endsWith("streams.test.ts")),
    "test/compat/networks/",
    "test/observability/metrics.test.ts"
  ]
  const others = (["events", "conversations", "handshakes"] as const).filter((it) => it !== first)
  return [own, fixed(first), quick, ...others.map(fixed)]
}

export const targets: Readonly<Record<string, Target>> = {
  protocol: { sources: "src/protocol/*.ts", stages: (file) => [mirrored(file), ["test/protocol/"]] },
  compat: { sources: "src/compat/*.ts", stages: compatStages }
}
