import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Project from "./Project.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

describe("effect-ws/register", () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-ws-register-"))

  beforeAll(() => {
    Project.write(folder)
    symlinkSync(root, join(folder, "node_modules/effect-ws"), "junction")
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (...args: ReadonlyArray<string>): string =>
    Project.run(folder, ["--conditions=effect-ws-source", ...args])

  it("is needed, as the project has another ws", () => {
    expect(run("app.cjs")).toContain("ws itself was loaded")
  })

  it("gives ECMAScript modules the one class, however they and their dependencies come by it", () => {
    expect(run("--import", "effect-ws/register", "app.mjs")).toBe("ok\n")
  })

  it("gives CommonJS the one class, and the modules of ws by their paths", () => {
    expect(run("--import", "effect-ws/register", "app.cjs")).toBe("ok\n")
  })

  it("can be required on the command line", () => {
    expect(run("--require", "effect-ws/register", "app.cjs")).toBe("ok\n")
    expect(run("--require", "effect-ws/register", "app.mjs")).toBe("ok\n")
  })

  it("can be required or imported by the program, before ws is", () => {
    expect(run("first.cjs")).toBe("ok\n")
    expect(run("first.mjs")).toBe("ok\n")
  })

  it("reaches worker threads, and processes that inherit NODE_OPTIONS", () => {
    const options = "--conditions=effect-ws-source --import effect-ws/register"
    expect(run("--import", "effect-ws/register", "worker.mjs")).toBe("ok\n")
    expect(Project.run(folder, ["worker.mjs"], options)).toBe("ok\n")
  })

  it("says what it needs where Node has no synchronous module hooks", () => {
    expect(run("old-node.mjs")).toContain("Error: effect-ws/register needs Node 22.15 or later: this is v")
  })
})
