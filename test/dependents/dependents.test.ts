import { execFile } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, it } from "vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))
const programs = globSync("test/dependents/programs/*.{js,ts}", { cwd: root }).map((file) => basename(file)).toSorted()

interface Told {
  readonly result: unknown
  readonly expected: unknown
  /** The packages that use ws, as the program has it. */
  readonly users: ReadonlyArray<string>
  /** The packages that asked for it. */
  readonly askers: ReadonlyArray<string>
  /** The files of ws. */
  readonly loaded: ReadonlyArray<string>
}

/** It ends when nothing is left that keeps it alive. */
const play = async (program: string, flags: ReadonlyArray<string>): Promise<Told> => {
  const args = ["--conditions=effect-ws-source", ...flags, "test/dependents/main.ts", program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 })
  return JSON.parse(stdout.trim().split("\n").at(-1)!)
}

/** Each library works as it is, and ws is not there. */
describe("with --import effect-ws/register", { concurrent: true, timeout: 60_000 }, () => {
  it.for(programs)("%s works, and ws is not loaded", async (program, { expect, skip }) => {
    if (program === "puppeteer.ts" && !existsSync("/usr/bin/chromium")) return skip()
    const { askers, expected, loaded, result, users } = await play(program, ["--import", "effect-ws/register"])
    expect(result).toEqual(expected)
    expect(askers).toEqual(users)
    expect(loaded).toEqual([])
  })
})

describe("without it", { timeout: 60_000 }, () => {
  it("the same program loads ws, so that this would be seen", async ({ expect }) => {
    const { expected, loaded, result } = await play("graphql-ws.ts", [])
    expect(result).toEqual(expected)
    expect(loaded).not.toEqual([])
  })
})
