import { readFileSync } from "node:fs"
import { beforeAll, describe, expect, it } from "vitest"
import * as Programs from "./Programs.ts"

const assignable = readFileSync(new URL("Assignable.ts", import.meta.url), "utf8")
const compat = readFileSync(new URL("Compat.ts", import.meta.url), "utf8")

const others = {
  "assignable.mts": assignable,
  "assignable.cts": assignable,
  "compat.mts": compat,
  "compat.cts": compat
}

describe("the types of effect-ws/compat", () => {
  let errors: ReadonlyArray<string> = []

  beforeAll(() => {
    errors = Programs.compile(Object.assign({}, others, ...Programs.all.map(Programs.filesOf)))
  }, 120_000)

  const errorsOf = (files: Readonly<Record<string, string>>): ReadonlyArray<string> =>
    errors.filter((error) => Object.keys(files).some((file) => error.startsWith(`${file}(`)))

  it.for(Programs.all)("take a program that ws's types take: $title", (program) => {
    expect(errorsOf(Programs.filesOf(program))).toEqual([])
  })

  it("can be passed for ws's types, and ws's for them", () => {
    expect(errorsOf({ "assignable.mts": "", "assignable.cts": "" })).toEqual([])
  })

  it("know what ws has and its types have not", () => {
    expect(errorsOf({ "compat.mts": "", "compat.cts": "" })).toEqual([])
  })

  it("are without a fault of their own", () => {
    expect(Programs.all.length).toBeGreaterThan(25)
    expect(errors).toEqual([])
  })
})
