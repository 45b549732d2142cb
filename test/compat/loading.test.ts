/** What a program for ws has to load: not Effect's runtime. */
import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

const run = promisify(execFile)

const runSource = async (program: string): Promise<string> => {
  const flags = ["--conditions=effect-ws-source", "--input-type=module", "--eval", program]
  return (await run(process.execPath, flags)).stdout
}

/** The modules of Effect that a process loads with one of ours. */
const loadedWith = async (specifier: string): Promise<ReadonlyArray<string>> => {
  const program = `
    import { registerHooks } from "node:module"
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    await import(${JSON.stringify(specifier)})
    console.log(JSON.stringify(loaded))
  `
  const urls: ReadonlyArray<string> = JSON.parse(await runSource(program))
  return urls.flatMap((url) => /\/effect\/(?:dist|src)\/(.+)\.[jt]s$/.exec(url)?.[1] ?? [])
}

/** The modules of Node that a process loads besides. */
const builtinsWith = async (specifier: string): Promise<ReadonlyArray<string>> =>
  JSON.parse(
    await runSource(`
    await import(${JSON.stringify(specifier)})
    console.log(JSON.stringify(process.moduleLoadList.map((name) => name.split(" ")[1])))
  `)
  )

/** What it takes to run a fiber. */
const runtime = ["Effect", "internal/effect"]

describe("what is loaded", () => {
  it("with compat is Effect's errors and results, but nothing that runs a fiber", async () => {
    const loaded = await loadedWith("effect-ws/compat")
    assert.includeMembers([...loaded], ["Data", "Result"])
    assert.deepStrictEqual(runtime.filter((name) => loaded.includes(name)), [])
    assert.isBelow(loaded.length, 30)
  })

  it("with compat is no part of Node that only other exports of its modules need", async () => {
    const loaded = await builtinsWith("effect-ws/compat")
    const needless = ["internal/deps/undici/undici", "internal/crypto/webcrypto"]
    assert.includeMembers([...loaded], ["http", "https", "tls", "crypto"])
    assert.deepStrictEqual(needless.filter((name) => loaded.includes(name)), [])
  })

  it("with the library is its runtime, too", async () => {
    assert.includeMembers([...await loadedWith("effect-ws/Connection")], runtime)
  })
})
