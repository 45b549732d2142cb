/** Translates `MaskedFrames.wat` to what the library loads: after a change, `npm run build:wasm`. */
import { readFileSync, writeFileSync } from "node:fs"
import wabt from "wabt"

const source = new URL("../src/transport/MaskedFrames.wat", import.meta.url)
const target = new URL("../src/transport/MaskedFramesBinary.ts", import.meta.url)

/** The module as a text of at most 110 characters a line. */
export const translate = async (): Promise<string> => {
  const { parseWat } = await wabt()
  const { buffer } = parseWat("MaskedFrames.wat", readFileSync(source, "utf8"), { simd: true }).toBinary({})
  const lines = Buffer.from(buffer).toString("base64").match(/.{1,110}/g) ?? []
  return [
    "/** What `MaskedFrames.wat` says, as WebAssembly in base64: made by `npm run build:wasm`. */",
    "export const binary =",
    lines.map((line) => `  "${line}"`).join(" +\n"),
    ""
  ].join("\n")
}

if (import.meta.main) writeFileSync(target, await translate())
