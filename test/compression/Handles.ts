/** The zlib contexts that are made in a test, whoever made them. */
import { Effect } from "effect"
import { syncBuiltinESMExports } from "node:module"
import Zlib from "node:zlib"
import { vi } from "vitest"

/** Knows all that are made from now on, until the scope ends, and those of them that are not closed. */
export const track = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const spies = [vi.spyOn(Zlib, "createDeflateRaw"), vi.spyOn(Zlib, "createInflateRaw")]
      syncBuiltinESMExports()
      return spies
    }),
    (spies) =>
      Effect.sync(() => {
        for (const spy of spies) spy.mockRestore()
        syncBuiltinESMExports()
      })
  ),
  (spies) => {
    const made = () => spies.flatMap(({ mock }) => mock.results.map(({ value }) => value as Zlib.InflateRaw))
    return { made, open: () => made().filter(({ destroyed }) => !destroyed) }
  }
)
