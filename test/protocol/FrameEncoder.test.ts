import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Arena } from "../../src/protocol/Arena.ts"
import * as Bytes from "../../src/protocol/Bytes.ts"
import { FrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import { FrameEncoder } from "../../src/protocol/FrameEncoder.ts"
import * as Message from "../../src/protocol/Message.ts"
import type * as Opcode from "../../src/protocol/Opcode.ts"
import { ProtocolError } from "../../src/protocol/Violation.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as Wire from "./Wire.ts"

const exampleKey = 0x3d21fa37
const key = fc.integer()
const edges = [0, 1, 125, 126, 127, 8192, 21_845, 21_846, 65_534, 65_535, 65_536, 70_000]
const platforms = [["plain JavaScript", Bytes.portable], ["Node", nodeBytes]] as const

const encoded = (
  encode: (encoder: FrameEncoder) => void,
  options: { bytes?: Bytes.Bytes; key?: number | undefined } = {}
) => {
  const bytes = options.bytes ?? Bytes.portable
  const nextKey = options.key === undefined ? undefined : () => options.key as number
  const encoder = new FrameEncoder(new Arena(bytes.allocate), bytes, nextKey)
  encode(encoder)
  const { size } = encoder
  const whole = Wire.concat(encoder.take())
  expect(whole).toHaveLength(size)
  expect(encoder.size).toBe(0)
  return whole
}

describe("the examples of RFC 6455 §5.7", () => {
  it.each([
    ["a single-frame unmasked text", undefined, (encoder: FrameEncoder) => encoder.text("Hello"), "810548656c6c6f"],
    [
      "a single-frame masked text",
      exampleKey,
      (encoder: FrameEncoder) => encoder.text("Hello"),
      "818537fa213d7f9f4d5158"
    ],
    ["a fragmented unmasked text", undefined, (encoder: FrameEncoder) => {
      encoder.frame(false, false, 1, Wire.utf8("Hel"))
      encoder.frame(true, false, 0, Wire.utf8("lo"))
    }, "010348656c80026c6f"],
    ["an unmasked ping", undefined, (encoder: FrameEncoder) => {
      encoder.frame(true, false, 9, Wire.utf8("Hello"))
    }, "890548656c6c6f"],
    ["a masked pong", exampleKey, (encoder: FrameEncoder) => {
      encoder.frame(true, false, 10, Wire.utf8("Hello"))
    }, "8a8537fa213d7f9f4d5158"],
    ["256 bytes of binary data", undefined, (encoder: FrameEncoder) => {
      encoder.binary(new Uint8Array(256))
    }, `827e0100${"00".repeat(256)}`],
    ["64 KiB of binary data", undefined, (encoder: FrameEncoder) => {
      encoder.binary(new Uint8Array(65_536))
    }, `827f0000000000010000${"00".repeat(65_536)}`]
  ])("are encoded: %s", (_, key, encode, digits) => {
    expect(Wire.toHex(encoded(encode, { key }))).toBe(digits)
  })
})

describe.each(platforms)("frames in %s", (_, bytes) => {
  it.each(edges)("of %d octets are on the wire as the RFC draws them, from either role", (length) => {
    const payload = Wire.octets(length)
    const before = Wire.toHex(payload)
    for (const key of [undefined, exampleKey]) {
      const mask = key === undefined ? undefined : Wire.maskOf(key)
      const whole = encoded((encoder) => {
        encoder.binary(payload)
        encoder.frame(false, true, 1, payload)
      }, { bytes, key })
      const expected = [{ opcode: 2, payload, mask }, { fin: false, rsv: 4, opcode: 1, payload, mask }].map(Wire.frame)
      expect(Buffer.compare(whole, Wire.concat(expected))).toBe(0)
    }
    expect(Wire.toHex(payload)).toBe(before)
  })

  it.each([["one octet", "a"], ["two", "\u00e9"], ["three", "\u20ac"], ["four", "\u{1f600}"], [
    "a lone half",
    "\ud800"
  ]])(
    "of text have the right length, for characters of %s around every edge",
    (_, char) => {
      const octets = Wire.utf8(char).length
      for (const edge of [125, 126, 127, 8192, 65_535, 65_536]) {
        for (let shift = -3; shift <= 3; shift++) {
          for (const length of [edge, Math.floor(edge / octets)]) {
            const text = "-".repeat(3 + shift) + char.repeat(Math.max(0, length - 3))
            for (const key of [undefined, exampleKey]) {
              const mask = key === undefined ? undefined : Wire.maskOf(key)
              const whole = encoded((encoder) => encoder.text(text), { bytes, key })
              const expected = Wire.frame({ opcode: 1, payload: Wire.utf8(text), mask })
              expect(Buffer.compare(whole, expected), `${text.length} characters`).toBe(0)
            }
          }
        }
      }
    }
  )

  it("are decoded to what was encoded", () => {
    const frame = fc.record({
      fin: fc.constant(true),
      rsv1: fc.boolean(),
      opcode: fc.constantFrom<Opcode.Opcode>(1, 2),
      length: fc.oneof(fc.constantFrom(...edges), fc.nat(400))
    })
    const others = fc.constantFrom<Opcode.Opcode>(0, 8, 9, 10).chain((opcode) =>
      fc.record({
        fin: opcode === 0 ? fc.boolean() : fc.constant(true),
        rsv1: fc.constant(false),
        opcode: fc.constant(opcode),
        length: fc.nat(125)
      })
    )
    const keys = fc.option(fc.array(key, { minLength: 1 }), { nil: undefined })
    fc.assert(fc.property(fc.array(fc.oneof(frame, others), { maxLength: 8 }), keys, (frames, keys) => {
      let next = 0
      const nextKey = keys === undefined ? undefined : () => keys[next++ % keys.length]
      const encoder = new FrameEncoder(new Arena(bytes.allocate), bytes, nextKey)
      const payloads = frames.map(({ length }, i) => Wire.octets(length, i))
      frames.forEach(({ fin, opcode, rsv1 }, i) => encoder.frame(fin, rsv1, opcode, payloads[i]))
      const decoder = new FrameDecoder({ masked: keys !== undefined, rsv1: true }, bytes)
      decoder.push(Wire.concat(encoder.take()))
      frames.forEach(({ fin, opcode, rsv1 }, i) => {
        const decoded = decoder.next()
        if (decoded === undefined || decoded instanceof ProtocolError) expect.fail(`${decoded?.message}`)
        expect({ ...decoded, payload: 0 }).toEqual({ fin, rsv1, opcode, payload: 0, whole: true })
        expect(Buffer.compare(decoded.payload, Wire.octets(payloads[i].length, i))).toBe(0)
        expect(Buffer.compare(payloads[i], Wire.octets(payloads[i].length, i))).toBe(0)
      })
      expect(decoder.next()).toBeUndefined()
    }))
  })
})

describe("frames of a client", () => {
  it.each(platforms)("are masked once each, whatever lies between them, in %s", (_, bytes) => {
    const key = 0x3d21fa37
    const mask = Wire.maskOf(key)
    const small = fc.nat(300).map((length) => Wire.octets(length))
    const sized = (sizes: fc.Arbitrary<number>) =>
      sizes.map((length) => ({ opcode: 2, payload: Wire.octets(length), mask }))
    const part = fc.oneof(
      { weight: 6, arbitrary: small.map((payload) => ({ opcode: 2, payload, mask })) },
      sized(fc.constantFrom(1535, 1536, 20_000, 65_535, 65_536)),
      small.map((payload) => ({ opcode: 2, payload })),
      fc.constantFrom(20_000, 65_531, 65_535).map((length) => ({ opcode: 2, payload: Wire.octets(length) })),
      small.map((payload) => ({ opcode: 2, payload, mask: Wire.maskOf(7) }))
    )
    fc.assert(fc.property(fc.array(part, { maxLength: 30 }), fc.nat(40), (parts, pauses) => {
      const encoder = new FrameEncoder(new Arena(bytes.allocate), bytes, () => key)
      const taken = parts.flatMap((sent: Wire.Sent, i) => {
        if (sent.mask === undefined) encoder.frame(true, false, 2, sent.payload!, "None")
        else if (sent.mask === mask) encoder.binary(sent.payload!)
        else encoder.framed(Wire.frame(sent))
        return i === pauses ? encoder.take().map((chunk) => chunk.slice()) : []
      })
      const whole = Wire.concat([...taken, ...encoder.take()])
      expect(Buffer.compare(whole, Wire.concat(parts.map(Wire.frame)))).toBe(0)
    }))
  })

  it.each(platforms)("are masked behind one without a key that fits in no page, in %s", (_, bytes) => {
    const encoder = new FrameEncoder(new Arena(bytes.allocate), bytes, () => 0x3d21fa37)
    const payload = Wire.octets(65_535)
    encoder.text("Hello")
    encoder.frame(true, false, 2, payload, "None")
    encoder.text("Hello")
    const text = Wire.frame({ opcode: 1, payload: Wire.utf8("Hello"), mask: Wire.maskOf(0x3d21fa37) })
    const expected = Wire.concat([text, Wire.frame({ opcode: 2, payload }), text])
    expect(Buffer.compare(Wire.concat(encoder.take()), expected)).toBe(0)
  })
})

describe("a masking key", () => {
  it("is a new one for each frame of a client (RFC 6455 §5.3)", () => {
    const keys = [1, 2, 3, 4]
    const encoder = new FrameEncoder(new Arena(Bytes.portable.allocate), Bytes.portable, () => keys.shift() ?? 0)
    encoder.text("")
    encoder.binary(new Uint8Array(0))
    encoder.prepared(Message.prepare(Bytes.portable, ""))
    encoder.text("")
    expect(Wire.toHex(Wire.concat(encoder.take())))
      .toBe("818001000000828002000000818003000000818004000000")
  })
})

describe("a prepared message", () => {
  it.each([0, 125, 8190, 65_535, 70_000])("of %d octets goes out like any other, from either role", (length) => {
    const prepared = Message.prepare(Bytes.portable, Wire.octets(length))
    const before = Wire.toHex(prepared.frame)
    for (const key of [undefined, exampleKey]) {
      const [ours, theirs] = [prepared, prepared].map((prepared, i) =>
        encoded((encoder) => i === 0 ? encoder.prepared(prepared) : encoder.binary(prepared.payload), { key })
      )
      expect(Buffer.compare(ours, theirs)).toBe(0)
    }
    expect(Wire.toHex(prepared.frame)).toBe(before)
  })
})

const make = () => {
  const arena = new Arena(Bytes.portable.allocate)
  return { arena, encoder: new FrameEncoder(arena, Bytes.portable) }
}

describe("the chunks of one write", () => {
  it("are one for all small frames", () => {
    const { encoder } = make()
    for (let i = 0; i < 50; i++) encoder.text("a")
    expect(encoder.take()).toHaveLength(1)
  })

  it("refer to a large payload of a server, and copy none of it", () => {
    const { encoder } = make()
    const payload = Wire.octets(65_536)
    encoder.text("a")
    encoder.binary(payload)
    encoder.text("b")
    const chunks = encoder.take()
    expect(chunks).toHaveLength(3)
    expect(chunks[1]).toBe(payload)
  })

  it("are the frame of a prepared message that leaves alone, as it is", () => {
    const { arena, encoder } = make()
    const { frame } = Message.prepare(Bytes.portable, "a")
    for (const copy of [false, true]) {
      encoder.prepared({ frame } as Message.Prepared)
      expect(encoder.take(copy)).toEqual([frame])
    }
    expect(arena.slab).toBeUndefined()
  })

  it("are one for prepared messages that leave with others, whatever other connections encode in between", () => {
    const { arena, encoder } = make()
    const other = new FrameEncoder(arena, Bytes.portable)
    const prepared = ["a", "b"].map((text) => Message.prepare(Bytes.portable, text))
    for (const message of prepared) {
      encoder.prepared(message)
      other.prepared(message)
      other.text("c")
    }
    const chunks = encoder.take()
    expect(chunks.map(Wire.toHex)).toEqual([Wire.toHex(Wire.concat(prepared.map(({ frame }) => frame)))])
    expect(chunks[0]).not.toBe(prepared[0].frame)
  })

  it("are not copied of prepared messages for a transport that holds on to them, if they are large", () => {
    const { encoder } = make()
    const prepared = [1024, 2, 2000].map((length) => Message.prepare(Bytes.portable, Wire.octets(length)))
    for (const message of prepared) encoder.prepared(message)
    encoder.text("a")
    for (const message of prepared) encoder.prepared(message)
    const chunks = encoder.take(true)
    expect(chunks.map(({ length }) => length)).toEqual([1028 + 4 + 2004 + 3, 1028, 4, 2004])
    expect([chunks[1], chunks[3]].map((chunk) => chunk.buffer)).toEqual([0, 2].map((i) => prepared[i].frame.buffer))
  })

  it("are none where there is nothing", () => {
    const { encoder } = make()
    expect([encoder.take(), encoder.take(true), encoder.size]).toEqual([[], [], 0])
  })

  it("use the same memory again and again when each write is done at once", () => {
    const { arena, encoder } = make()
    const buffers = new Set(Array.from({ length: 100 }, () => {
      encoder.text("a".repeat(2000))
      const [chunk] = encoder.take()
      encoder.settle(true)
      expect(arena.cursor).toBe(0)
      return chunk.buffer
    }))
    expect(buffers.size).toBe(1)
  })

  it("are out of the arena where they are asked for as copies, and the arena is free again", () => {
    const { arena, encoder } = make()
    const payload = Wire.octets(70_000)
    encoder.text("a")
    encoder.binary(payload)
    const chunks = encoder.take(true)
    expect(arena.cursor).toBe(0)
    expect(chunks.every(({ buffer }) => buffer !== arena.slab?.buffer)).toBe(true)
    expect(chunks[1]).toBe(payload)
  })

  it("stay as they are while they are written, though more is encoded before that is done", () => {
    const { arena, encoder } = make()
    const other = new FrameEncoder(arena, Bytes.portable)
    encoder.text("first")
    encoder.take()
    encoder.text("second")
    encoder.settle(true)
    other.text("other".repeat(9))
    expect(encoder.take().map(Wire.toHex)).toEqual([
      Wire.toHex(Wire.frame({ opcode: 1, payload: Wire.utf8("second") }))
    ])
  })

  it("stay as they are though the memory before them has come to the same place in another slab", () => {
    const { arena, encoder } = make()
    const [other, third] = [new FrameEncoder(arena, Bytes.portable), new FrameEncoder(arena, Bytes.portable)]
    encoder.text("first")
    other.text("other")
    third.text("third")
    third.take()
    third.settle(false)
    third.text("third")
    encoder.text("second")
    expect(Wire.toHex(Wire.concat(other.take())))
      .toBe(Wire.toHex(Wire.frame({ opcode: 1, payload: Wire.utf8("other") })))
  })

  it("stay as they are while they are written, though more is taken as copies before that is done", () => {
    const { encoder } = make()
    encoder.text("first")
    const [first] = encoder.take()
    encoder.text("second")
    encoder.take(true)
    encoder.settle(false)
    encoder.text("third")
    expect(Wire.toHex(first)).toBe(Wire.toHex(Wire.frame({ opcode: 1, payload: Wire.utf8("first") })))
  })
})
