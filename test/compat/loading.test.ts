/** What a program for ws has to load: not Effect's runtime. */
import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

const run = promisify(execFile)

/** The modules of Effect that a process loads with one of ours. */
const loadedWith = async (specifier: string): Promise<ReadonlyArray<string>> => {
  const program = `
    import { registerHooks } from "node:module"
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    await import(${JSON.stringify(specifier)})
    console.log(JSON.stringify(loaded))
  `
  const flags = ["--conditions=effect-ws-source", "--input-type=module", "--eval", program]
  const { stdout } = await run(process.execPath, flags)
  const urls: ReadonlyArray<string> = JSON.parse(stdout)
  return urls.flatMap((url) => /\/effect\/(?:dist|src)\/(.+)\.[jt]s$/.exec(url)?.[1] ?? [])
}

/** What it takes to run a fiber. */
const runtime = ["Effect", "internal/effect"]

describe("what is loaded", () => {
  it("with compat is Effect's errors and results, but nothing that runs a fiber", async () => {
    const loaded = await loadedWith("effect-ws/compat")
    assert.includeMembers([...loaded], ["Data", "Result"])
    assert.deepStrictEqual(runtime.filter((name) => loaded.includes(name)), [])
    assert.isBelow(loaded.length, 30)
  })

  it("with the library is its runtime, too", async () => {
    assert.includeMembers([...await loadedWith("effect-ws/Connection")], runtime)
  })
})
