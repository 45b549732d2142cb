import { describe, expect, it, vi } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import type { Frame } from "../../src/protocol/Frame.ts"
import { FrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import { reads } from "../../src/transport/WasmFrames.ts"
import * as Cuts from "./Cuts.ts"
import { isGone } from "./Garbage.ts"
import * as Wire from "./Wire.ts"

const client = { masked: false, rsv1: false }
const server = { masked: true, rsv1: false }

const make = (rules = client, maxMessageSize?: number) => new FrameDecoder(rules, Bytes.portable, maxMessageSize)

const drain = (decoder: FrameDecoder): ReadonlyArray<Frame | Violation.ProtocolError> => {
  const frames: Array<Frame | Violation.ProtocolError> = []
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
    frames.push(frame)
    if (frames.length > 100_000) throw new Error("the frames do not end")
  }
  return frames
}

const decode = (decoder: FrameDecoder, ...chunks: ReadonlyArray<Uint8Array>) =>
  chunks.flatMap((chunk) => {
    decoder.push(chunk)
    return drain(decoder).map(told)
  })

/** `01 "Hel"` for a first fragment, `80 "lo" whole` for the end of a message: the flags and opcode as on the wire. */
const told = (frame: Frame | Violation.ProtocolError): string => {
  if (frame instanceof Violation.ProtocolError) return frame.violation
  const { fin, opcode, payload, rsv1, whole } = frame
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode
  return `${first.toString(16).padStart(2, "0")} "${Buffer.from(payload).toString("latin1")}"${whole ? " whole" : ""}`
}

describe("the examples of RFC 6455 §5.7", () => {
  it.each([
    ["a single-frame unmasked text", client, "8105 48656c6c6f", ["81 \"Hello\" whole"]],
    ["a single-frame masked text", server, "8185 37fa213d 7f9f4d5158", ["81 \"Hello\" whole"]],
    ["a fragmented unmasked text", client, "0103 48656c 8002 6c6f", ["01 \"Hel\" whole", "80 \"lo\" whole"]],
    ["an unmasked ping", client, "8905 48656c6c6f", ["89 \"Hello\" whole"]],
    ["a masked pong", server, "8a85 37fa213d 7f9f4d5158", ["8a \"Hello\" whole"]],
    ["256 bytes of binary data", client, `827e0100 ${"61".repeat(256)}`, [`82 "${"a".repeat(256)}" whole`]],
    ["64 KiB of binary data", client, `827f0000000000010000 ${"61".repeat(65_536)}`, [
      `82 "${"a".repeat(65_536)}" whole`
    ]]
  ])("are decoded: %s", (_, rules, digits, frames) => {
    expect(decode(make(rules), Wire.hex(digits))).toEqual(frames)
  })
})

describe("a frame that arrives in several reads", () => {
  it("is given in pieces, of which the last is whole, as if it had been fragmented (RFC 6455 §5.4)", () => {
    const bytes = Wire.hex("8105 48656c6c6f")
    expect(decode(make(), ...Cuts.cut(bytes, [3, 5]))).toEqual(["01 \"H\"", "00 \"el\"", "80 \"lo\" whole"])
  })

  it("has its FIN bit with the last piece only, and RSV1 with the first", () => {
    const bytes = Wire.hex("4103 616263")
    expect(decode(make({ masked: false, rsv1: true }), ...Cuts.cut(bytes, [3, 4])))
      .toEqual(["41 \"a\"", "00 \"b\"", "00 \"c\" whole"])
  })

  it("is unmasked with the key at the right place, wherever it is cut (RFC 6455 §5.3)", () => {
    const payload = Wire.octets(300)
    const bytes = Wire.frame({ opcode: 2, payload, mask: Wire.exampleMask })
    for (let at = 0; at < bytes.length; at++) {
      const decoder = make(server)
      const pieces = Cuts.cut(bytes, [at, at + 37]).flatMap((chunk) => {
        decoder.push(chunk)
        return drain(decoder) as ReadonlyArray<Frame>
      })
      expect(Wire.toHex(Wire.concat(pieces.map(({ payload }) => payload)))).toBe(Wire.toHex(payload))
      expect(pieces.map(({ whole }) => whole)).toEqual(pieces.map((_, i) => i === pieces.length - 1))
    }
  })

  it("gives no empty piece", () => {
    const bytes = Wire.concat([Wire.frame({ opcode: 2, payload: Wire.octets(3) }), Wire.frame({ opcode: 2 })])
    for (let at = 0; at <= bytes.length; at++) {
      const pieces = decode(make(), ...Cuts.cut(bytes, [at])).filter((piece) => piece.includes("\"\""))
      expect(pieces).toEqual(["82 \"\" whole"])
    }
  })

  it("is given whole if it is a control frame", () => {
    const payload = Wire.octets(125)
    const bytes = Wire.frame({ opcode: 9, payload, mask: Wire.exampleMask })
    for (let at = 0; at <= bytes.length; at++) {
      expect(decode(make(server), ...Cuts.cut(bytes, [at]))).toEqual([
        `89 "${Buffer.from(payload).toString("latin1")}" whole`
      ])
    }
    expect(decode(make(server), ...Cuts.cut(bytes, "octets"))).toHaveLength(1)
  })
})

const masked = (text: string) => Wire.frame({ opcode: 1, payload: Wire.utf8(text), mask: Wire.exampleMask })

describe("frames that come together", () => {
  it("are unmasked together, however their lengths are written", () => {
    const sizes = [0, 5, 125, 126, 200, 1000]
    const lengths = [undefined, 2, 8] as const
    const sent = sizes.flatMap((size) =>
      lengths.map((lengthOctets) => ({ opcode: 2, payload: Wire.octets(size), mask: Wire.exampleMask, lengthOctets }))
    )
    const bytes = sent.filter(({ lengthOctets, payload }) => lengthOctets !== undefined || payload.length < 126)
    const mask = vi.fn(nodeBytes.frames.mask.bind(nodeBytes.frames))
    const decoder = new FrameDecoder(server, { ...nodeBytes, frames: { mask, isAscii: false } })
    decoder.push(Wire.concat(bytes.map(Wire.frame)))
    const payloads = drain(decoder).map((frame) => "payload" in frame && Wire.toHex(frame.payload))
    expect(payloads).toEqual(bytes.map(({ payload }) => Wire.toHex(payload)))
    expect(mask).toHaveBeenCalledTimes(1)
  })
})

describe("what is seen where it was read, before it is pushed,", () => {
  it("is unmasked there, and not again", () => {
    const decoder = make(server)
    const memory = Wire.concat([masked("one"), masked("two"), Wire.octets(9)])
    decoder.prepare(memory, memory.length - 9)
    expect(Buffer.from(memory.subarray(6, 9)).toString()).toBe("one")
    expect(memory.subarray(-9)).toEqual(Wire.octets(9))
    expect(decode(decoder, memory.slice(0, -9))).toEqual(["81 \"one\" whole", "81 \"two\" whole"])
    expect(decode(decoder, masked("three"))).toEqual(["81 \"three\" whole"])
  })

  it("is left as it is within a header, however much it looks like a frame", () => {
    const frame = Wire.hex("8283 82810102 030405")
    const decoder = make(server)
    decoder.push(frame.slice(0, 2))
    expect(drain(decoder)).toEqual([])
    const memory = frame.slice(2)
    decoder.prepare(memory, memory.length)
    expect(memory).toEqual(frame.slice(2))
    decoder.push(memory)
    expect(drain(decoder)).toMatchObject([{ payload: Wire.hex("818504") }])
  })

  it("is left as it is while something else waits to be decoded", () => {
    const decoder = make(server)
    decoder.push(Wire.concat([masked("one"), masked("two")]))
    const memory = masked("three")
    decoder.prepare(memory, memory.length)
    decoder.push(memory)
    expect(drain(decoder).map(told)).toEqual(["81 \"one\" whole", "81 \"two\" whole", "81 \"three\" whole"])
  })

  it("is unmasked from the first frame's start on, wherever the reads are cut", () => {
    const wire = Wire.concat(["one", "two", "three"].map((word) => masked(word)))
    for (let cut = 1; cut < wire.length; cut++) {
      const decoder = new FrameDecoder(server, nodeBytes)
      const told = [wire.slice(0, cut), wire.slice(cut)].flatMap((part) => {
        reads.set(part)
        decoder.prepare(reads, part.length)
        decoder.push(Uint8Array.from(reads.subarray(0, part.length)))
        return drain(decoder).map((frame) => "payload" in frame ? Buffer.from(frame.payload).toString() : frame.message)
      })
      expect(told.join("")).toBe("onetwothree")
    }
  })

  it.each([2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 2 ** 40])(
    "is left as it is where it belongs to a frame of %i octets, which are more than 32 bits tell",
    (length) => {
      const decoder = new FrameDecoder(server, nodeBytes)
      decoder.push(Wire.header({ opcode: 2, mask: [0, 0, 0, 0] }, BigInt(length)))
      expect(drain(decoder)).toEqual([])
      const frames = Wire.concat([new Uint8Array(5), masked("one"), masked("two")])
      reads.set(frames)
      decoder.prepare(reads, frames.length)
      expect(reads.subarray(0, frames.length)).toEqual(Buffer.from(frames))
    }
  )
})

describe("an empty frame", () => {
  it.each([
    ["a message", "8200", "82 \"\" whole"],
    ["a first fragment", "0100", "01 \"\" whole"],
    ["a last fragment", "8000", "80 \"\" whole"],
    ["a ping", "8900", "89 \"\" whole"]
  ])("is a frame, and whole: %s", (_, digits, frame) => {
    expect(decode(make(), Wire.hex(digits))).toEqual([frame])
    expect(decode(make(), ...Cuts.cut(Wire.hex(digits), "octets"))).toEqual([frame])
    expect(decode(make(), Wire.hex(digits + digits))).toEqual([frame, frame])
  })

  it("has a payload that it shares with no other", () => {
    const payloads = [make(), make()].map((decoder) => {
      decoder.push(Wire.hex("8200"))
      return (decoder.next() as Frame).payload
    })
    expect(payloads[0].buffer).not.toBe(payloads[1].buffer)
  })
})

describe("the memory of payloads", () => {
  it("is that of the chunk, for a frame that lies in one", () => {
    const decoder = make(server)
    const chunk = Wire.frame({ opcode: 2, payload: Wire.octets(40), mask: Wire.exampleMask })
    decoder.push(chunk)
    const frame = decoder.next() as Frame
    expect(frame.payload.buffer).toBe(chunk.buffer)
    expect(Wire.toHex(frame.payload)).toBe(Wire.toHex(Wire.octets(40)))
  })

  it("is not changed by what comes later", () => {
    const frames = Array.from(
      { length: 40 },
      (_, i) => Wire.frame({ opcode: i % 3 === 0 ? 2 : 9, payload: Wire.octets(60, i), mask: Wire.exampleMask })
    )
    const decoder = make(server)
    const received = Cuts.cut(Wire.concat(frames), frames.map((_, i) => i * 71)).flatMap((chunk) => {
      decoder.push(chunk)
      return drain(decoder) as ReadonlyArray<Frame>
    })
    const expected = Wire.concat(frames.map((_, i) => Wire.octets(60, i)))
    expect(Wire.toHex(Wire.concat(received.map(({ payload }) => payload)))).toBe(Wire.toHex(expected))
  })

  it("is not written to where frames are not masked", () => {
    const chunk = Wire.frame({ opcode: 2, payload: Wire.octets(100) })
    const before = Wire.toHex(chunk)
    decode(make(), chunk)
    expect(Wire.toHex(chunk)).toBe(before)
  })

  it("is let go of when it is decoded", async () => {
    const decoder = make()
    const references = [Wire.hex("8201 61 8202 62"), Wire.hex("63"), Wire.hex("82")].map((chunk) => {
      decoder.push(chunk)
      drain(decoder)
      return new WeakRef(chunk.buffer)
    })
    for (const reference of references) expect(await isGone(reference)).toBe(true)
  })
})

describe.each([["a server", server, [0x80]], ["a client", client, [0]]] as const)(
  "%s refuses",
  (_, rules, [masked]) => {
    const wrong: ReadonlyArray<readonly [Violation.Violation, number, number]> = [
      ["ReservedBitSet", 0xf1, masked],
      ["OpcodeReserved", 0x83, masked],
      [rules.masked ? "MaskMissing" : "MaskForbidden", 0x81, masked ^ 0x80],
      ["ControlFragmented", 0x09, masked],
      ["ControlTooLong", 0x89, masked | 126]
    ]

    it.each(wrong)("%s from the first two octets of a frame", (violation, first, second) => {
      expect(decode(make(rules), Uint8Array.of(first, second))).toEqual([violation])
      expect(decode(make(rules), Uint8Array.of(first), Uint8Array.of(second))).toEqual([violation])
    })

    it.each(wrong)("%s, and decodes nothing after it", (violation, first, second) => {
      const mask = rules.masked ? Wire.exampleMask : undefined
      const good = Wire.frame({ opcode: 1, payload: Wire.utf8("a"), mask })
      const bytes = Wire.concat([good, Uint8Array.of(first, second), good, good])
      for (let at = 0; at <= bytes.length; at++) {
        const decoder = make(rules)
        expect(decode(decoder, ...Cuts.cut(bytes, [at]), good.slice())).toEqual(["81 \"a\" whole", violation])
      }
    })

    it("a length of 2^53 and more, once the header is there (RFC 6455 §5.2)", () => {
      for (const length of [2n ** 53n, 2n ** 63n]) {
        const header = Wire.header({ opcode: 2, mask: rules.masked ? Wire.exampleMask : undefined }, length)
        expect(decode(make(rules), header.slice(0, -1))).toEqual([])
        expect(decode(make(rules), header)).toEqual(["LengthUnsupported"])
        expect(decode(make(rules), ...Cuts.cut(header, "octets"), Wire.octets(9))).toEqual(["LengthUnsupported"])
      }
    })

    it("no length of less", () => {
      const header = Wire.header({ opcode: 2, mask: rules.masked ? Wire.exampleMask : undefined }, 2n ** 53n - 1n)
      expect(decode(make(rules), header, Wire.octets(1))).toHaveLength(1)
    })
  }
)

const header = (length: bigint, opcode = 2, fin = true) => Wire.header({ opcode, fin }, length)

describe("the greatest size of a message", () => {
  it("is held against the header, before any payload is there (RFC 6455 §10.4)", () => {
    expect(decode(make(client, 10), header(11n))).toEqual(["MessageTooBig"])
    expect(decode(make(client, 10), header(2n ** 40n))).toEqual(["MessageTooBig"])
    expect(decode(make(client, 10), ...Cuts.cut(header(300n), "octets"))).toEqual(["MessageTooBig"])
    expect(decode(make(client, 10), header(10n), Wire.octets(10))).toHaveLength(1)
  })

  it("is that of all fragments together", () => {
    const first = Wire.concat([header(6n, 2, false), Wire.utf8("abcdef")])
    expect(decode(make(client, 10), first.slice(), header(5n, 0))).toEqual(["02 \"abcdef\" whole", "MessageTooBig"])
    expect(decode(make(client, 10), first.slice(), header(4n, 0), Wire.utf8("ghij")))
      .toEqual(["02 \"abcdef\" whole", "80 \"ghij\" whole"])
  })

  it("is each message's own", () => {
    const message = Wire.concat([header(6n, 2, false), Wire.utf8("abcdef"), header(4n, 0), Wire.utf8("ghij")])
    expect(decode(make(client, 10), Wire.concat([message, message, message]))).toHaveLength(6)
  })

  it("does not count control frames", () => {
    const ping = Wire.frame({ opcode: 9, payload: Wire.octets(20) })
    expect(decode(make(client, 2), Wire.concat([header(2n, 2, false), Wire.utf8("ab"), ping, header(0n, 0)]))).toEqual([
      "02 \"ab\" whole",
      expect.stringMatching(/^89/),
      "80 \"\" whole"
    ])
  })

  it("does not count a finished message for a continuation that continues nothing (RFC 6455 §5.4)", () => {
    const frames = [
      Wire.frame({ opcode: 2, payload: Wire.utf8("abcdef") }),
      Wire.frame({ opcode: 0, payload: Wire.utf8("ghijk") })
    ]
    expect(decode(make(client, 10), Wire.concat(frames))).toEqual(["82 \"abcdef\" whole", "80 \"ghijk\" whole"])
  })
})

describe("a decoder that is stopped", () => {
  it.each(["", "01", "8905 6162", "0103 61"])("forgets %j, and takes nothing more", (digits) => {
    const decoder = make()
    decode(decoder, Wire.hex(digits))
    decoder.push(Wire.hex("8201 61"))
    decoder.stop()
    expect(drain(decoder)).toEqual([])
    expect(decode(decoder, Wire.hex("8201 62"))).toEqual([])
  })
})
