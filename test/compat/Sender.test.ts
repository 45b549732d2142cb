import * as fc from "fast-check"
import { Duplex } from "node:stream"
import { setTimeout } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import * as Ws from "ws"
import { PerMessageDeflate } from "../../src/compat/PerMessageDeflate.ts"
import type { Receiver } from "../../src/compat/Receiver.ts"
import { type FrameOptions, Sender, type SendOptions } from "../../src/compat/Sender.ts"
import type { Frame } from "../../src/protocol/Frame.ts"
import { FrameDecoder } from "../../src/protocol/FrameDecoder.ts"
import * as FrameHeader from "../../src/protocol/FrameHeader.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import * as Wire from "../protocol/Wire.ts"

interface Classes {
  readonly Sender: typeof Sender
  readonly PerMessageDeflate: typeof PerMessageDeflate
}

const ours: Classes = { Sender, PerMessageDeflate }
const ws = Ws as unknown as Classes & { readonly Receiver: typeof Receiver }

const both = [["ours", ours], ["ws", ws]] as const

/** A socket that takes everything and remembers it. */
class Sink extends Duplex {
  readonly chunks: Array<Uint8Array> = []

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(Uint8Array.from(chunk))
    done()
  }

  get bytes(): Uint8Array {
    return Wire.concat(this.chunks)
  }
}

const exampleKey = (mask: Buffer): void => mask.set(Wire.exampleMask)

type Compression = ConstructorParameters<typeof PerMessageDeflate>[0]

const agreed = ({ PerMessageDeflate }: Pick<Classes, "PerMessageDeflate">, options: Compression): PerMessageDeflate => {
  const deflate = new PerMessageDeflate({ ...options, isServer: true })
  deflate.accept([{}])
  return deflate
}

interface Setting {
  readonly sender: Sender
  readonly socket: Sink
  /** Makes a callback that tells when it is called, and with what. */
  readonly tell: (name: string | number) => (error?: Error | null) => void
  readonly told: Array<string>
}

const set = (classes: Classes, compression?: Compression): Setting => {
  const socket = new Sink()
  const told: Array<string> = []
  const extensions = compression && { "permessage-deflate": agreed(classes, compression) }
  const sender = new classes.Sender(socket, extensions ?? {}, exampleKey)
  return { sender, socket, told, tell: (name) => (error) => void told.push(`${name}: ${error?.message ?? "sent"}`) }
}

const plain: SendOptions = { binary: false, compress: false, fin: true, mask: false }
const asBinary: SendOptions = { ...plain, binary: true }
/** A busy machine may take its time. */
const patiently = { interval: 5, timeout: 20_000 }

const toCompress: SendOptions = { ...plain, compress: true }

const buffered = (sender: Sender): unknown =>
  sender instanceof Sender ? sender.bufferedBytes : Reflect.get(sender, "_bufferedBytes")

/** The Blob or File of a polyfill: it is none of Node's. */
const foreign = (name: string, text: string): object => ({
  [Symbol.toStringTag]: name,
  type: "",
  size: text.length,
  stream: () => new Blob([text]).stream(),
  arrayBuffer: () => new Blob([text]).arrayBuffer()
})

class BrokenBlob extends Blob {
  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(new Error("broken"))
  }
}

describe("a frame", () => {
  const options: fc.Arbitrary<FrameOptions> = fc.record({
    fin: fc.boolean(),
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
    rsv1: fc.boolean(),
    mask: fc.boolean(),
    readOnly: fc.constant(true),
    generateMask: fc.constantFrom(
      exampleKey,
      (mask: Buffer) => void mask.fill(0)
    )
  }, { requiredKeys: ["readOnly", "generateMask"] })
  const size = fc.oneof(fc.nat(200), fc.constantFrom(125, 126, 65_535, 65_536))

  it("is the one of ws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), size.map((size) => Wire.octets(size))), options, (data, options) => {
      const payload = typeof data === "string" ? data : Buffer.from(data)
      const [mine, theirs] = [ours, ws].map(({ Sender }) => Wire.concat(Sender.frame(payload, options)))
      expect(Buffer.from(mine).equals(theirs)).toBe(true)
    }))
  })

  it("has a key of its own if none is given, and leaves the data alone", () => {
    const data = Buffer.from("text")
    const [first, second] = [1, 2].map(() => Wire.concat(Sender.frame(data, { mask: true, readOnly: false })))
    expect(Wire.toHex(first)).not.toBe(Wire.toHex(second))
    expect(Wire.toHex(Wire.masking(first.subarray(6), [...first.subarray(2, 6)]))).toBe(Wire.toHex(data))
    expect(String(data)).toBe("text")
  })

  it("gets its key in the memory that is given for it", () => {
    for (const { Sender } of [ours, ws]) {
      const maskBuffer = Buffer.alloc(4)
      Sender.frame(Buffer.from("a"), { mask: true, maskBuffer, generateMask: exampleKey, readOnly: true })
      expect(Wire.toHex(maskBuffer)).toBe("37fa213d")
    }
  })
})

/** Which of the frames begin a message that is compressed. */
const compressions = ({ socket }: Setting): ReadonlyArray<boolean> => framesOf(socket.bytes).map(({ rsv1 }) => rsv1)

describe.each(both)("a sender, %s,", (_, classes) => {
  it("writes at once what need not wait", async () => {
    const { sender, socket, tell, told } = set(classes)
    sender.send("é", plain, tell("text"))
    sender.send(new Uint16Array([1]), asBinary, tell("view"))
    sender.ping("p", false, tell("ping"))
    sender.close(1000, "bye", false, tell("close"))
    expect(Wire.toHex(socket.bytes)).toBe("8102c3a9820201008901708805 03e8627965".replace(" ", ""))
    expect(told).toEqual([])
    await expect.poll(() => told, patiently).toEqual(["text: sent", "view: sent", "ping: sent", "close: sent"])
  })

  it.each([5, undefined, {}, true])("refuses to send %o", (data) => {
    const { sender } = set(classes)
    for (
      const send of [() => sender.send(data, plain), () => sender.ping(data, false), () => sender.pong(data, false)]
    ) {
      expect(send).toThrow(TypeError)
      expect(send).toThrow(/^The first argument must be of type string/)
    }
  })

  it.each(["a".repeat(126), Buffer.alloc(126), new Blob(["é".repeat(63)])])("refuses a ping of 126 octets", (data) => {
    const { sender } = set(classes)
    const error = new RangeError("The data size must not be greater than 125 bytes")
    expect(() => sender.ping(data, false)).toThrow(error)
    expect(() => sender.pong(data, false)).toThrow(error)
  })

  it("refuses a reason that is too long", () => {
    const { sender } = set(classes)
    const error = new RangeError("The message must not be greater than 123 bytes")
    for (const reason of ["a".repeat(124), "é".repeat(62), Buffer.alloc(124)]) {
      expect(() => sender.close(1000, reason, false)).toThrow(error)
    }
  })

  it("tells those who wait that the socket was closed while data was being compressed", async () => {
    const { sender, socket, tell, told } = set(classes, {})
    sender.send("a", toCompress, tell(1))
    sender.send("b", plain, tell(2))
    sender.ping("c", false, tell(3))
    socket.destroy()
    const error = "The socket was closed while data was being compressed"
    await expect.poll(() => told, patiently).toEqual([`1: ${error}`, `2: ${error}`, `3: ${error}`])
    expect(socket.chunks).toEqual([])
  })

  it("tells those who wait that the socket was closed while a Blob was being read", async () => {
    const { sender, socket, tell, told } = set(classes)
    sender.send(new Blob(["a"]), asBinary, tell(1))
    sender.send("b", plain, tell(2))
    socket.destroy()
    const error = "The socket was closed while the blob was being read"
    await expect.poll(() => told, patiently).toEqual([`1: ${error}`, `2: ${error}`])
  })

  it.each(["Blob", "File"])("reads a %s of whoever made its class", async (name) => {
    const { sender, socket } = set(classes)
    sender.send(foreign(name, "whole"), asBinary)
    sender.ping(foreign(name, "a sign"), false)
    const texts = () => framesOf(socket.bytes).map(({ payload }) => Buffer.from(payload).toString())
    await expect.poll(texts, patiently).toEqual(["whole", "a sign"])
  })

  it.each(["arrayBuffer", "stream", "type"])("takes for octets what is like a Blob but has no %s", (missing) => {
    const { sender, socket } = set(classes)
    const { [missing as "type"]: _, ...octets } = { ...foreign("Blob", ""), length: 2, 0: 1, 1: 2 } as unknown as Blob
    sender.send(octets, asBinary)
    expect(Wire.toHex(socket.bytes)).toBe("82020102")
  })

  it("sends nothing after a Blob that cannot be read, and tells onerror", async () => {
    const { sender, socket, tell, told } = set(classes)
    Object.assign(sender, { onerror: tell("onerror") })
    sender.send(new BrokenBlob(["a"]), asBinary, tell(1))
    sender.send("b", plain, tell(2))
    await expect.poll(() => told, patiently).toEqual(["1: broken", "2: broken", "onerror: broken"])
    sender.send("c", plain)
    await setTimeout(20)
    expect(socket.chunks).toEqual([])
  })

  it("compresses nothing below the threshold that cannot refer to what went before", async () => {
    const limited = set(classes, { serverNoContextTakeover: true, threshold: 5 })
    const free = set(classes, { threshold: 5 })
    for (const { sender } of [limited, free]) {
      sender.send("1234", toCompress)
      sender.send("12345", toCompress)
    }
    await expect.poll(() => compressions(limited), patiently).toEqual([false, true])
    await expect.poll(() => compressions(free), patiently).toEqual([true, true])
  })

  it("sends what is framed already", () => {
    const { sender, socket } = set(classes)
    const list = [Wire.hex("8102"), Wire.hex("6869")]
    ;(sender as { sendFrame: Sender["sendFrame"] }).sendFrame(list)
    expect(Wire.toHex(socket.bytes)).toBe("81026869")
  })
})

describe("ours, unlike ws,", () => {
  it("sends nothing after a message that cannot be compressed, and tells onerror", async () => {
    const deflate = agreed(ours, { threshold: 0 })
    const socket = new Sink()
    const sender = new Sender(socket, { "permessage-deflate": deflate })
    const told: Array<string> = []
    const tell = (name: string) => (error?: Error | null) => void told.push(`${name}: ${error?.message}`)
    Object.assign(sender, { onerror: tell("onerror") })
    sender.send(Wire.octets(1_000_000), toCompress, tell("1")) // more than is compressed at once
    sender.send("b", plain, tell("2"))
    deflate.cleanup()
    const error = "The deflate stream was closed while data was being processed"
    await expect.poll(() => told, patiently).toEqual(["1", "2", "onerror"].map((name) => `${name}: ${error}`))
    expect(socket.chunks).toEqual([])
  })

  it("has sent a list without anything in it when what came before is out", async () => {
    const socket = new Sink()
    const sender = new Sender(socket)
    sender.send("a", plain)
    await new Promise<unknown>((resolve) => sender.sendFrame([], resolve))
    expect(Wire.toHex(socket.bytes)).toBe("810161")
  })
})

/** The octets of a Close, or the error instead. */
const closing = (classes: Classes, code: unknown, reason?: string): unknown => {
  const { sender, socket } = set(classes)
  try {
    sender.close(code as number, reason, false)
    return Wire.toHex(socket.bytes)
  } catch (error) {
    return [Object.getPrototypeOf(error), (error as Error).message]
  }
}

describe("a Close", () => {
  it("is what ws sends, or is refused as by ws, for any code", () => {
    const codes = [undefined, null, "1000", NaN, -1, 0, ...Array.from({ length: 5002 }, (_, i) => i), 70_000]
    for (const code of codes) expect([code, closing(ours, code)]).toEqual([code, closing(ws, code)])
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (reason) => {
      for (const code of [undefined, 1000]) expect(closing(ours, code, reason)).toEqual(closing(ws, code, reason))
    }))
  })

  it("may have a reason that is not text", () => {
    const [mine, theirs] = [ours, ws].map((classes) => {
      const { sender, socket } = set(classes)
      sender.close(1000, Buffer.of(0xff), true)
      return Wire.toHex(socket.bytes)
    })
    expect(mine).toBe(theirs)
  })
})

/** The frames of a server or client, with payloads as they are on the wire. */
const framesOf = (bytes: Uint8Array): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  for (let rest = bytes; rest.length > 0;) {
    const decoder = new FrameDecoder({ masked: rest[1] >= 0x80, rsv1: true }, nodeBytes)
    decoder.push(rest.slice())
    const frame = decoder.next()
    if (frame === undefined || !("payload" in frame)) throw new Error("not a frame")
    frames.push(frame)
    rest = rest.subarray(FrameHeader.size(rest[1]) + frame.payload.length)
  }
  return frames
}

interface Call {
  readonly name: string
  readonly run: (sender: Sender, callback: (error?: Error | null) => void) => void
}

const data = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => [text, () => text] as const),
  fc.oneof(fc.nat(300), fc.constant(40_000)).map((size) =>
    [`${size} octets`, () => Buffer.from(Wire.octets(size))] as const
  ),
  fc.nat(9).map((size) => [`an ArrayBuffer of ${size}`, () => Wire.octets(size).buffer] as const),
  fc.nat(300).map((size) => [`a Blob of ${size}`, () => new Blob([Buffer.from(Wire.octets(size))])] as const)
)

const call = (compress: boolean): fc.Arbitrary<Call> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        data,
        binary: fc.boolean(),
        compress: compress ? fc.boolean() : fc.constant(false),
        fin: fc.oneof(fc.constant(true), fc.boolean()),
        mask: fc.boolean()
      }).map(({ data: [name, make], ...options }): Call => ({
        name: `send ${name} ${JSON.stringify(options)}`,
        run: (sender, callback) => sender.send(make(), options, callback)
      }))
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("ping", "pong"),
        text: fc.string({ maxLength: 9 }),
        blob: fc.boolean(),
        mask: fc.boolean()
      }).map(({ blob, kind, mask, text }): Call => ({
        name: `${kind} ${text} ${mask}`,
        run: (sender, callback) => sender[kind](blob ? new Blob([text]) : text, mask, callback)
      }))
    }
  )

/** What calls in a row come to: octets on the wire, callbacks, and how much was buffered after each call. */
const perform = async (classes: Classes, calls: ReadonlyArray<Call>, compression?: Compression) => {
  const { sender, socket, tell, told } = set(classes, compression)
  const sizes = calls.map(({ run }, i) => {
    run(sender, tell(i))
    return buffered(sender)
  })
  const closed = new Promise<void>((resolve) => sender.close(1000, "", false, () => resolve()))
  await closed
  return { bytes: socket.bytes, told, sizes, left: buffered(sender) }
}

/** What a receiver of ws makes of it. */
const received = (bytes: Uint8Array, compression: Compression): Promise<ReadonlyArray<unknown>> =>
  new Promise((resolve, reject) => {
    const deflate = new ws.PerMessageDeflate(compression)
    const { serverNoContextTakeover } = compression ?? {}
    deflate.accept([serverNoContextTakeover === true ? { server_no_context_takeover: [true] } : {}])
    const receiver = new ws.Receiver({ extensions: { "permessage-deflate": deflate }, skipUTF8Validation: true })
    const events: Array<unknown> = []
    for (const name of ["message", "ping", "pong"]) {
      receiver.on(name, (data: Buffer, isBinary) => events.push([name, Wire.toHex(data), isBinary]))
    }
    receiver.on("conclude", () => resolve(events)).on("error", reject)
    receiver.write(Buffer.from(bytes))
  })

const unmasked = (call: Call): Call => ({
  ...call,
  run: (sender, callback) => call.run(withoutMask(sender), callback)
})

/** The receiver above is a client. */
const withoutMask = (sender: Sender): Sender =>
  ({
    send: (data, options, callback) => sender.send(data, { ...options, mask: false }, callback),
    ping: (data, _mask, callback) => sender.ping(data, false, callback),
    pong: (data, _mask, callback) => sender.pong(data, false, callback)
  }) satisfies Pick<Sender, "send" | "ping" | "pong"> as Sender

describe("whatever is sent, and in whatever order,", () => {
  it("the octets, the callbacks and what is buffered are as with ws", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call(false), { maxLength: 12 }), async (calls) => {
        const [mine, theirs] = await Promise.all([perform(ours, calls), perform(ws, calls)])
        expect({ ...mine, bytes: Wire.toHex(mine.bytes) }).toEqual({ ...theirs, bytes: Wire.toHex(theirs.bytes) })
      }),
      { numRuns: 300 }
    )
  })

  it("compressed messages arrive in their turn, as with ws", async () => {
    const compression = fc.record({
      serverNoContextTakeover: fc.constantFrom(undefined, true),
      threshold: fc.constantFrom(undefined, 0, 20)
    })
    await fc.assert(
      fc.asyncProperty(compression, fc.array(call(true), { maxLength: 12 }), async (compression, calls) => {
        const bare = calls.map(unmasked)
        const [mine, theirs] = await Promise.all([perform(ours, bare, compression), perform(ws, bare, compression)])
        const heads = (bytes: Uint8Array) => framesOf(bytes).map(({ fin, opcode, rsv1 }) => ({ fin, opcode, rsv1 }))
        expect(heads(mine.bytes)).toEqual(heads(theirs.bytes))
        expect({ ...mine, bytes: undefined }).toEqual({ ...theirs, bytes: undefined })
        fc.pre(framesOf(mine.bytes).findLast(({ opcode }) => opcode < 8)?.fin !== false)
        expect(await received(mine.bytes, compression)).toEqual(await received(theirs.bytes, compression))
      }),
      { numRuns: 200 }
    )
  })
})
