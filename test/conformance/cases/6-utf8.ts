import * as Case from "../Case.ts"
import * as Frames from "../Frames.ts"
import * as Samples from "./6-utf8-samples.ts"

const { continuation, text } = Frames

const open = { fin: false }

const hello = Buffer.from("Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!")
const greek = Buffer.from("\u03ba\u1f79\u03c3\u03bc\u03b5")

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

/** 6.4: `f4` may come next, `90` after it is above U+10FFFF. */
const impossible = Buffer.concat([greek, Buffer.from("f4908080", "hex"), Buffer.from("edited")])
const wrongAt = greek.length + 1

/** The second part has the wrong octet; the third is sent when the failure is there, and ignored. */
const asFrames = (id: string, does: string, [start, end]: readonly [number, number]): Case.Case =>
  Case.make(id, does, async (tester) => {
    tester.send(text(impossible.subarray(0, start), open))
    await tester.expectAlive()
    tester.send(continuation(impossible.subarray(start, end), open))
    await tester.expectFailing(1007)
    tester.send(continuation(impossible.subarray(end)))
    await tester.expectEnd()
  })

const asChops = (id: string, does: string, [start, end]: readonly [number, number]): Case.Case =>
  Case.make(id, does, async (tester) => {
    const [first, second, third] = tester.parts(text(impossible), start, end)
    await tester.sendChop(first)
    await tester.sendChop(second)
    await tester.expectFailing(1007)
    await tester.sendChop(third)
    await tester.expectEnd()
  })

const early: ReadonlyArray<Case.Case> = [
  asFrames("6.4.1", "fails at a fragment that has a wrong octet, before the last one", [greek.length, wrongAt + 3]),
  asFrames("6.4.2", "fails at a fragment that is the wrong octet, before the last one", [wrongAt, wrongAt + 1]),
  asChops("6.4.3", "fails while a frame with a wrong octet arrives", [greek.length, wrongAt + 3]),
  asChops("6.4.4", "fails at the wrong octet while the frame arrives", [wrongAt, wrongAt + 1])
]

const isValid = ({ valid }: Samples.Group, number: number): boolean =>
  valid === "all" || (valid !== "none" && valid.includes(number))

const samples = Samples.groups.flatMap((group) =>
  group.samples.map((sample, i) => {
    const id = `${group.id}.${i + 1}`
    const name = `${group.of}: ${sample.toString("hex")}`
    return isValid(group, i + 1)
      ? echoes(id, `echoes ${name}`, fragments(sample))
      : fails(id, `fails at ${name}`, fragments(sample))
  })
)

const surrogate = Buffer.concat([greek, Buffer.from("eda080", "hex"), Buffer.from("edited")])

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
  echoes("6.2.4", "echoes Greek in fragments of an octet", fragments(...octets(greek))),
  fails("6.3.1", "fails at a surrogate in one frame", fragments(surrogate)),
  fails("6.3.2", "fails at a surrogate in fragments of an octet", fragments(...octets(surrogate))),
  ...early,
  ...samples
]
