import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

export const cases: ReadonlyArray<Case.Case> = [
  Case.make("10.1.1", "echoes a text of 64 KiB that comes in fragments of 1300 octets", async (tester) => {
    const message = Frames.filling(1, 65_536)
    tester.send(...Frames.fragments(1, message, 1300))
    await tester.expectMessage(1, message)
    await tester.expectCleanClose()
  })
]
