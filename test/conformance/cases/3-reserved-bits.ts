import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const { binary, closing, ping, text } = Frames

const good = text("Hello, world!")

/** A good message, one with reserved bits, and a ping that is not reached. */
const afterGood = (rsv: number): ReadonlyArray<Frames.Frame> => [good, text("Hello, world!", { rsv }), ping()]

export const cases: ReadonlyArray<Case.Case> = [
  Case.make("3.1", "fails at a text with RSV 1", async (tester) => {
    tester.send(text("Hello, world!", { rsv: 1 }))
    await tester.expectFailure(1002)
  }),
  Case.make("3.2", "echoes a good text, then fails at one with RSV 2, in one write", async (tester) => {
    tester.send(...afterGood(2))
    await tester.expect(good)
    await tester.expectFailure(1002)
  }),
  Case.make("3.3", "echoes a good text, then fails at one with RSV 3, frame by frame", async (tester) => {
    await tester.sendFrameWise(...afterGood(3))
    await tester.expect(good)
    await tester.expectFailure(1002)
  }),
  Case.make("3.4", "echoes a good text, then fails at one with RSV 4, octet by octet", async (tester) => {
    await tester.sendInChops(1, ...afterGood(4))
    await tester.expect(good)
    await tester.expectFailure(1002)
  }),
  Case.make("3.5", "fails at a binary message with RSV 5", async (tester) => {
    tester.send(binary(Buffer.from("00fffefdfcfb00ff", "hex"), { rsv: 5 }))
    await tester.expectFailure(1002)
  }),
  Case.make("3.6", "fails at a ping with RSV 6", async (tester) => {
    tester.send(ping("Hello, world!", { rsv: 6 }))
    await tester.expectFailure(1002)
  }),
  Case.make("3.7", "fails at a close with RSV 7", async (tester) => {
    tester.send(closing(Frames.codeAndReason(1000), { rsv: 7 }))
    await tester.expectFailure(1002)
  })
]
