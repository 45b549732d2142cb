/**
 * The processes of a bench: programs that say when they are ready, and answer questions. They run what is built, as it is
 * published: sources with their types take 4 MiB more of heap, and 30 of memory.
 */
import { type ChildProcess, fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { before, executable } from "./command.ts"
import type { Question, Usage } from "./report.ts"

interface Options {
  /** The core that it keeps to, where the machine has two and `taskset` is there. */
  readonly core?: number | undefined
  readonly args?: ReadonlyArray<string>
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly flags?: ReadonlyArray<string>
}

/** A server that listens. */
export interface Server {
  readonly child: ChildProcess
  readonly port: number
}

export const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-V"]).status === 0

export const start = (program: URL, { args = [], core, env, flags = [] }: Options = {}): ChildProcess => {
  const child = fork(fileURLToPath(program), args, {
    env: { ...process.env, ...env },
    execPath: executable,
    execArgv: [...before, ...flags]
  })
  if (canPin && core !== undefined) spawnSync("taskset", ["-apc", `${core}`, `${child.pid}`])
  return child
}

export const startServer = async (program: URL, options?: Options): Promise<Server> => {
  const child = start(program, options)
  const ended = once(child, "exit").then(() => Promise.reject(new Error("the server did not start")))
  const [{ port }] = await Promise.race([once(child, "message"), ended]) as [{ port: number }]
  ended.catch(() => {})
  return { child, port }
}

/** Fails if the program ends instead of answering. */
export const ask = <A>(child: ChildProcess, question: object): Promise<A> =>
  new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.at(-1)} ended`))
    child.once("exit", ended)
    child.once("message", (answer) => {
      child.off("exit", ended)
      resolve(answer as A)
    })
    child.send(question)
  })

export const usageOf = ({ child }: Server, question: Question = {}): Promise<Usage> => ask(child, question)
