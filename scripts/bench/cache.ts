import { mkdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Where what is built and installed for the benches stays. */
export const cache = join(tmpdir(), "effect-ws-bench")
mkdirSync(cache, { recursive: true })
