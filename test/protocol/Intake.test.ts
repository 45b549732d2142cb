import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import type { Frame } from "../../src/protocol/Frame.ts"
import { Intake } from "../../src/protocol/Intake.ts"
import * as Limits from "../../src/protocol/Limits.ts"
import type { Message } from "../../src/protocol/Message.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import { reads } from "../../src/transport/WasmFrames.ts"
import * as Wire from "./Wire.ts"

const make = (role: "client" | "server" = "server", bytes: Bytes.Bytes = nodeBytes, limits?: Partial<Limits.Limits>) =>
  new Intake({ role, bytes, compression: false, limits: Limits.resolve(limits ?? {}), validateUtf8: true })

const framesOf = (role: "client" | "server") => (...sent: ReadonlyArray<Wire.Sent>): Uint8Array =>
  Wire.concat(sent.map((frame) => Wire.frame({ ...frame, mask: role === "server" ? Wire.exampleMask : undefined })))

const frames = framesOf("server")
const text = (words: string): Wire.Sent => ({ opcode: 1, payload: Wire.utf8(words) })
const ping: Wire.Sent = { opcode: 9, payload: Wire.octets(3) }

/** What `each` gives to one who takes `most`, how it ends, and what it leaves. */
const taken = (intake: Intake, most = Infinity) => {
  const given: Array<Message> = []
  const texts: Array<boolean> = []
  const isStopped = intake.each({
    receive(message, isText) {
      texts.push(isText)
      return given.push(message) < most
    }
  })
  return { given, texts, isStopped, left: intake.decoder.input.available() }
}

const fail = () => {
  throw new Error("not now")
}

const toText = (message: Message): string => typeof message === "string" ? message : Buffer.from(message).toString()

/** What is given of texts that a socket has read into the memory that sockets share. */
const reading = (role: "client" | "server", asOctets: boolean, words: ReadonlyArray<string>, intake = make(role)) => {
  intake.assembler.asOctets = asOctets
  const bytes = framesOf(role)(...words.map(text))
  reads.set(bytes)
  intake.decoder.prepare(reads, bytes.length)
  intake.decoder.push(new Uint8Array(reads.subarray(0, bytes.length)))
  return taken(intake).given
}

describe("each", () => {
  it("gives what lies in the first chunk, and goes on where it is told to", () => {
    const intake = make()
    intake.decoder.push(frames(text("one"), { opcode: 2, payload: Wire.octets(2) }))
    intake.decoder.push(frames(text("three")))
    expect(taken(intake)).toMatchObject({
      given: ["one", Buffer.from(Wire.octets(2))],
      texts: [true, false],
      isStopped: true
    })
    expect(taken(intake)).toEqual({ given: ["three"], texts: [true], isStopped: true, left: 0 })
    expect(taken(intake)).toEqual({ given: [], texts: [], isStopped: false, left: 0 })
  })

  it("stops when its recipient does, and has what is left for the next one", () => {
    const intake = make()
    intake.decoder.push(frames(text("one"), text("two"), text("three")))
    expect(taken(intake, 1)).toMatchObject({ given: ["one"], isStopped: true })
    expect(taken(intake, 2)).toMatchObject({ given: ["two", "three"], isStopped: true, left: 0 })
  })

  it.each<[string, ReadonlyArray<Wire.Sent>]>([
    ["a control frame", [ping]],
    ["a message in fragments", [{ ...text("two"), fin: false }]],
    ["a compressed one", [{ ...text("two"), rsv: 4 }]],
    ["a text that is not UTF-8", [{ opcode: 1, payload: Uint8Array.of(0xff) }]],
    ["what is too large", [{ opcode: 2, payload: new Uint8Array(Limits.resolve({}).maxMessageSize + 1) }]]
  ])("leaves %s as it is", (_, sent) => {
    const intake = make()
    const rest = frames(...sent)
    intake.decoder.push(Wire.concat([frames(text("one")), rest]))
    expect(taken(intake)).toMatchObject({ given: ["one"], isStopped: false, left: rest.length })
    expect(intake.decoder.next()).toBeDefined()
  })

  it("leaves what is not masked, and what is not all there, wherever it is cut", () => {
    const whole = frames({ opcode: 2, payload: Wire.octets(300) })
    for (let cut = 1; cut < 20; cut++) {
      const intake = make()
      intake.decoder.push(whole.slice(0, cut))
      expect(taken(intake)).toEqual({ given: [], texts: [], isStopped: false, left: cut })
    }
    const intake = make()
    intake.decoder.push(framesOf("client")(text("one")))
    expect(taken(intake)).toMatchObject({ given: [], isStopped: false })
  })

  it("gives a text that is found not to be UTF-8 to `next` with its octets, unmasked once", () => {
    const intake = make()
    for (const size of [5, 3000, 70_000]) {
      const payload = new Uint8Array(size).fill(0xff)
      intake.decoder.push(frames({ opcode: 1, payload }, ping))
      expect(taken(intake)).toMatchObject({ given: [], isStopped: false })
      expect(intake.decoder.next()).toMatchObject({ opcode: 1, payload: Buffer.from(payload) })
      expect(intake.decoder.next()).toMatchObject({ opcode: 9, payload: Buffer.from(Wire.octets(3)) })
    }
  })

  it("has nothing of a chunk any more that its recipient had it forget", () => {
    const intake = make()
    intake.decoder.push(frames(text("one"), text("two")))
    const heard: Array<Message> = []
    const isStopped = intake.each({
      receive(message) {
        heard.push(message)
        intake.decoder.reset()
        intake.decoder.push(frames(text("of another")))
        return true
      }
    })
    expect({ heard, isStopped }).toEqual({ heard: ["one"], isStopped: true })
    expect(taken(intake)).toMatchObject({ given: ["of another"], left: 0 })
  })

  it("loses nothing where its recipient throws", () => {
    const intake = make()
    intake.decoder.push(frames(text("one"), text("two")))
    expect(() => intake.each({ receive: fail })).toThrow("not now")
    expect(taken(intake)).toMatchObject({ given: ["two"], left: 0 })
  })
})

/** What `texts` gives to one who takes `most` of what a socket has read, and what is left to be pushed. */
const takenBefore = (intake: Intake, bytes: Uint8Array, most = Infinity) => {
  reads.set(bytes)
  intake.decoder.prepare(reads, bytes.length)
  const given: Array<Message> = []
  const count = intake.texts(reads, { receive: (message, isText) => isText && given.push(message) < most })
  const rest = new Uint8Array(reads.subarray(count, bytes.length))
  reads.fill(0)
  return { given, rest }
}

describe("texts that are taken where they were read", () => {
  it("are given until something else comes, and stay as they are", () => {
    const intake = make()
    const words = ["one", "", "-".repeat(5000), "four"]
    const others = frames({ opcode: 2, payload: Wire.octets(9) }, text("five"), ping)
    const { given, rest } = takenBefore(intake, Wire.concat([frames(...words.map(text)), others]))
    expect(given).toEqual(words)
    expect(rest.length).toBe(others.length)
    intake.decoder.push(rest)
    expect(taken(intake)).toMatchObject({ given: [Buffer.from(Wire.octets(9)), "five"], isStopped: false })
    expect(intake.decoder.next()).toMatchObject({ opcode: 9, payload: Buffer.from(Wire.octets(3)) })
  })

  it("are as many as are wanted; those behind are unmasked, and known to be ASCII, when they are pushed", () => {
    const intake = make("server", { ...nodeBytes, isUtf8: fail, decode: fail, mask: fail })
    const { given, rest } = takenBefore(intake, frames(text("one"), text("two"), text("three")), 2)
    expect(given).toEqual(["one", "two"])
    intake.decoder.push(rest)
    expect(taken(intake)).toMatchObject({ given: ["three"], left: 0 })
  })

  it.each<[string, Uint8Array]>([
    ["binary", frames({ opcode: 2, payload: Wire.octets(9) })],
    ["a part of a message", frames({ ...text("one"), fin: false })],
    ["compressed", frames({ ...text("one"), rsv: 4 })],
    ["a control frame", frames(ping)],
    ["not masked", framesOf("client")(text("one"))],
    ["not all there", frames(text("one")).slice(0, -1)],
    ["too large", frames(text("a".repeat(30_001)))]
  ])("are not what is %s", (_, bytes) => {
    const intake = make("server", nodeBytes, { maxMessageSize: 30_000 })
    const { given, rest } = takenBefore(intake, Wire.concat([frames(text("before")), bytes]))
    expect(given).toEqual(["before"])
    expect(rest.length).toBe(bytes.length)
  })

  it("are none where one of them is not ASCII", () => {
    const bytes = frames(text("one"), text("één"))
    expect(takenBefore(make(), bytes)).toMatchObject({ given: [], rest: { length: bytes.length } })
  })

  it("are none within a message, behind what waits, or where octets are asked for", () => {
    const within = make()
    within.decoder.push(frames({ ...text("one"), fin: false }))
    within.assembler.accept(within.decoder.next() as Frame)
    const waiting = make()
    waiting.decoder.push(frames(text("one")))
    const octets = make()
    octets.assembler.asOctets = true
    for (const intake of [within, waiting, octets]) {
      const bytes = frames(text("two"))
      expect(takenBefore(intake, bytes)).toMatchObject({ given: [], rest: { length: bytes.length } })
    }
  })
})

describe("a text that is seen to be ASCII before it is pushed", () => {
  it.each(["server", "client"] as const)("is a string for a %s, unless it is asked for as octets", (role) => {
    for (const asOctets of [true, false]) {
      const intake = make(role)
      for (
        const words of [["one", "two", "", "three"], ["four", "-".repeat(5000), "!".repeat(2048)], ["five", "six"]]
      ) {
        const given = reading(role, asOctets, words, intake)
        expect(given.map(toText)).toEqual(words)
        expect(given.map((message) => typeof message === "string")).toEqual(words.map(() => !asOctets))
      }
    }
  })

  it.each([true, false])("is not validated once more (as octets: %s)", (asOctets) => {
    const intake = make("server", { ...nodeBytes, isUtf8: fail, decode: fail })
    expect(reading("server", asOctets, ["one", "two"], intake).map(toText)).toEqual(["one", "two"])
  })

  it("is not known to be ASCII behind what was looked at together", () => {
    const intake = make()
    intake.decoder.push(frames(text("one"), { opcode: 1, payload: new Uint8Array(66_000).fill(0xff) }))
    expect(taken(intake)).toMatchObject({ given: ["one"], isStopped: false })
  })
})

describe("a text at which nobody has looked", () => {
  it("is decoded as UTF-8", () => {
    const intake = make("server", Bytes.portable)
    intake.decoder.push(frames(text("één"), text("two")))
    expect(taken(intake).given).toEqual(["één", "two"])
  })
})
