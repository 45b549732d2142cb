/** Runs in an example's process: the checks that its result comments have become. */
import { deepStrictEqual } from "node:assert"

const faultOf = (actual: unknown, expected: unknown): string | undefined => {
  try {
    deepStrictEqual(actual, expected)
  } catch (error) {
    return (error as Error).message
  }
}

/** Every line must be reached, and be right each time; otherwise the process reports it and exits with 1. */
export const make = (lines: ReadonlyArray<number>) => {
  const unreached = new Set(lines)
  const faults: Array<string> = []

  process.once("exit", () => {
    for (const line of unreached) faults.push(`line ${line} was not reached`)
    if (faults.length === 0) return
    console.error(faults.join("\n"))
    process.exitCode = 1
  })

  return <A>(line: number, actual: A, expected: unknown): A => {
    const fault = faultOf(actual, expected)
    if (fault !== undefined) faults.push(`line ${line}: ${fault}`)
    unreached.delete(line)
    return actual
  }
}
