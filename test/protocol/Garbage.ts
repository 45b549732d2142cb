import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Whether nothing holds on to what this refers to. */
export const isGone = async (reference: WeakRef<object>): Promise<boolean> => {
  for (let i = 0; i < 5 && reference.deref() !== undefined; i++) {
    await setImmediate()
    collect()
  }
  return reference.deref() === undefined
}
