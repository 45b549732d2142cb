/**
 * How long something took, over all times that it was measured.
 *
 * @since 0.1.0
 */

/** Seconds: from what is quick on one machine to the usual time-outs. */
const boundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20]

/**
 * Counts durations by their size, in seconds. As a metric it is a histogram.
 *
 * @category models
 * @since 0.1.0
 */
export class Distribution {
  private readonly counts: Array<number> = boundaries.map(() => 0)
  count = 0
  sum = 0
  min = Infinity
  max = 0

  add(seconds: number): void {
    const at = boundaries.findIndex((boundary) => seconds <= boundary)
    if (at >= 0) this.counts[at]++
    this.count++
    this.sum += seconds
    this.min = Math.min(this.min, seconds)
    this.max = Math.max(this.max, seconds)
  }

  /** Adds the time since then, which `performance.now()` told. */
  since(start: number): void {
    this.add((performance.now() - start) / 1000)
  }

  /** Each boundary, and how many durations are not over it. */
  get buckets(): ReadonlyArray<[boundary: number, count: number]> {
    let sum = 0
    return boundaries.map((boundary, i) => [boundary, sum += this.counts[i]])
  }
}
