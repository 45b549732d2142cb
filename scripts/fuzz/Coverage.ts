/** Which blocks of our sources have run, as V8 counts them. */
import { Session } from "node:inspector"
import type { Profiler } from "node:inspector"

/** Counts in what is loaded from now on. */
export class Coverage {
  private readonly session = new Session()
  private readonly sources: string
  private readonly seen = new Set<string>()

  constructor(sources: URL) {
    this.sources = sources.href
    this.session.connect()
    this.session.post("Profiler.enable")
    this.session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true })
  }

  get size(): number {
    return this.seen.size
  }

  /** The blocks that have run since the last call. */
  take(): ReadonlyArray<string> {
    let result: ReadonlyArray<Profiler.ScriptCoverage> = []
    this.session.post("Profiler.takePreciseCoverage", (error, coverage) => {
      if (error !== null) throw error
      result = coverage.result
    })
    return result.filter(({ url }) => url.startsWith(this.sources)).flatMap((script) => this.blocksOf(script))
  }

  /** Of these blocks, those that had never run. */
  learn(blocks: ReadonlyArray<string>): ReadonlyArray<string> {
    const fresh = blocks.filter((block) => !this.seen.has(block))
    for (const block of fresh) this.seen.add(block)
    return fresh
  }

  private blocksOf({ functions, url }: Profiler.ScriptCoverage): ReadonlyArray<string> {
    const file = url.slice(this.sources.length)
    return functions.flatMap(({ ranges }) => ranges)
      .filter(({ count }) => count > 0)
      .map(({ endOffset, startOffset }) => `${file}:${startOffset}-${endOffset}`)
  }
}
