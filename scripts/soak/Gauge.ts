/** What this process holds when it should hold nothing. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import { nodeDeflatePool } from "../../src/transport/DeflatePool.ts"

/** Memory in octets, the delay in milliseconds, everything else in pieces. */
export interface Sample {
  readonly resident: number
  readonly heap: number
  readonly external: number
  readonly handles: number
  readonly listeners: number
  readonly zlibContexts: number
  readonly zlibOctets: number
  readonly loopDelay: number
}

const listeners = (): number =>
  process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as NodeJS.Signals), 0)

const handles = (): number => process.getActiveResourcesInfo().filter((name) => name !== "Timeout").length

/** Whatever the collector can find. */
const collect = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.({ execution: "sync", flavor: "last-resort" })
    await setTimeout(20)
  }
}

export class Gauge {
  private readonly delay = monitorEventLoopDelay({ resolution: 5 })

  /** The delay is that of what comes now. */
  begin(): void {
    this.delay.reset()
    this.delay.enable()
  }

  async end(): Promise<Sample> {
    this.delay.disable()
    await collect()
    const { external, heapUsed, rss } = process.memoryUsage()
    const { asleep, awake, bytesHeld } = nodeDeflatePool.usage
    return {
      resident: rss,
      heap: heapUsed,
      external,
      handles: handles(),
      listeners: listeners(),
      zlibContexts: awake + asleep,
      zlibOctets: bytesHeld,
      loopDelay: this.delay.percentile(50) / 1e6
    }
  }
}
