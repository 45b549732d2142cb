/** A copy of the project in which one fault after the other is tried. */
import { spawn } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Mutation from "./Mutation.ts"
import * as Plays from "./Plays.ts"
import { root, type Stage, stagesOf, type Target } from "./Target.ts"

/** What the tests say: that they fail, that one of them does not end, or nothing. */
export type Verdict = "failed" | "late" | "passed"

/** How long it may take, in milliseconds, if it takes so long as things are. A fault may make a loop endless. */
const patienceFor = (took: number): number => 20_000 + Math.ceil(4 * took)

/** Nothing is known yet of how long it takes. */
const unknown = 600_000

/** One worker for all, which is a third of the time. Tests that name no limit of their own have 20 seconds each. */
const options = [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--bail=1",
  "--reporter=dot",
  "--no-isolate",
  "--pool=threads",
  "--maxWorkers=1",
  "--testTimeout=20000"
]

/** Where it is written down, in the copy, what scripts need. */
const rehearsal = "rehearsal.json"

const play = (script: string, ...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  "--conditions=effect-ws-source",
  `scripts/mutants/${script}.ts`,
  rehearsal,
  ...args
]

export class Trial {
  readonly folder = mkdtempSync(join(tmpdir(), "effect-ws-mutants-"))
  private readonly took = new Map<string, number>()
  private rehearsed: Plays.Rehearsed | undefined

  constructor() {
    cpSync(root, this.folder, { recursive: true, filter: (path) => !/node_modules|\.git$/.test(path) })
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"))
  }

  /** Asks every stage as things are, and learns how long each takes. */
  async prepare(stages: ReadonlyArray<Stage>): Promise<void> {
    for (const stage of stages) {
      const began = performance.now()
      if (await this.node(stage === "plays" ? play("rehearse") : [...options, ...stage], unknown) !== "passed") {
        throw new Error(`without any fault ${stage} do not pass`)
      }
      this.took.set(String(stage), performance.now() - began)
      if (stage === "plays") this.rehearsed = Plays.read(join(this.folder, rehearsal))
    }
  }

  /** What the tests say about a fault: the later stages are not asked when one has noticed. */
  async of(mutation: Mutation.Mutation, target: Target): Promise<Verdict> {
    const path = join(this.folder, mutation.file)
    const source = readFileSync(path, "utf8")
    writeFileSync(path, Mutation.apply(source, mutation))
    try {
      for (const stage of stagesOf(target, mutation.file)) {
        const verdict = await (stage === "plays" ? this.play(mutation) : this.test(stage))
        if (verdict !== "passed") return verdict
      }
      return "passed"
    } finally {
      writeFileSync(path, source)
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }

  private test(stage: ReadonlyArray<string>): Promise<Verdict> {
    return this.node([...options, ...stage], patienceFor(this.took.get(String(stage)) ?? unknown))
  }

  private async play(mutation: Mutation.Mutation): Promise<Verdict> {
    if (this.rehearsed === undefined) throw new Error("nothing was rehearsed")
    const { numbers, took } = Plays.choose(this.rehearsed, mutation)
    return numbers.length === 0 ? "passed" : this.node(play("perform", numbers.join()), patienceFor(took))
  }

  private async node(args: ReadonlyArray<string>, timeout: number): Promise<Verdict> {
    const child = spawn(process.execPath, args, {
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
