/** What a process holds after it has collected its garbage. */
import { Effect } from "effect"
import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

export const MiB = 1024 * 1024

/** Octets of heap and of buffers that are in use. */
export const held: Effect.Effect<number> = Effect.promise(async () => {
  for (let i = 0; i < 3; i++) {
    await setImmediate()
    collect()
  }
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
})
