/** A copy of the project in which one fault after the other is tried. */
import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Mutation from "./Mutation.ts"
import { root, type Target } from "./Target.ts"

/** What the tests say: that they fail, that one of them does not end, or nothing. */
export type Verdict = "failed" | "late" | "passed"

/** Longer than the tests of a stage take, in milliseconds. A fault may make a loop endless, which is noticed too. */
const timeout = 180_000

/** One worker for all, which is a third of the time. Tests that name no limit of their own have 20 seconds each. */
const options = [
  "--bail=1",
  "--reporter=dot",
  "--no-isolate",
  "--pool=threads",
  "--maxWorkers=1",
  "--testTimeout=20000"
]

export class Trial {
  readonly folder = mkdtempSync(join(tmpdir(), "effect-ws-mutants-"))

  constructor() {
    cpSync(root, this.folder, { recursive: true, filter: (path) => !/node_modules|\.git$/.test(path) })
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"))
  }

  /** What the tests say about a fault. */
  async of(mutation: Mutation.Mutation, target: Target): Promise<Verdict> {
    const path = join(this.folder, mutation.file)
    const source = readFileSync(path, "utf8")
    writeFileSync(path, Mutation.apply(source, mutation))
    try {
      return await this.run(target.stages(mutation.file))
    } finally {
      writeFileSync(path, source)
    }
  }

  /** What the tests say as things are: the later stages are not asked when one has noticed. */
  async run(stages: ReadonlyArray<ReadonlyArray<string>>): Promise<Verdict> {
    for (const tests of stages.filter(({ length }) => length > 0)) {
      const verdict = await this.runStage(tests)
      if (verdict !== "passed") return verdict
    }
    return "passed"
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  private async runStage(tests: ReadonlyArray<string>): Promise<Verdict> {
    const vitest = join(this.folder, "node_modules/vitest/vitest.mjs")
    const child = spawn(process.execPath, [vitest, "run", ...options, ...tests], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      timeout,
      killSignal: "SIGKILL"
    })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said += String(chunk))
    const code = await new Promise((resolve) => child.once("exit", resolve))
    if (code === 0) return "passed"
    return code === null || /Test timed out in/.test(said) ? "late" : "failed"
  }
}
