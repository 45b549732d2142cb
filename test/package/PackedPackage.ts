/** Builds and packs a copy of the project, and installs the package into an empty project. */
import { spawnSync } from "node:child_process"
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"

const project = fileURLToPath(new URL("../..", import.meta.url))
const tsc = join(project, "node_modules/typescript/bin/tsc")

/** What the build and the package are made of. */
const described = [".github", "CHANGELOG.md", "LICENSE", "README.md", "examples"]
const ingredients = [...described, "package.json", "tsconfig.json", "scripts", "src"]

/** What a user has besides our package; taken from our own dependencies, so that no network is needed. */
const besides = ["effect", "@effect/platform-node", "@types/node"]

/** What the command prints to its standard output. */
const run = (cwd: string, command: string, args: ReadonlyArray<string>): string => {
  const env = { ...process.env, NODE_OPTIONS: "" }
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, env, encoding: "utf8" })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `${stdout}${stderr}`}`)
  return stdout
}

const link = (folder: string, name: string): void => {
  const path = join(folder, "node_modules", name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(project, "node_modules", name), path, "junction")
}

const pack = (copy: string): string => {
  for (const name of ingredients) cpSync(join(project, name), join(copy, name), { recursive: true })
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"), "junction")
  run(copy, process.execPath, ["scripts/build.ts"])
  const [{ filename }] = JSON.parse(run(copy, "npm", ["pack", "--json", "--ignore-scripts"]))
  return join(copy, filename)
}

const install = (tarball: string, user: string): void => {
  for (const name of besides) link(user, name)
  mkdirSync(join(user, "node_modules/effect-ws"))
  run(user, "tar", ["-xzf", tarball, "--strip-components=1", "-C", "node_modules/effect-ws"])
  writeFileSync(join(user, "package.json"), JSON.stringify({ type: "module" }))
}

const sourcesOfMaps = (folder: string): ReadonlyArray<string> =>
  globSync("dist/**/*.js.map", { cwd: folder }).flatMap((path) => {
    const { sources }: { sources: ReadonlyArray<string> } = JSON.parse(readFileSync(join(folder, path), "utf8"))
    return sources.map((source) => posix.join("package", posix.dirname(path), source))
  })

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

/** An empty project that has the package installed. */
export const make = () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-ws-pack-"))
  const [copy, user] = ["copy", "user"].map((name) => join(folder, name))
  const tarball = pack(copy)
  install(tarball, user)
  const manifest: Manifest = JSON.parse(readFileSync(join(user, "node_modules/effect-ws/package.json"), "utf8"))

  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(user, name)), { recursive: true })
    writeFileSync(join(user, name), text)
  }

  const runFile = (name: string, text: string, ...flags: ReadonlyArray<string>): string => {
    write(name, text)
    return run(user, process.execPath, [...flags, name])
  }

  const compile = (files: Readonly<Record<string, string>>): string => {
    for (const [name, text] of Object.entries(files)) write(name, text)
    return run(user, process.execPath, [tsc, "--project", "."])
  }

  return {
    /** Where the user's project is. */
    folder: user,
    /** The modules that users can import, such as `effect-ws/Connection`. */
    modules: Object.keys(manifest.exports).flatMap((path) =>
      path.endsWith(".json") ? [] : [path.replace(".", "effect-ws")]
    ),
    /** The paths in the tarball. */
    paths: run(user, "tar", ["-tzf", tarball]).trim().split("\n"),
    /** The paths in the tarball of what the modules in it were compiled from. */
    sourcesOfMaps: () => sourcesOfMaps(join(user, "node_modules/effect-ws")),
    /** Runs a program of the user; gives its output. */
    run: runFile,
    /** Compiles the user's project after writing the files to it. */
    compile,
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
