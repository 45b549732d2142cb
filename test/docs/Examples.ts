/** Makes programs of fences in a folder of their own, and compiles and runs them there. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Fence } from "./Fences.ts"
import * as ResultComments from "./ResultComments.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url))
const preload = new URL("preload.ts", import.meta.url).href

const settings = {
  extends: "../../../tsconfig.json",
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
  include: ["./*.ts"]
}

/** A folder of programs; dot and `.gitignore` hide it from compiler, linter, formatter and git. */
export const makeFolder = (): string => {
  const folder = mkdtempSync(join(here, ".examples-"))
  writeFileSync(join(folder, ".gitignore"), "*\n")
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings))
  return folder
}

export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** Such as `src-protocol-Mask.57.ts`. */
const fileOf = ({ file, line }: Fence): string => `${file.replace(/\.ts$/, "").replaceAll("/", "-")}.${line}.ts`

/** The program has the example's lines where the documentation has them, so that messages point there. */
export const write = (folder: string, fence: Fence): void => {
  const { code, lines } = ResultComments.toChecks(fence)
  const header = `import * as $Result from "../ResultCheck.ts"; const $is = $Result.make(${JSON.stringify(lines)})`
  writeFileSync(join(folder, fileOf(fence)), `${header}${"\n".repeat(fence.line)}${code}`)
}

export interface Outcome {
  readonly exitCode: number | string | null | undefined
  readonly output: string
}

const node = (args: ReadonlyArray<string>): Promise<Outcome> =>
  new Promise((resolve) => {
    const options = { timeout: 50_000, killSignal: "SIGKILL", env: { ...process.env, NODE_OPTIONS: "" } } as const
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const killed = error?.killed === true ? "still running after 20 seconds\n" : ""
      resolve({ exitCode: error === null ? 0 : error.code, output: `${killed}${stdout}${stderr}` })
    })
  })

/** Type-checks all programs of the folder. */
export const compile = (folder: string): Promise<Outcome> => node([tsc, "--project", folder])

export const run = (folder: string, fence: Fence): Promise<Outcome> =>
  node(["--conditions=effect-ws-source", "--import", preload, join(folder, fileOf(fence))])
