import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const size = 65_536
const fragmentSize = 1300

export const cases: ReadonlyArray<Case.Case> = [
  Case.make("10.1.1", "echoes a text of 64 KiB that comes in fragments of 1300 octets", async (tester) => {
    const message = Buffer.alloc(size, "*")
    const count = Math.ceil(size / fragmentSize)
    const fragments = Array.from(
      { length: count },
      (_, part) =>
        Frames.frame(part === 0 ? 1 : 0, message.subarray(part * fragmentSize, (part + 1) * fragmentSize), {
          fin: part === count - 1
        })
    )
    tester.send(...fragments)
    await tester.expectMessage(1, message)
    await tester.expectCleanClose()
  })
]
