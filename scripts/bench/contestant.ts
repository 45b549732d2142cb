import type { Adapter } from "./adapters.ts"
import { type Bench, start } from "./bench.ts"
import { type Case, isOfMemory } from "./cases.ts"
import type { Files } from "./load/files.ts"
import type { Sample } from "./samples.ts"

/** One adapter in one case, and its samples so far. */
export class Contestant {
  readonly adapter: Adapter
  readonly it: Case
  readonly samples: Array<Sample> = []
  private readonly files: Files
  private bench: Bench | undefined

  constructor(adapter: Adapter, it: Case, files: Files) {
    this.adapter = adapter
    this.it = it
    this.files = files
  }

  /** What follows is to find compiled code. */
  async warmUp(milliseconds: number): Promise<void> {
    if (!this.isMemory) await (await this.running()).sample(milliseconds)
  }

  /** Memory is that of a process that has not done anything else. */
  async measure(milliseconds: number): Promise<void> {
    if (this.isMemory) this.stop()
    this.samples.push(await (await this.running()).sample(milliseconds))
  }

  stop(): void {
    this.bench?.stop()
    this.bench = undefined
  }

  private async running(): Promise<Bench> {
    return this.bench ??= await start(this.adapter, this.it, this.files)
  }

  private get isMemory(): boolean {
    return isOfMemory(this.it)
  }
}
