/** What makes an input worth keeping: what ran for it, and what came out. */
import type { Trace } from "./Target.ts"

/** Neighbours in the trace, and how many there are by powers of two. */
export const ofTrace = (trace: Trace): ReadonlyArray<string> => {
  const pairs = trace.map((step, i) => `${trace[i - 1] ?? "start"}>${step}`)
  return [...new Set(pairs), `length ${Math.ceil(Math.log2(trace.length + 1))}`]
}
