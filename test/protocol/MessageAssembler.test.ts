import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import type { Frame } from "../../src/protocol/Frame.ts"
import * as Limits from "../../src/protocol/Limits.ts"
import { MessageAssembler } from "../../src/protocol/MessageAssembler.ts"
import type * as Opcode from "../../src/protocol/Opcode.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import { isGone } from "./Garbage.ts"
import * as Wire from "./Wire.ts"

const make = (limits: Limits.Given = {}, validateUtf8?: boolean) =>
  new MessageAssembler(Bytes.portable, Limits.resolve(limits), validateUtf8)

const frame = (first: number, payload: string | Uint8Array = "", whole = true): Frame => ({
  fin: first >= 0x80,
  rsv1: (first & 0x40) !== 0,
  opcode: (first & 0x0f) as Opcode.Opcode,
  payload: typeof payload === "string" ? Wire.utf8(payload) : payload,
  whole
})

const accept = (assembler: MessageAssembler, ...frames: ReadonlyArray<Frame>) =>
  frames.map((frame) => told(assembler.accept(frame)))

const told = (output: ReturnType<MessageAssembler["accept"]>) => {
  if (output instanceof Violation.ProtocolError) return `violation ${output.violation}`
  if (output instanceof Uint8Array) return `binary ${Wire.toHex(output)}`
  if (typeof output === "string" || output === undefined) return output
  return `compressed ${output.text ? "text" : "binary"} ${Wire.toHex(output.payload)}`
}

describe("messages", () => {
  it("are made of one frame, or of several (RFC 6455 §5.4)", () => {
    expect(accept(make(), frame(0x81, "a"), frame(0x82, "a"), frame(0x01, "a"), frame(0x00, "b"), frame(0x80, "c")))
      .toEqual(["a", "binary 61", undefined, undefined, "abc"])
  })

  it("may be empty, or made of empty fragments", () => {
    expect(accept(make(), frame(0x81), frame(0x82), frame(0x01), frame(0x00), frame(0x80), frame(0x02), frame(0x80)))
      .toEqual(["", "binary ", undefined, undefined, "", undefined, "binary "])
  })

  it("are views of the frame where that is all there is", () => {
    const only = frame(0x82, "abc")
    expect(make().accept(only)).toBe(only.payload)
  })

  it("go on with continuations only, and start with none", () => {
    expect(accept(make(), frame(0x80, "a"))).toEqual(["violation ContinuationUnexpected"])
    expect(accept(make(), frame(0x81, "a"), frame(0x00, "a"))).toEqual(["a", "violation ContinuationUnexpected"])
    expect(accept(make(), frame(0x01), frame(0x81))).toEqual([undefined, "violation ContinuationMissing"])
    expect(accept(make(), frame(0x02, "a"), frame(0x02))).toEqual([undefined, "violation ContinuationMissing"])
  })

  it("are compressed as a whole where the first frame has RSV1 (RFC 7692 §6)", () => {
    expect(accept(make(), frame(0xc1, "a"), frame(0x42, "a"), frame(0x80, "b"), frame(0x82, "a")))
      .toEqual(["compressed text 61", undefined, "compressed binary 6162", "binary 61"])
  })

  it("keep a byte order mark and U+FFFD: the text is the text that was sent", () => {
    const text = "\ufeffa\ufffd\ufeff"
    expect(accept(make(), frame(0x81, text), frame(0x01, text), frame(0x80))).toEqual([text, undefined, text])
  })
})

describe("text that is not UTF-8 (RFC 6455 §8.1)", () => {
  const euro = [0xe2, 0x82, 0xac].map((octet) => Uint8Array.of(octet))

  it("may be cut within a code point, and must not end there", () => {
    expect(accept(make(), frame(0x01, euro[0]), frame(0x00, euro[1]), frame(0x80, euro[2])).at(-1)).toBe("\u20ac")
    expect(accept(make(), frame(0x01, euro[0]), frame(0x80, euro[1])).at(-1)).toBe("violation TextNotUtf8")
    expect(accept(make(), frame(0x01, euro[0]), frame(0x80)).at(-1)).toBe("violation TextNotUtf8")
    expect(accept(make(), frame(0x81, euro[0]))).toEqual(["violation TextNotUtf8"])
  })

  it("is refused with the piece that shows it", () => {
    expect(accept(make(), frame(0x01, "ok", false), frame(0x00, Uint8Array.of(0xff), false)))
      .toEqual([undefined, "violation TextNotUtf8"])
  })

  it("is decoded with replacements where it is not validated", () => {
    expect(accept(make({}, false), frame(0x81, Uint8Array.of(0x61, 0xff)), frame(0x01, euro[0]), frame(0x80)))
      .toEqual(["a\ufffd", undefined, "\ufffd"])
  })

  it("is no concern of binary or compressed messages", () => {
    const wrong = Uint8Array.of(0xff)
    expect(accept(make(), frame(0x02, wrong), frame(0x80), frame(0x41, wrong), frame(0x80)))
      .toEqual([undefined, "binary ff", undefined, "compressed text ff"])
  })
})

describe("limits (RFC 6455 §10.4)", () => {
  it("let as many fragments pass as they say, empty ones included", () => {
    const fragments = [frame(0x01, "a"), frame(0x00), frame(0x80)]
    expect(accept(make({ maxFragments: 3 }), ...fragments, ...fragments)).toEqual([
      undefined,
      undefined,
      "a",
      undefined,
      undefined,
      "a"
    ])
    expect(accept(make({ maxFragments: 2 }), ...fragments)).toEqual([
      undefined,
      undefined,
      "violation FragmentsTooMany"
    ])
  })

  it("count a fragment with its first piece, and once", () => {
    const pieces = [frame(0x01, "a", false), frame(0x00, "b", false), frame(0x00, "c")]
    expect(accept(make({ maxFragments: 1 }), ...pieces, frame(0x00, "d", false)))
      .toEqual([undefined, undefined, undefined, "violation FragmentsTooMany"])
  })

  it("count the pieces of one frame, without the empty ones", () => {
    const message = [frame(0x01, "a", false), frame(0x00, "", false), frame(0x00, "b"), frame(0x00), frame(0x80, "c")]
    expect(accept(make({ maxChunks: 2 }), ...message, ...message).filter((output) => output === "abc")).toHaveLength(2)
    expect(accept(make({ maxChunks: 1 }), ...message)[2]).toBe("violation ChunksTooMany")
  })
})

describe("memory", () => {
  it("of a read is let go of while a small piece of it is kept", async () => {
    const assembler = make()
    const reference = (() => {
      const memory = new Uint8Array(65_536).fill(0x61)
      assembler.accept(frame(0x02, memory.subarray(0, 10)))
      assembler.settle(0)
      return new WeakRef(memory.buffer)
    })()
    expect(await isGone(reference)).toBe(true)
    expect(told(assembler.accept(frame(0x80)))).toBe(`binary ${"61".repeat(10)}`)
  })

  it("is let go of with the message", async () => {
    const assembler = make()
    const reference = (() => {
      const memory = new Uint8Array(1000)
      assembler.accept(frame(0x02, memory))
      return new WeakRef(memory.buffer)
    })()
    assembler.reset()
    expect(await isGone(reference)).toBe(true)
    expect(told(assembler.accept(frame(0x81, "a")))).toBe("a")
  })
})

describe("for those who take the frames themselves", () => {
  it("frames are checked, and not kept", () => {
    const assembler = make()
    const observed = [frame(0x01, "a"), frame(0x80, "b"), frame(0x81, "c"), frame(0x80)]
      .map((frame) => assembler.observe(frame)?.violation)
    expect(observed).toEqual([undefined, undefined, undefined, "ContinuationUnexpected"])
  })

  it("text is checked from where it stands", () => {
    const assembler = make()
    assembler.accept(frame(0x01, Uint8Array.of(0xe2)))
    assembler.giveUp()
    expect(assembler.observe(frame(0x80, Uint8Array.of(0x28)))?.violation).toBe("TextNotUtf8")
  })

  it("what was kept is the first fragment", () => {
    const assembler = make()
    accept(assembler, frame(0x01, "a"), frame(0x00, "b"))
    expect(assembler.giveUp()).toEqual(frame(0x01, Wire.utf8("ab")))
    expect(assembler.observe(frame(0x80, "c"))).toBeUndefined()
    expect(assembler.giveUp()).toBeUndefined()
  })

  it("a compressed message is kept: it is needed whole", () => {
    const assembler = make()
    accept(assembler, frame(0x41, "a"))
    expect(assembler.giveUp()).toBeUndefined()
    expect(assembler.compressed).toBe(true)
    expect(assembler.accept(frame(0x80, "b"))).toEqual({ _tag: "Compressed", text: true, payload: Wire.utf8("ab") })
    expect(assembler.compressed).toBe(false)
  })

  it("what is kept nevertheless is limited", () => {
    const assembler = make({ maxMessageSize: 3 })
    accept(assembler, frame(0x42, "ab", false))
    expect(assembler.accept(frame(0x00, "cd", false))).toMatchObject({ violation: "MessageTooBig" })
  })

  it("what was kept is the first piece, if its frame is still arriving", () => {
    const assembler = make()
    accept(assembler, frame(0x02, "a"), frame(0x00, "b", false))
    expect(assembler.giveUp()).toEqual(frame(0x02, "ab", false))
  })

  it("a message is known to have begun though nothing of it was kept", () => {
    const assembler = make()
    accept(assembler, frame(0x01))
    expect(assembler.giveUp()).toEqual(frame(0x01))
  })

  it("there is nothing to give between messages", () => {
    const assembler = make()
    expect(assembler.giveUp()).toBeUndefined()
    accept(assembler, frame(0x01, "a"), frame(0x80))
    expect(assembler.giveUp()).toBeUndefined()
  })
})
