import * as Utf8Samples from "../../protocol/Utf8Samples.ts"
import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"
import type { Tester } from "../Tester.ts"

const { continuation, text } = Frames

const open = { fin: false }

const hello = Buffer.from("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!")

/** Valid, then an octet that makes it impossible at index 12, then more: `f4 90` is above U+10FFFF. */
const valid = Buffer.from("\u03ba\u1f79\u03c3\u03bc\u03b5")
const impossible = Buffer.from("f4908080", "hex")
const rest = Buffer.from("edited")

const fragments = (...payloads: ReadonlyArray<string | Uint8Array>): ReadonlyArray<Frames.Frame> =>
  payloads.map((payload, i) => {
    const fin = i === payloads.length - 1
    return i === 0 ? text(payload, { fin }) : continuation(payload, { fin })
  })

const octets = (bytes: Buffer): ReadonlyArray<Buffer> => Array.from(bytes, (octet) => Buffer.from([octet]))

const echoes = (id: string, does: string, frames: ReadonlyArray<Frames.Frame>): Case.Case =>
  Case.make(id, does, async (tester) => {
    tester.send(...frames)
    await tester.expectMessage(1, Buffer.concat(frames.map(({ payload }) => payload)))
    await tester.expectCleanClose()
  })

const fails = (id: string, does: string, frames: ReadonlyArray<Frames.Frame>): Case.Case =>
  Case.make(id, does, async (tester) => {
    tester.send(...frames)
    await tester.expectFailure(1007)
  })

/** The failure has to come before the last part is sent, which it never is. */
const failsEarly = (id: string, does: string, send: (tester: Tester) => Promise<void>): Case.Case =>
  Case.make(id, does, async (tester) => {
    await send(tester)
    await tester.expectFailure(1007)
  })

const whole = Buffer.concat([valid, impossible, rest])

const early: ReadonlyArray<Case.Case> = [
  failsEarly(
    "6.4.1",
    "fails as soon as a whole fragment shows it",
    (tester) => tester.sendFrameWise(text(valid, open), continuation(impossible, open))
  ),
  failsEarly(
    "6.4.2",
    "fails as soon as a fragment's last octet shows it",
    (tester) =>
      tester.sendFrameWise(
        text(Buffer.concat([valid, impossible.subarray(0, 1)]), open),
        continuation(impossible.subarray(1, 2), open)
      )
  ),
  failsEarly("6.4.3", "fails within a frame that is still arriving", async (tester) => {
    const parts = tester.parts(text(whole), valid.length, valid.length + impossible.length)
    for (const part of parts.slice(0, 2)) tester.sendOctets(part)
  }),
  failsEarly("6.4.4", "fails at the wrong octet of a frame that is still arriving", async (tester) => {
    const parts = tester.parts(text(whole), valid.length + 1, valid.length + 2)
    for (const part of parts.slice(0, 2)) tester.sendOctets(part)
  })
]

const sample = (verdict: "valid" | "invalid") => ([name, digits]: Utf8Samples.Sample, i: number): Case.Case => {
  const id = `${/\((6\.\d+)\)/.exec(name)?.[1]} ${verdict} ${i + 1}`
  const frames = [text(Buffer.from(digits, "hex"))]
  return verdict === "valid" ? echoes(id, `echoes ${name}`, frames) : fails(id, `fails at ${name}`, frames)
}

const surrogate = Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex")

export const cases: ReadonlyArray<Case.Case> = [
  echoes("6.1.1", "echoes an empty text", fragments("")),
  echoes("6.1.2", "echoes three empty fragments", fragments("", "", "")),
  echoes(
    "6.1.3",
    "echoes an empty fragment on both sides of one that is not",
    fragments("", "middle frame payload", "")
  ),
  echoes("6.2.1", "echoes valid UTF-8 in one frame", fragments(hello)),
  echoes("6.2.2", "echoes valid UTF-8 cut at a code point", fragments(hello.subarray(0, 12), hello.subarray(12))),
  echoes("6.2.3", "echoes valid UTF-8 in fragments of an octet", fragments(...octets(hello))),
  echoes("6.2.4", "echoes Greek in fragments of an octet", fragments(...octets(valid))),
  fails("6.3.1", "fails at a surrogate in one frame", fragments(surrogate)),
  fails("6.3.2", "fails at a surrogate in fragments of an octet", fragments(...octets(surrogate))),
  ...early,
  ...Utf8Samples.valid.map(sample("valid")),
  ...Utf8Samples.invalid.map(sample("invalid"))
]
