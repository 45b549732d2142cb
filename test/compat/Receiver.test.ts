import * as fc from "fast-check"
import { setImmediate, setTimeout } from "node:timers/promises"
import * as Zlib from "node:zlib"
import { describe, expect, it } from "vitest"
import * as Ws from "ws"
import { PerMessageDeflate } from "../../src/compat/PerMessageDeflate.ts"
import { Receiver, type ReceiverOptions } from "../../src/compat/Receiver.ts"
import * as Wire from "../protocol/Wire.ts"

interface Classes {
  readonly Receiver: typeof Receiver
  readonly PerMessageDeflate: typeof PerMessageDeflate
}

const ours: Classes = { Receiver, PerMessageDeflate }
const ws = Ws as unknown as Classes

interface Options extends Omit<ReceiverOptions, "extensions"> {
  readonly compression?: boolean
}

const make = ({ PerMessageDeflate, Receiver }: Classes, { compression = false, ...options }: Options): Receiver => {
  if (!compression) return new Receiver(options)
  const deflate = new PerMessageDeflate({ isServer: options.isServer, maxPayload: options.maxPayload })
  deflate.accept([{}])
  return new Receiver({ ...options, extensions: { "permessage-deflate": deflate } })
}

/** A value as the receiver of an event sees it. */
const seen = async (value: unknown): Promise<unknown> => {
  if (value instanceof Blob) return ["Blob", Wire.toHex(new Uint8Array(await value.arrayBuffer()))]
  if (value instanceof ArrayBuffer) return ["ArrayBuffer", Wire.toHex(new Uint8Array(value))]
  if (Array.isArray(value)) return Promise.all(value.map(seen))
  if (value instanceof Uint8Array) return [value.constructor.name, Wire.toHex(value)]
  if (!(value instanceof Error)) return value
  const status = Object.getOwnPropertySymbols(value).map((key) => Reflect.get(value, key))
  return [value.name, Reflect.get(value, "code"), value.message, status]
}

const eventNames = ["message", "ping", "pong", "conclude", "error", "finish", "close"]

/** Everything that a receiver emits for what is written to it, chunk by chunk. */
const play = async (classes: Classes, options: Options, chunks: ReadonlyArray<Uint8Array>): Promise<unknown> => {
  const receiver = make(classes, options)
  const events: Array<ReadonlyArray<unknown>> = []
  for (const name of eventNames) receiver.on(name, (...values) => events.push([name, ...values]))
  for (const chunk of chunks) {
    if (receiver.destroyed || receiver.writableEnded) break
    await new Promise<void>((resolve) => receiver.write(Buffer.from(chunk), () => resolve()))
  }
  await setImmediate()
  return Promise.all(events.map((event) => Promise.all(event.map(seen))))
}

const expectAlike = async (options: Options, chunks: ReadonlyArray<Uint8Array>): Promise<unknown> => {
  const [mine, theirs] = await Promise.all([play(ours, options, chunks), play(ws, options, chunks)])
  expect(mine).toEqual(theirs)
  return mine
}

const deflated = (payload: Uint8Array): Uint8Array =>
  Zlib.deflateRawSync(payload, { finishFlush: Zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4)

const mask = Wire.exampleMask

describe("a receiver", () => {
  it.each(["nodebuffer", "arraybuffer", "fragments", "blob"] as const)(
    "gives binary messages as %s",
    async (binaryType) => {
      await expectAlike({ binaryType }, [
        Wire.hex("8202 6162 0201 63 0000 8002 6465 8200 0101 61 8001 62 0200 8000 8204 01"),
        Wire.hex("020304 8100")
      ])
    }
  )

  it("answers the writer when it has used up what was written", async () => {
    const receiver = new Receiver()
    const seen: Array<string> = []
    receiver.on("message", (data) => seen.push(String(data)))
    receiver.write(Wire.hex("810161 8101"), () => seen.push("written"))
    expect(seen).toEqual(["a"])
    await setImmediate()
    expect(seen).toEqual(["a", "written"])
  })

  it("takes nothing after a Close, and finishes", async () => {
    const events = await expectAlike({}, [Wire.hex("810161 880503e8627965 810162"), Wire.hex("810163")])
    expect(events).toEqual([
      ["message", ["Buffer", "61"], false],
      ["conclude", 1000, ["Buffer", "627965"]],
      ["finish"],
      ["close"]
    ])
    await expectAlike({}, [Wire.hex("8800")])
  })

  it("fails, as a stream does, after the messages before a mistake", async () => {
    const events = await expectAlike({}, [Wire.hex("810161 8900 8bff 810162")])
    expect(events).toEqual([
      ["message", ["Buffer", "61"], false],
      ["ping", ["Buffer", ""]],
      ["error", ["RangeError", "WS_ERR_INVALID_OPCODE", "Invalid WebSocket frame: invalid opcode 11", [1002]]],
      ["close"]
    ])
  })

  it("does not check text if it is told so", async () => {
    const chunks = [Wire.hex("8101ff 0101ff 8000 880303e8ff")]
    await expectAlike({ skipUTF8Validation: true }, chunks)
    await expectAlike({}, chunks)
  })

  it("has no limits if they are 0, and none by default", async () => {
    const chunks = [Wire.hex("0201 61"), Wire.hex("0002 61"), Wire.hex("61"), Wire.hex("8000")]
    await expectAlike({ maxPayload: 0, maxFragments: 0, maxBufferedChunks: 0 }, chunks)
  })

  it.each([1, 2, 3])("takes a frame in %i chunks at most", async (maxBufferedChunks) => {
    const chunks = ["8204 61", "61", "61", "61"].map(Wire.hex)
    await expectAlike({ maxBufferedChunks }, chunks)
  })

  it.each([1, 2])("takes a message whose frames come in %i chunks at most", async (maxBufferedChunks) => {
    const chunks = ["0201 61 0002 61", "61 0001 61 0001 61", "8002 61", "61"].map(Wire.hex)
    await expectAlike({ maxBufferedChunks }, chunks)
  })

  it.each([100, 101])("takes a compressed message of %i octets only if it becomes no larger than 100", async (size) => {
    const frame = Wire.frame({ opcode: 1, rsv: 4, payload: deflated(Buffer.alloc(size, "a")) })
    await expectAlike({ compression: true, maxPayload: 100 }, [frame])
  })

  it("holds what comes behind a compressed message until that is there", async () => {
    const large = Wire.octets(200_000)
    const chunk = Wire.concat([
      Wire.frame({ opcode: 2, rsv: 4, payload: deflated(large) }),
      Wire.hex("890161 810162 8800")
    ])
    await expectAlike({ compression: true }, [chunk])
  })

  it("emits no event after it is destroyed", async () => {
    const receiver = make(ours, { compression: true })
    const events: Array<string> = []
    for (const name of eventNames) receiver.on(name, () => events.push(name))
    receiver.write(Wire.frame({ opcode: 1, rsv: 4, payload: deflated(Wire.utf8("text")) }))
    receiver.destroy()
    await setTimeout(20)
    expect(events).toEqual(["close"])
  })

  it("emits no event that waited for its turn when it was destroyed", async () => {
    const receiver = make(ours, { allowSynchronousEvents: false })
    const events: Array<string> = []
    for (const name of eventNames) receiver.on(name, () => events.push(name))
    receiver.write(Buffer.from("810161", "hex"))
    receiver.destroy()
    await setTimeout(20)
    expect(events).toEqual(["close"])
  })

  it("limits what a message becomes, also if its decompression does not", async () => {
    const deflate = new PerMessageDeflate({ isServer: false })
    deflate.accept([{}])
    const receiver = new Receiver({ maxPayload: 100, extensions: { "permessage-deflate": deflate } })
    const failing = new Promise((resolve) => receiver.on("error", resolve))
    receiver.write(Wire.frame({ opcode: 1, rsv: 4, payload: deflated(Buffer.alloc(101, "a")) }))
    expect(await failing).toMatchObject({
      message: "Max payload size exceeded",
      code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"
    })
  })

  it("throws what a listener throws to the writer", () => {
    for (const { Receiver } of [ours, ws]) {
      const receiver = new Receiver().on("message", () => {
        throw new Error("thrown")
      })
      expect(() => receiver.write(Buffer.from("810161", "hex"))).toThrow("thrown")
    }
  })

  it("takes what a listener writes after what it had", async () => {
    for (const { Receiver } of [ours, ws]) {
      const texts: Array<string> = []
      const receiver = new Receiver().on("message", (data) => {
        texts.push(String(data))
        if (texts.length < 3) receiver.write(Buffer.from("810178", "hex"))
      })
      receiver.write(Buffer.from("810161810162", "hex"))
      await setImmediate()
      expect(texts).toEqual(["a", "b", "x", "x"])
    }
  })
})

describe.each([["ours", ours], ["ws", ws]] as const)("with allowSynchronousEvents, %s", (_, classes) => {
  const emitted = async (allowSynchronousEvents: boolean): Promise<string> => {
    const receiver = make(classes, { allowSynchronousEvents })
    const seen: Array<string> = []
    for (const name of ["message", "ping", "pong"]) {
      receiver.on(name, () => {
        seen.push(name)
        queueMicrotask(() => seen.push("microtask"))
      })
    }
    await new Promise<void>((resolve) => {
      receiver.write(Buffer.from("8101618900810162 8a00".replace(" ", ""), "hex"), () => resolve())
      seen.push("returned")
    })
    await setImmediate()
    return seen.join(" ")
  }

  it("emits all events of a chunk while it is written", async () => {
    expect(await emitted(true)).toBe(
      "message ping message pong returned microtask microtask microtask microtask"
    )
  })

  it("false, gives each event a turn of its own", async () => {
    expect(await emitted(false)).toBe(
      "returned message microtask ping microtask message microtask pong microtask"
    )
  })
})

/** One thing that a peer sends, which is wrong in one way at most. */
type Piece = (options: Options) => ReadonlyArray<Wire.Sent>

const masked = (options: Options): Pick<Wire.Sent, "mask"> => ({ mask: options.isServer === true ? mask : undefined })

const text = fc.string({ unit: "grapheme", maxLength: 60 }).map(Wire.utf8)
const binary = fc.nat(400).map((size) => Wire.octets(size))
const control = fc.record({ opcode: fc.constantFrom(9, 10), payload: fc.nat(125).map((size) => Wire.octets(size)) })

const whole: fc.Arbitrary<Piece> = fc.oneof(
  text.map((payload): Piece => (options) => [{ opcode: 1, payload, ...masked(options) }]),
  binary.map((payload): Piece => (options) => [{ opcode: 2, payload, ...masked(options) }])
)

/** A message in fragments, with control frames between them. */
const fragmented: fc.Arbitrary<Piece> = fc.record({
  opcode: fc.constantFrom(1, 2),
  parts: fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 9 }), { minLength: 2, maxLength: 5 }),
  between: fc.option(control)
}).map(({ between, opcode, parts }): Piece => (options) =>
  parts.flatMap((part, i) => [
    {
      fin: i === parts.length - 1,
      opcode: i === 0 ? opcode : 0,
      payload: Wire.utf8(part),
      ...masked(options)
    },
    ...(between === null || i === parts.length - 1 ? [] : [{ ...between, ...masked(options) }])
  ])
)

const compressed: fc.Arbitrary<Piece> = fc.record({ payload: text, at: fc.option(fc.nat(20)) })
  .map(({ at, payload }): Piece => (options) => {
    const octets = deflated(payload)
    const first = { opcode: 1, rsv: 4, ...masked(options) }
    if (at === null) return [{ ...first, payload: octets }]
    return [
      { ...first, fin: false, payload: octets.subarray(0, at) },
      { opcode: 0, payload: octets.subarray(at), ...masked(options) }
    ]
  })

const close = fc.option(
  fc.record({ code: fc.nat(5000), reason: fc.string({ unit: "grapheme", maxLength: 20 }).map(Wire.utf8) })
).map((close): Piece => (options) => [{
  opcode: 8,
  payload: close === null ? new Uint8Array(0) : Wire.concat([Uint8Array.of(close.code >> 8, close.code), close.reason]),
  ...masked(options)
}])

const mistakes: ReadonlyArray<Partial<Wire.Sent>> = [
  { rsv: 1 },
  { rsv: 2 },
  { rsv: 6 },
  { rsv: 4, opcode: 9 },
  { opcode: 3 },
  { opcode: 15 },
  { opcode: 0 },
  { opcode: 9, fin: false },
  { opcode: 10, payload: Wire.octets(126) },
  { opcode: 8, payload: Wire.octets(1) },
  { opcode: 1, payload: Uint8Array.of(0x61, 0xc3) }
]

const mistake = fc.oneof(
  fc.constantFrom(...mistakes).map((wrong): Piece => (options) => [{ opcode: 2, ...masked(options), ...wrong }]),
  fc.constant<Piece>(({ isServer }) => [{ opcode: 2, mask: isServer === true ? undefined : mask }]),
  fc.constant<Piece>((options) => [
    { fin: false, opcode: 1, ...masked(options) },
    { opcode: 2, ...masked(options) }
  ])
)

const options: fc.Arbitrary<Options> = fc.record({
  isServer: fc.boolean(),
  binaryType: fc.constantFrom("nodebuffer", "arraybuffer", "fragments"),
  maxPayload: fc.constantFrom(0, 300),
  maxFragments: fc.constantFrom(0, 3),
  compression: fc.boolean(),
  allowSynchronousEvents: fc.boolean()
})

const pieces = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 4, arbitrary: fragmented },
    { weight: 3, arbitrary: control.map((control): Piece => (options) => [{ ...control, ...masked(options) }]) },
    { weight: 3, arbitrary: compressed },
    { weight: 1, arbitrary: close },
    { weight: 1, arbitrary: mistake }
  ),
  { maxLength: 8 }
)

const cut = (bytes: Uint8Array, at: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...new Set([...at.map((i) => i % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

describe("whatever a peer sends, and however it is cut,", () => {
  it("the events are those of ws", async () => {
    await fc.assert(
      fc.asyncProperty(options, pieces, fc.array(fc.nat(), { maxLength: 6 }), async (options, pieces, at) => {
        const bytes = Wire.concat(pieces.flatMap((piece) => piece(options)).map(Wire.frame))
        await expectAlike(options, cut(bytes, at))
      }),
      { numRuns: 500 }
    )
  })

  it("nothing is thrown, and an error is the last thing", async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(fc.uint8Array({ maxLength: 40 })), async (options, chunks) => {
        const events = await play(ours, options, chunks) as ReadonlyArray<ReadonlyArray<unknown>>
        const end = events.findIndex(([name]) => name === "error" || name === "conclude")
        if (end >= 0) expect(events.slice(end + 1).filter(([name]) => name !== "finish")).toEqual([["close"]])
      })
    )
  })
})
