/** Runs a program, and tells what came of it, which packages asked for ws, and which files of ws they got. */
import { createRequire, registerHooks } from "node:module"

const askers = new Set<string>()
const urls = new Set<string>()

const packageOf = (url = ""): string => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? "the program"

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const resolved = nextResolve(specifier, context)
    if (specifier === "ws") askers.add(packageOf(context.parentURL))
    urls.add(resolved.url)
    return resolved
  }
})

const { expected, run, users } = await import(`./programs/${process.argv[2]}`)
const result: unknown = await run()

const required = Object.keys(createRequire(import.meta.url).cache)
const loaded = [...urls, ...required].filter((file) => /[\\/]node_modules[\\/]ws[\\/]/.test(file))
console.log(`\n${JSON.stringify({ result, expected, users, askers: [...askers].toSorted(), loaded })}`)
