/** What a server is asked: its CPU time and memory, after collecting garbage if wanted, which needs `--expose-gc`. */
export interface Question {
  readonly collect?: boolean
}

/** What it answers: CPU time in microseconds, and resident memory in octets. */
export interface Usage {
  readonly cpu: number
  readonly memory: number
}

const usage = (): Usage => {
  const { system, user } = process.cpuUsage()
  return { cpu: user + system, memory: process.memoryUsage.rss() }
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
