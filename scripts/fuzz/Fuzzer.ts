/** Fuzzes one target: mutates what was interesting, and looks at what is new. */
import * as Corpus from "./Corpus.ts"
import type { Coverage } from "./Coverage.ts"
import * as Features from "./Features.ts"
import type { Input } from "./Input.ts"
import type { Random } from "./Random.ts"
import type { Target } from "./Target.ts"

/** Looking at what ran takes some milliseconds, so it is done for so many inputs at once. */
const batchSize = 500

/** How often one looks again for those inputs of a batch that made something new run. */
const maxLooks = 30

export interface Finding {
  readonly input: Input
  readonly error: unknown
}

interface Interesting {
  readonly input: Input
  readonly features: ReadonlyArray<string>
}

/** Why this input is wrong, or what it gave. */
export const attempt = async (target: Target, input: Input): Promise<Finding | ReadonlyArray<string>> => {
  try {
    return Features.ofTrace(await target.run(input))
  } catch (error) {
    return { input, error }
  }
}

const isFinding = (result: Finding | ReadonlyArray<string>): result is Finding => "error" in result

export class Fuzzer {
  readonly target: Target
  inputs = 0
  private looks = 0
  private readonly coverage: Coverage
  private readonly random: Random
  private readonly seen = new Set<string>()
  private readonly corpus: Array<Interesting> = []

  constructor(target: Target, coverage: Coverage, random: Random) {
    this.target = target
    this.coverage = coverage
    this.random = random
  }

  get corpusSize(): number {
    return this.corpus.length
  }

  /** Runs what is kept, and the target's seeds. */
  async begin(): Promise<Finding | undefined> {
    const seeds = this.target.seeds.map((content) => ({ choice: this.random.next(), content }))
    for (const input of [...Corpus.load(this.target.name).map(({ input }) => input), ...seeds]) {
      this.coverage.take()
      const features = await attempt(this.target, input)
      if (isFinding(features)) return features
      this.keep(input, [...features, ...this.coverage.learn(this.coverage.take())])
    }
    return undefined
  }

  /** Runs a batch of new inputs; gives what is wrong, if anything is. */
  async next(): Promise<Finding | undefined> {
    const inputs = Array.from({ length: batchSize }, () => this.make())
    const dull: Array<Input> = []
    this.coverage.take()
    for (const input of inputs) {
      this.inputs++
      const features = await attempt(this.target, input)
      if (isFinding(features)) return features
      if (features.some((feature) => !this.seen.has(feature))) this.keep(input, features)
      else dull.push(input)
    }
    this.looks = 0
    await this.attribute(dull, new Set(this.coverage.learn(this.coverage.take())))
    return undefined
  }

  /** The smallest inputs that together show everything that all show. */
  minimal(): ReadonlyArray<Input> {
    const shown = new Set<string>()
    const sorted = this.corpus.toSorted((a, b) => a.input.content.length - b.input.content.length)
    return sorted.filter(({ features }) => {
      const size = shown.size
      for (const feature of features) shown.add(feature)
      return shown.size > size
    }).map(({ input }) => input)
  }

  /** Finds out which of these inputs made these blocks run, by running halves again. */
  private async attribute(inputs: ReadonlyArray<Input>, blocks: Set<string>): Promise<void> {
    if (blocks.size === 0 || inputs.length === 0 || ++this.looks > maxLooks) return
    const own = await this.ranFor(inputs, blocks)
    if (own.length === 0) return
    if (inputs.length === 1) {
      for (const block of own) blocks.delete(block)
      return this.keep(inputs[0], own)
    }
    await this.attribute(inputs.slice(0, inputs.length >> 1), blocks)
    await this.attribute(inputs.slice(inputs.length >> 1), blocks)
  }

  private async ranFor(inputs: ReadonlyArray<Input>, blocks: ReadonlySet<string>): Promise<ReadonlyArray<string>> {
    this.coverage.take()
    for (const input of inputs) await attempt(this.target, input)
    return this.coverage.take().filter((block) => blocks.has(block))
  }

  private keep(input: Input, features: ReadonlyArray<string>): void {
    if (input.content.length > Corpus.maxSize) return
    this.corpus.push({ input, features })
    for (const feature of features) this.seen.add(feature)
  }

  /** What was found last is looked at more often. */
  private pick(): Input {
    const { corpus, random } = this
    const recent = Math.min(corpus.length, 20)
    const at = random.oneIn(2) ? corpus.length - 1 - random.below(recent) : random.below(corpus.length)
    return corpus[at].input
  }

  private make(): Input {
    const { random } = this
    let { choice, content } = this.pick()
    for (let times = random.below(4); times >= 0; times--) {
      content = this.target.mutate(content, random, this.pick().content)
    }
    if (random.oneIn(2)) choice = random.next()
    return { choice, content }
  }
}
