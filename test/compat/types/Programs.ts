/** The programs of `corpus`, each as an ECMAScript module and as CommonJS, against ws and against compat. */
import { spawnSync } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Fences from "../../docs/Fences.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url))

/** The programs' own; the compiler settings are those of users. */
const settings = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024", "esnext.disposable", "dom"],
    types: ["node"],
    module: "nodenext",
    customConditions: ["effect-ws-source"],
    allowImportingTsExtensions: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
    skipLibCheck: false,
    noEmit: true
  }
}

export interface Program {
  readonly title: string
  readonly code: string
  /** What its files may end in: whether it is a program as an ECMAScript module, as CommonJS, or as both. */
  readonly endings: ReadonlyArray<string>
}

const endingsOf: Readonly<Record<string, ReadonlyArray<string>>> = {
  "commonjs.md": [".cts"],
  "modules.md": [".mts"]
}

const titleOf = (text: string, line: number): string =>
  text.split("\n").slice(0, line).findLast((one) => one.startsWith("## "))?.slice(3) ?? ""

const read = (file: string): ReadonlyArray<Program> => {
  const text = readFileSync(file, "utf8")
  const endings = endingsOf[basename(file)] ?? [".mts", ".cts"]
  return Fences.of(file, text).map(({ code, line }) => ({ title: titleOf(text, line), code, endings }))
}

/** All of them, by their files and in the order in which they are there. */
export const all: ReadonlyArray<Program> = globSync("corpus/*.md", { cwd: here }).toSorted().flatMap((file) =>
  read(join(here, file))
)

const withCompat = (code: string): string =>
  code.replaceAll(/(?<=(?:from|require\(|module) ?)"ws"/g, `"effect-ws/compat"`)

/** A program's files, for ws and for compat. */
export const filesOf = ({ code, endings, title }: Program): Readonly<Record<string, string>> => {
  const name = title.toLowerCase().replaceAll(/\W+/g, "-")
  return Object.fromEntries(
    endings.flatMap((ending) => [[`ws/${name}${ending}`, code], [`compat/${name}${ending}`, withCompat(code)]])
  )
}

const write = (folder: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

/** Compiles files in a folder of their own, which is hidden from compiler, linter, formatter and git; gives the errors. */
export const compile = (files: Readonly<Record<string, string>>): ReadonlyArray<string> => {
  const folder = mkdtempSync(join(here, ".programs-"))
  try {
    write(folder, { ...files, ".gitignore": "*\n", "tsconfig.json": JSON.stringify(settings) })
    const options = { cwd: folder, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } } as const
    const { stderr, stdout } = spawnSync(process.execPath, [tsc, "--project", ".", "--pretty", "false"], options)
    return `${stdout}${stderr}`.split("\n").filter((line) => line !== "")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
