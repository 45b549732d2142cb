/** Compiles `src` to `dist`: modules, declarations, and maps of both; and what `require("effect-ws/compat")` finds. */
import { spawnSync } from "node:child_process"
import { cpSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

rmSync(pathOf("../dist"), { recursive: true, force: true })

const tsc = pathOf("../node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [tsc, "--project", pathOf("tsconfig.build.json")], { stdio: "inherit" })
process.exitCode = status ?? 1

// Node would find the class by the export name "module.exports", which not all bundlers know.
cpSync(pathOf("../src/compat/index.d.cts"), pathOf("../dist/compat/index.d.cts"))
writeFileSync(pathOf("../dist/compat/index.cjs"), `module.exports = require("./index.js").WebSocket\n`)
