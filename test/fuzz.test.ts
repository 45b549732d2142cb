import { describe, expect, it } from "vitest"
import * as Corpus from "../scripts/fuzz/Corpus.ts"
import { attempt } from "../scripts/fuzz/Fuzzer.ts"
import * as Targets from "../scripts/fuzz/Targets.ts"

describe.each(Targets.names)("the fuzzing of the %s", (name) => {
  it("finds nothing wrong with what it has found before", async () => {
    const target = await Targets.load(name)
    const seeds = target.seeds.map((content) => ({ file: "seed", input: { choice: 1, content } }))
    for (const { file, input } of [...seeds, ...Corpus.load(name)]) {
      expect(await attempt(target, input), file).not.toHaveProperty("error")
    }
  })
})
