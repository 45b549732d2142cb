/** Files of this run, with what the load sends. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Content, message, request } from "./bytes.ts"

const folder = mkdtempSync(join(tmpdir(), "effect-ws-bench-run-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))

/** Paths, and how many octets a message has with its headers. */
export interface Files {
  readonly message: string
  readonly request: string
  readonly frameSize: number
}

export const write = (content: Content, compression: boolean): Files => {
  const files = { message: join(folder, "message"), request: join(folder, "request") }
  const bytes = message(content)
  writeFileSync(files.message, bytes)
  writeFileSync(files.request, request(compression))
  return { ...files, frameSize: bytes.length }
}
