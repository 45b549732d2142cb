/** The programs on the other side: built from C where there is a compiler, else the same in Node. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { createInterface, type Interface } from "node:readline"
import { fileURLToPath } from "node:url"
import { cache } from "../cache.ts"
import { canPin } from "../processes.ts"

const folder = fileURLToPath(new URL(".", import.meta.url))

const digest = readdirSync(folder).filter((name) => /\.[ch]$/.test(name)).reduce(
  (hash, name) => hash.update(readFileSync(join(folder, name))),
  createHash("sha256")
).digest("hex").slice(0, 12)

/** The path of the program, or `undefined` where it cannot be built. */
const build = (name: string): string | undefined => {
  const program = join(cache, `${name}-${digest}`)
  if (existsSync(program)) return program
  const unfinished = `${program}.${process.pid}`
  const { status } = spawnSync("cc", ["-O2", "-o", unfinished, join(folder, `${name}.c`)], { stdio: "ignore" })
  if (status !== 0) return undefined
  renameSync(unfinished, program)
  return program
}

const built = { load: build("load"), bare: build("bare") }

export type Language = "C" | "Node"
export const language: Language = built.load === undefined || built.bare === undefined ? "Node" : "C"

/** The core that they keep to, where the machine has two. */
const core = "1"

/** A process that answers each line with one of JSON. */
export class Program {
  private readonly child: ChildProcess
  private readonly reader: Interface
  private readonly lines: AsyncIterator<string>

  constructor(name: keyof typeof built, wanted: Language) {
    const inNode = [process.execPath, join(folder, `${name}.ts`)]
    const program = wanted === "C" ? built[name] : undefined
    const own = program === undefined ? inNode : [program]
    const [command, ...args] = canPin ? ["taskset", "-c", core, ...own] : own
    this.child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] })
    this.reader = createInterface({ input: this.child.stdout! })
    this.lines = this.reader[Symbol.asyncIterator]()
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** Fails if there was an error; the program is of no use from then on. */
  async hear<Answer>(): Promise<Answer> {
    const { done = false, value } = await this.lines.next()
    if (done) throw new Error("the load ended")
    const answer = JSON.parse(value)
    if ("error" in answer) throw new Error(answer.error)
    return answer
  }

  stop(): void {
    this.child.kill()
    this.reader.close()
  }
}
