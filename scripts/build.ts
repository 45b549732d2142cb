/**
 * Compiles `src` to `dist`: modules, declarations, and maps of both; and what `require("effect-ws/compat")` finds.
 *
 * The modules that a program for ws loads are brought together in three files, to which they only refer: so it starts in
 * 0.18 s, and not in 0.23 as with a hundred.
 */
import { spawnSync } from "node:child_process"
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const [src, dist] = ["../src/", "../dist/"].map(pathOf)

const compile = (): void => {
  const tsc = pathOf("../node_modules/typescript/bin/tsc")
  const { status } = spawnSync(process.execPath, [tsc, "--project", pathOf("tsconfig.build.json")], {
    stdio: "inherit"
  })
  process.exitCode = status ?? 1
}

const isForeign = (id: string): boolean => /^[@a-z]/.test(id)

const modulesOfCompat = async (): Promise<ReadonlyArray<string>> => {
  await using build = await rolldown({ input: `${src}compat/index.ts`, external: isForeign })
  const { output } = await build.generate({ codeSplitting: false })
  return output.flatMap((file) => file.type === "chunk" ? file.moduleIds : []).filter((id) => id.startsWith(src))
}

const bundle = async (modules: ReadonlyArray<string>): Promise<void> => {
  const nameOf = (id: string): string => relative(src, id).replace(/\.ts$/, "")
  const input = Object.fromEntries(modules.map((id) => [nameOf(id), id]))
  const groups = [
    { name: "protocol/bundle", test: `${src}protocol`, priority: 2 },
    { name: "connection/bundle", test: (id: string) => !id.startsWith(`${src}compat`), priority: 1 },
    { name: "compat/bundle", test: `${src}compat` }
  ]
  await using build = await rolldown({ input, external: isForeign, preserveEntrySignatures: "strict" })
  const names = { entryFileNames: "[name].js", chunkFileNames: "[name].js" }
  await build.write({ dir: dist, ...names, sourcemap: true, comments: false, codeSplitting: { groups } })
  for (const id of modules) rmSync(`${dist}${nameOf(id)}.js.map`, { force: true })
}

/** For those who cannot `require` modules, such as Jest: all of it in one file, with what it takes of Effect. */
const bundleAlone = async (): Promise<void> => {
  const transform = { define: { "import.meta.url": "__filename" } }
  await using build = await rolldown({ input: `${src}compat/index.ts`, platform: "node", transform })
  const banner = `/*!\nWith parts of Effect:\n\n${readFileSync(pathOf("../node_modules/effect/LICENSE"), "utf8")}*/`
  await build.write({
    file: `${dist}compat/alone.cjs`,
    format: "cjs",
    exports: "named",
    codeSplitting: false,
    comments: false,
    banner,
    footer: "module.exports = exports.WebSocket"
  })
}

rmSync(dist, { recursive: true, force: true })
compile()
await bundle(await modulesOfCompat())
await bundleAlone()

// Node would find the class by the export name "module.exports", which not all bundlers know.
cpSync(`${src}compat/index.d.cts`, `${dist}compat/index.d.cts`)
writeFileSync(`${dist}compat/index.cjs`, `module.exports = require("./index.js").WebSocket\n`)
