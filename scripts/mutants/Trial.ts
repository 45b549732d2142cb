/** A copy of the project in which one fault after the other is tried. */
import { spawn } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Mutation from "./Mutation.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Longer than all tests together take, in milliseconds. A fault may make a loop endless, which is noticed too. */
const timeout = 180_000

/** One worker for all, which is a third of the time. */
const options = ["--bail=1", "--reporter=dot", "--no-isolate", "--pool=threads", "--maxWorkers=1"]

export class Trial {
  readonly folder = mkdtempSync(join(tmpdir(), "effect-ws-mutants-"))

  constructor() {
    cpSync(root, this.folder, { recursive: true, filter: (path) => !/node_modules|\.git$/.test(path) })
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"))
  }

  /** Whether a test notices: those of the same name are asked first. */
  async isNoticed(mutation: Mutation.Mutation, tests: ReadonlyArray<string>): Promise<boolean> {
    const path = join(this.folder, mutation.file)
    const source = readFileSync(path, "utf8")
    writeFileSync(path, Mutation.apply(source, mutation))
    try {
      const own = this.testsOf(mutation.file)
      return own.length > 0 && !(await this.passes(own)) || !(await this.passes(tests))
    } finally {
      writeFileSync(path, source)
    }
  }

  /** Whether the tests pass as things are. */
  passes(tests: ReadonlyArray<string>): Promise<boolean> {
    const vitest = join(this.folder, "node_modules/vitest/vitest.mjs")
    const args = [vitest, "run", ...options, ...tests]
    const child = spawn(process.execPath, args, { cwd: this.folder, stdio: "ignore", timeout, killSignal: "SIGKILL" })
    return new Promise((resolve) => child.once("exit", (code) => resolve(code === 0)))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  private testsOf(file: string): ReadonlyArray<string> {
    const mirrored = file.replace("src/", "test/").replace(".ts", ".test.ts")
    const base = `${join(file, "..").replace("src", "test")}/${basename(file, ".ts")}.`
    return existsSync(join(this.folder, mirrored)) ? [base] : []
  }
}
