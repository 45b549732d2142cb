/** What a client has to do with a bare server, and what is measured of it: from when its connections are open. */
export interface Task {
  readonly url: string
  readonly connections: number
  /** Messages on the way on each connection. */
  readonly depth: number
  readonly size: number
  readonly milliseconds: number
}

/** In seconds, and microseconds of CPU. */
export interface Outcome {
  readonly elapsed: number
  readonly messages: number
  readonly user: number
  readonly system: number
}

export class Meter {
  messages = 0
  /** From then on nothing more is sent. */
  isOver = false
  private readonly start = performance.now()
  private readonly cpu = process.cpuUsage()

  constructor({ milliseconds }: Task) {
    setTimeout(() => this.isOver = true, milliseconds)
  }

  stop(): Outcome {
    const elapsed = (performance.now() - this.start) / 1000
    return { elapsed, messages: this.messages, ...process.cpuUsage(this.cpu) }
  }
}

/** Serves tasks to the runner. */
export const serve = (exchange: (task: Task) => Promise<Outcome>): void => {
  process.on("message", async (task: Task) => process.send?.(await exchange(task)))
  process.on("disconnect", () => process.exit(0))
  process.send?.({ port: 0 })
}
