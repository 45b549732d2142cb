/** Compiles `src` to `dist`: modules, declarations, and maps of both. */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

rmSync(pathOf("../dist"), { recursive: true, force: true })

const tsc = pathOf("../node_modules/typescript/bin/tsc")
const { status } = spawnSync(process.execPath, [tsc, "--project", pathOf("tsconfig.build.json")], { stdio: "inherit" })
process.exitCode = status ?? 1
