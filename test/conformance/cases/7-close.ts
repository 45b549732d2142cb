import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"

const { closing, codeAndReason, continuation, ping, text } = Frames

const hello = text("Hello, world!")
const normal = closing(codeAndReason(1000))

const clean = (id: string, does: string, payload: Buffer): Case.Case =>
  Case.make(id, does, (tester) => tester.expectCleanClose(payload))

const fails = (id: string, does: string, payload: Buffer, code: number): Case.Case =>
  Case.make(id, does, async (tester) => {
    tester.send(closing(payload))
    await tester.expectFailure(code)
  })

const behaviour: ReadonlyArray<Case.Case> = [
  Case.make("7.1.1", "echoes a message before the close", async (tester) => {
    tester.send(hello, normal)
    await tester.expect(hello)
    await tester.expectCloseAnswer(normal.payload)
  }),
  Case.make("7.1.2", "answers the first of two closes only", async (tester) => {
    tester.send(normal, normal)
    await tester.expectCloseAnswer(normal.payload)
  }),
  Case.make("7.1.3", "does not answer a ping after the close", async (tester) => {
    tester.send(normal, ping())
    await tester.expectCloseAnswer(normal.payload)
  }),
  Case.make("7.1.4", "does not echo a text after the close", async (tester) => {
    tester.send(normal, hello)
    await tester.expectCloseAnswer(normal.payload)
  }),
  Case.make("7.1.5", "does not echo a message whose last fragment comes after the close", async (tester) => {
    tester.send(text("fragment1", { fin: false }), normal, continuation("fragment2"))
    await tester.expectCloseAnswer(normal.payload)
  }),
  Case.make("7.1.6", "echoes 256 KiB before the close, and ignores the ping after it", async (tester) => {
    const large = text(Frames.filling(1, 262_144))
    tester.send(large, normal, ping())
    await tester.expect(large)
    await tester.expectCloseAnswer(normal.payload)
  })
]

const payloads: ReadonlyArray<Case.Case> = [
  clean("7.3.1", "answers a close without payload by the same", Buffer.alloc(0)),
  fails("7.3.2", "fails at a close with a payload of one octet", Buffer.from("a"), 1002),
  clean("7.3.3", "answers a close with a code", codeAndReason(1000)),
  clean("7.3.4", "answers a close with a code and a reason", codeAndReason(1000, "Hello, world!")),
  clean("7.3.5", "answers a close with a payload of 125 octets", codeAndReason(1000, "*".repeat(123))),
  fails("7.3.6", "fails at a close with a payload of 126 octets", codeAndReason(1000, "*".repeat(124)), 1002),
  fails("7.5.1", "fails at a close reason that is not UTF-8", codeAndReason(1000, Buffer.from("ceed80", "hex")), 1007)
]

const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
const invalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
const unregisteredCodes = [5000, 65_535]

export const cases: ReadonlyArray<Case.Case> = [
  ...behaviour,
  ...payloads,
  ...validCodes.map((code, i) => clean(`7.7.${i + 1}`, `answers close code ${code} by the same`, codeAndReason(code))),
  ...invalidCodes.map((code, i) => fails(`7.9.${i + 1}`, `fails at close code ${code}`, codeAndReason(code), 1002)),
  ...unregisteredCodes.map((code, i) =>
    fails(`7.13.${i + 1}`, `fails at close code ${code}`, codeAndReason(code), 1002)
  )
]
