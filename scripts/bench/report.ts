/** What a program is asked: what it used, after collecting garbage if wanted, which needs `--expose-gc`. */
export interface Question {
  readonly collect?: boolean
}

/** What it answers: CPU time in microseconds, memory in octets, and the messages that it counted. */
export interface Usage {
  readonly cpu: number
  readonly user: number
  readonly system: number
  /** Resident. */
  readonly memory: number
  /** And what is held from there, such as buffers. */
  readonly heap: number
  readonly messages: number
}

/** What a server that counts has counted. */
export const tally = { messages: 0 }

export const usage = (): Usage => {
  const { system, user } = process.cpuUsage()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { cpu: user + system, user, system, memory: rss, heap: heapUsed + external, messages: tally.messages }
}

/** Tells the runner the port, and then what was used whenever it asks. */
export const report = (port: number): void => {
  process.send?.({ port })
  process.on("message", ({ collect = false }: Question) => {
    // The last resort gives the collector's own spare pages back, too: 50 to 120 MiB after a burst
    if (collect) globalThis.gc?.({ execution: "sync", flavor: "last-resort" })
    process.send?.(usage())
  })
  process.on("disconnect", () => process.exit(0))
}
