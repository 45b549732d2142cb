import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import * as CloseHandshake from "../../src/protocol/CloseHandshake.ts"

it("src/README.md shows the closing handshake as the table has it", () => {
  const readme = readFileSync(new URL("../../src/README.md", import.meta.url), "utf8")
  const shown = /```mermaid\n([^`]*)\n```/.exec(readme)?.[1]
  expect(shown).toBe(CloseHandshake.diagram())
})
