import { describe, expect, it } from "vitest"
import type { Sample } from "../scripts/soak/Gauge.ts"
import * as Plot from "../scripts/soak/Plot.ts"
import * as Verdict from "../scripts/soak/Verdict.ts"

const MiB = 2 ** 20

const sample: Sample = {
  resident: 130 * MiB,
  heap: 25 * MiB,
  external: 12 * MiB,
  handles: 4,
  listeners: 5,
  zlibContexts: 9,
  zlibOctets: 2 * MiB,
  loopDelay: 10
}

const judge = (sampleAt: (i: number) => Sample) =>
  Verdict.judge(Array.from({ length: 40 }, (_, i) => sampleAt(i))).filter(({ isFlat }) => !isFlat)
    .map(({ measure }) => measure)

describe("the verdict of a soak", () => {
  it("is flat for what goes up and down, was cold at first, or stands out once", () => {
    expect(judge((i) => ({ ...sample, heap: (25 + i % 3) * MiB }))).toEqual([])
    expect(judge((i) => ({ ...sample, heap: Math.min(10 + 2 * i, 30) * MiB }))).toEqual([])
    expect(judge((i) => i === 35 ? { ...sample, heap: 90 * MiB, handles: 40 } : sample)).toEqual([])
  })

  it("finds what grows", () => {
    expect(judge((i) => ({ ...sample, heap: (25 + i * 0.2) * MiB }))).toEqual(["heap"])
    expect(judge((i) => ({ ...sample, handles: 4 + (i >> 4), listeners: 5 + i }))).toEqual(["handles", "listeners"])
    expect(judge((i) => ({ ...sample, resident: (130 + 3 * i) * MiB }))).toEqual(["resident"])
  })

  it("is drawn with a curve for each measure", () => {
    const samples = Array.from({ length: 9 }, () => sample)
    const plot = Plot.draw(samples, Verdict.judge(samples))
    expect(plot.match(/<polyline class="flat"/g)).toHaveLength(Verdict.measures.length)
  })
})
