import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { translate } from "../../scripts/wasm.ts"

it("what is loaded as WebAssembly is what its source says", async () => {
  const loaded = readFileSync(new URL("../../src/transport/MaskedFramesBinary.ts", import.meta.url), "utf8")
  expect(loaded).toBe(await translate())
})
