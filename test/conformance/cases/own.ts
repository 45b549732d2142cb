/** Not of the catalogue: our own limits with their close codes, what it leaves open, and compression's own rules. */
import { constants, deflateRawSync } from "node:zlib"
import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"
import { limits } from "../Limits.ts"

const tooBig = Frames.binary(Buffer.alloc(limits.maxMessageSize + 1))

const declined = { offer: "permessage-deflate; unknown", accepted: "", answer: "" }

/** `Hello`, compressed (RFC 7692 §7.2.3.1). */
const hello = Buffer.from("f248cdc9c90700", "hex")
const rsv = 4

const bomb = deflateRawSync(tooBig.payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

/** Frames that break a rule of compression, with the close code for it. */
const broken: ReadonlyArray<readonly [does: string, code: number, ...frames: ReadonlyArray<Frames.Frame>]> = [
  ["RSV1 on a ping", 1002, Frames.ping("", { rsv })],
  ["RSV1 on a pong", 1002, Frames.pong("", { rsv })],
  ["RSV1 on a close", 1002, Frames.closing(Frames.codeAndReason(1000), { rsv })],
  ["RSV1 on a continuation", 1002, Frames.text("a", { fin: false }), Frames.continuation("b", { rsv })],
  ["RSV1 on each fragment", 1002, Frames.text("", { fin: false, rsv }), Frames.continuation(hello, { rsv })],
  ["RSV2 beside RSV1", 1002, Frames.text(hello, { rsv: rsv | 2 })],
  ["RSV3 on a continuation", 1002, Frames.text(hello, { fin: false, rsv }), Frames.continuation("", { rsv: 1 })],
  ["what cannot be inflated", 1007, Frames.text(Buffer.of(6), { rsv })],
  ["text that is no UTF-8", 1007, Frames.text(Buffer.from("4afc0f00", "hex"), { rsv })],
  ["more than the limit", 1009, Frames.binary(bomb, { rsv })]
]

const breaks = broken.map(([does, code, ...frames], i) =>
  Case.make(`own.${5 + i}`, `after a good message, fails at ${does} with ${code}`, async (tester) => {
    const message = Buffer.from("good")
    await tester.sendCompressed(1, message)
    tester.send(...frames)
    await tester.expectCompressed(1, message)
    await tester.expectFailure(code)
  }, Case.plain)
)

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
  }),
  ...breaks,
  Case.make("own.15", "fails at RSV1 where compression was declined, or not answered", async (tester) => {
    tester.send(Frames.text("good"), Frames.text(hello, { rsv }))
    await tester.expect(Frames.text("good"))
    await tester.expectFailure(1002)
  }, declined),
  Case.make("own.16", "echoes a compressed message in any fragments, with pings among them", async (tester) => {
    const [first, ...others] = Frames.fragments(1, hello, 1)
    const frames = [{ ...first, rsv }, ...others]
    tester.send(...frames.flatMap((frame, i) => [Frames.ping(`${i}`), frame]))
    for (let i = 0; i < frames.length; i++) await tester.expect(Frames.pong(`${i}`))
    await tester.expectCompressed(1, Buffer.from("Hello"))
    await tester.expectCleanClose()
  }, Case.plain),
  Case.make("own.17", "echoes empty and uncompressed messages among compressed ones", async (tester) => {
    const messages = ["one", "", "two", "two", ""].map((text) => Buffer.from(text))
    for (const message of messages) {
      await tester.sendCompressed(2, message)
      tester.send(Frames.binary(message))
      for (let i = 0; i < 2; i++) await tester.expectCompressed(2, message)
    }
    await tester.expectCleanClose()
  }, Case.plain)
]
