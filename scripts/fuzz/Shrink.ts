/** Makes an input that shows a mistake smaller, as long as it shows one. */
import { attempt } from "./Fuzzer.ts"
import type { Input } from "./Input.ts"
import type { Target } from "./Target.ts"

const isWrong = async (target: Target, input: Input): Promise<boolean> => "error" in await attempt(target, input)

/** Leaves out parts, first large and then small ones. */
export const shrink = async (target: Target, { choice, content }: Input): Promise<Input> => {
  let smallest = content
  for (let size = Math.ceil(content.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length;) {
      const shorter = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + size)])
      if (await isWrong(target, { choice, content: shorter })) smallest = shorter
      else at += size
    }
  }
  return { choice, content: smallest }
}
