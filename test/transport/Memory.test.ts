import { execFileSync } from "node:child_process"
import { expect, it } from "vitest"

/** The full collections of a program that allocates a gibibyte, and keeps the last piece of each of 16 connections. */
const fullCollections = (allocate: string): number => {
  const program = `
    import { PerformanceObserver, constants } from "node:perf_hooks"
    import * as Memory from ${JSON.stringify(new URL("../../src/transport/Memory.ts", import.meta.url).href)}
    let full = 0
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++
    }).observe({ entryTypes: ["gc"] })
    const kept = Array(16)
    for (let i = 0; i < 16384; i++) {
      kept[i & 15] = ${allocate}(65_536)
      if (i % 64 === 0) await new Promise(setImmediate)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    console.log(full)`
  return Number(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }))
}

it("memory that is dropped soon is taken back without full collections of the heap", () => {
  expect(fullCollections("Memory.allocate")).toBeLessThan(4)
  expect(fullCollections("Buffer.allocUnsafe")).toBeGreaterThan(4)
}, 60_000)
