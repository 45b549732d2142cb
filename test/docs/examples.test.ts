/**
 * Every `ts` fence of README.md, those below src and the JSDoc comments in src is a program: type-checked as the project
 * is (but for unused names), run by Node on the sources, and successful if it exits with 0 (see `preload.ts`).
 *
 * A comment `// => result` behind an expression, `console.log(expression)` or declaration, or alone in the line below
 * it, says what the value is: `result` is an expression too, and both must be equal by `assert.deepStrictEqual`.
 */
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Examples from "./Examples.ts"
import * as Fences from "./Fences.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const fences = globSync(["README.md", "src/**/README.md", "src/**/*.ts"], { cwd: root }).toSorted().flatMap((file) =>
  Fences.of(file.replaceAll("\\", "/"), readFileSync(`${root}/${file}`, "utf8"))
)

describe("the documentation's examples", () => {
  let folder = ""

  beforeAll(() => {
    folder = Examples.makeFolder()
    for (const fence of fences) Examples.write(folder, fence)
  })

  afterAll(() => Examples.removeFolder(folder))

  it("are in README.md", () => {
    expect(fences.map(({ file }) => file)).toContain("README.md")
  })

  it("compile", async () => {
    const { exitCode, output } = await Examples.compile(folder)
    expect(exitCode, output).toBe(0)
  })

  it.concurrent.for(fences)("$file:$line runs", async (fence, { expect }) => {
    const { exitCode, output } = await Examples.run(folder, fence)
    expect(exitCode, output).toBe(0)
  })
})
