import { afterAll, describe, expect, it } from "vitest"
import * as Examples from "./Examples.ts"
import * as Fences from "./Fences.ts"
import * as ResultComments from "./ResultComments.ts"

const checks = (code: string) => ResultComments.toChecks({ file: "README.md", line: 10, code })

describe("fences", () => {
  it("are found in Markdown, with the line of their opening", () => {
    const text = "# Title\n\n```sh\nls\n```\n\n```ts\nconst a = 1\n\na // => 1\n```\n"
    expect(Fences.of("README.md", text)).toEqual([
      { file: "README.md", line: 7, code: "const a = 1\n\na // => 1\n" }
    ])
  })

  it("are found in JSDoc comments, without its margin", () => {
    const text =
      "const text = `\n```ts\n```\n`\n\n  /**\n   * ```ts\n   * if (a) {\n   *   b()\n   * }\n   *\n   * ```\n   */"
    expect(Fences.of("src/A.ts", text)).toEqual([{ file: "src/A.ts", line: 7, code: "if (a) {\n  b()\n}\n\n" }])
  })
})

describe("a result comment", () => {
  it("checks the expression before it", () => {
    expect(checks("a // => 1\nawait b() // => [\"§\", 2]")).toEqual({
      code: "$is(11, a, 1) // => 1\n$is(12, await b(), [\"§\", 2]) // => [\"§\", 2]",
      lines: [11, 12]
    })
  })

  it("checks an expression of several lines, from the line below as well", () => {
    expect(checks("a(\n  b\n)\n// => 1")).toEqual({ code: "$is(13, a(\n  b\n), 1)\n// => 1", lines: [13] })
  })

  it("checks what is declared, what is logged and what is yielded", () => {
    expect(checks("const a = b // => 1").code).toBe("const a = $is(11, b, 1) // => 1")
    expect(checks("console.log(a) // => 1").code).toBe("console.log($is(11, a, 1)) // => 1")
    expect(checks("const f = function*() {\n  yield* g // => 1\n}").code).toContain("  $is(12, yield* g, 1) // => 1")
  })

  it("belongs to a program that can be read", () => {
    expect(() => checks("const = 1")).toThrow("README.md:10")
  })

  it("must have something to check", () => {
    expect(() => checks("if (a) {\n} // => 1")).toThrow("README.md:10: a // => comment belongs behind")
  })
})

describe("an example", () => {
  const folder = Examples.makeFolder()
  afterAll(() => Examples.removeFolder(folder))

  const run = (line: number, code: string) => {
    const fence = { file: "README.md", line, code }
    Examples.write(folder, fence)
    return Examples.run(folder, fence)
  }

  it("succeeds if its results are right", async () => {
    expect(await run(1, "const a = [1]\na // => [1]\nlet b: number")).toEqual({ exitCode: 0, output: "" })
  })

  it("fails if a result is wrong", async () => {
    const { exitCode, output } = await run(2, "\nnew Uint8Array([1]) // => new Uint8Array([2])")
    expect(exitCode).toBe(1)
    expect(output).toContain("line 4: Expected values to be strictly deep-equal")
  })

  it("fails if a result is not reached", async () => {
    expect(await run(3, "const f = () => {\n  1 // => 1\n}")).toEqual({
      exitCode: 1,
      output: "line 5 was not reached\n"
    })
  })

  it("fails if it fails", async () => {
    expect((await run(4, "throw new Error(\"no\")")).exitCode).toBe(1)
  })

  it("fails if its server does not stop well when it is told to", async () => {
    const code = `
      import { createServer } from "node:http"
      createServer().listen(8080)
      process.on("SIGTERM", () => process.exit(1))`
    expect((await run(5, code)).exitCode).toBe(1)
  })
})
