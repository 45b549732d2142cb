/** Runs a program, and tells what came of it and which files of ws were loaded. */
import { createRequire } from "node:module"

const { expected, run } = await import(`./programs/${process.argv[2]}`)
const result: unknown = await run()
const loaded = Object.keys(createRequire(import.meta.url).cache).filter((path) =>
  /[\\/]node_modules[\\/]ws[\\/]/.test(path)
)

console.log(`\n${JSON.stringify({ result, expected, loaded })}`)
process.exit(0)
