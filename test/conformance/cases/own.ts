/** Not of the catalogue: our own limits with their close codes, and what the catalogue leaves open. */
import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"
import { limits } from "../Limits.ts"

const tooBig = Frames.binary(Buffer.alloc(limits.maxMessageSize + 1))

export const cases: ReadonlyArray<Case.Case> = [
  Case.make("own.1", "fails at the header of a message over the size limit, before its payload", async (tester) => {
    const [header] = tester.parts(tooBig, 0)
    await tester.sendChop(header)
    await tester.expectFailure(1009)
  }),
  Case.make("own.2", "fails at the header of the fragment that takes a message over the limit", async (tester) => {
    tester.send(Frames.binary("*", { fin: false }))
    await tester.expectAlive()
    const [header] = tester.parts(Frames.continuation(tooBig.payload.subarray(1)), 0)
    await tester.sendChop(header)
    await tester.expectFailure(1009)
  }),
  Case.make("own.3", "fails at one fragment more than a message may have", async (tester) => {
    tester.send(...Frames.fragments(2, Buffer.alloc(limits.maxFragments + 2), 1).slice(0, -1))
    await tester.expectFailure(1008)
  }),
  Case.make("own.4", "fails at a last fragment that ends within a code point", async (tester) => {
    tester.send(Frames.text("Hello", { fin: false }), Frames.continuation(Buffer.from("e282", "hex")))
    await tester.expectFailure(1007)
  })
]
