import { describe, expect, it } from "vitest"
import { Distribution } from "../../src/connection/Distribution.ts"

describe("a distribution of durations", () => {
  it("counts each by the boundaries that it is not over", () => {
    const distribution = new Distribution()
    for (const seconds of [0.0005, 0.002, 20]) distribution.add(seconds)
    const counts = new Map(distribution.buckets)
    expect([0.0005, 0.001, 0.0025, 10, 20].map((boundary) => counts.get(boundary))).toEqual([1, 1, 2, 2, 3])
  })

  it("has one that is over every boundary in its sum and its count, and in no bucket", () => {
    const distribution = new Distribution()
    for (const seconds of [1, 60]) distribution.add(seconds)
    const { buckets, count, max, min, sum } = distribution
    expect({ count, max, min, sum }).toEqual({ count: 2, max: 60, min: 1, sum: 61 })
    expect(buckets.at(-1)).toEqual([20, 1])
  })
})
