/** Tests on other versions of Node: by default the oldest that is supported and the newest, what most depends on Node. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const usualVersions = ["22.19.0", "26"]

/** Sockets, streams, HTTP and zlib, in both faces. */
const usualTests = [
  "test/transport/Node",
  "test/transport/SocketReads",
  "test/transport/Transport",
  "test/transport/DeflateInterop",
  "test/connection",
  "test/server",
  "test/client",
  "test/compat/differential/fixed"
]

/** The folder with a version's binary, which npm has as a package for each platform. */
const binOf = (version: string): string => {
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(tmpdir(), `effect-ws-node-${version}`)
  const bin = join(folder, "node_modules", name, "bin")
  if (!existsSync(bin)) {
    const options = ["--prefix", folder, "--no-save", "--no-package-lock"]
    execFileSync("npm", ["install", ...options, `${name}@${version}`], { stdio: "inherit" })
  }
  return bin
}

/** Whether the tests pass. Programs that they start have the same Node, by the PATH. */
const passes = (version: string, tests: ReadonlyArray<string>): boolean => {
  const bin = binOf(version)
  const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` }
  console.log(`Node ${execFileSync(join(bin, "node"), ["--version"], { encoding: "utf8" })}`)
  const { status } = spawnSync(join(bin, "node"), ["node_modules/vitest/vitest.mjs", "run", ...tests], {
    env,
    stdio: "inherit"
  })
  return status === 0
}

const given = process.argv.slice(2)
const versions = given.filter((argument) => /^\d/.test(argument))
const tests = given.filter((argument) => !versions.includes(argument))
const failed = (versions.length > 0 ? versions : usualVersions).filter(
  (version) => !passes(version, tests.length > 0 ? tests : usualTests)
)
if (failed.length > 0) throw new Error(`tests fail on Node ${failed.join(" and ")}`)
