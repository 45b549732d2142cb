/** The demo as a process of its own, as `npm start` runs it. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const program = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))

export const run = (name: string, args: ReadonlyArray<string> = [], env: Record<string, string> = {}): ChildProcess =>
  spawn(process.execPath, ["--conditions=effect-ws-source", program(name), ...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"]
  })

/** Waits until the process has printed what matches. */
export const printed = (child: ChildProcess, wanted: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = ""
    child.stdout?.on("data", (chunk) => {
      output += chunk
      const found = wanted.exec(output)
      if (found !== null) resolve(found[0])
    })
    child.once("exit", (code) => reject(new Error(`exited with ${code} after printing: ${output}`)))
  })

export const start = async (port = 0) => {
  const child = run("chat/main.ts", [], { PORT: `${port}` })
  const url = await printed(child, /http:\/\/localhost:\d+/)
  return { child, url }
}

/** Ctrl-C; gives the exit code. */
export const stop = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null) return child.exitCode
  const exited = once(child, "exit")
  child.kill("SIGINT")
  const [code] = await exited
  return code
}
