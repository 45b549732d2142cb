import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import * as CloseHandshake from "../../src/protocol/CloseHandshake.ts"
import type { Message } from "../../src/protocol/Message.ts"
import type * as Order from "../../src/protocol/Order.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import { reads } from "../../src/transport/WasmFrames.ts"
import * as Conversations from "./Conversations.ts"
import * as Cuts from "./Cuts.ts"
import * as Listening from "./Listening.ts"
import * as Peer from "./Peer.ts"
import * as Wire from "./Wire.ts"

const limits = { maxMessageSize: 3000, maxFragments: 3 }
const runs = { numRuns: 400 }

/** Beyond what was said: the end of the stream, and its outputs. */
const listenToTheEnd = (protocol: Protocol.Protocol, chunks: ReadonlyArray<Uint8Array>, read?: Listening.Read) => {
  const heard = Listening.listen(protocol, chunks, read)
  protocol.endOfStream()
  return [...heard, ...Listening.drain(protocol)]
}

/** As sockets do, which read into memory of their own, give up to so many texts from there, and hand over a copy of the rest. */
const reading = (most: number): Listening.Read => (protocol, chunk) => {
  reads.set(chunk)
  const texts: Array<Message> = []
  const taken = protocol.prepare(reads, chunk.length, { receive: (text) => texts.push(text) < most })
  const rest = new Uint8Array(reads.subarray(taken, chunk.length))
  reads.fill(0)
  return [rest, texts.map(Listening.heard)]
}

/** Reads a text for one who would have it at once. */
const readText = (protocol: Protocol.Protocol) => {
  const chunk = Peer.wireFor(protocol.role)(Peer.text("2"))
  const [rest, heard] = reading(Infinity)(protocol, chunk)
  protocol.push(rest)
  return { isWhole: rest.length === chunk.length, heard }
}

const tags = (heard: ReadonlyArray<Listening.Heard>) => heard.map((output) => output["_tag"] ?? "Message")

/** A frame that is in progress when the connection fails is given as far as it came, which depends on the cuts. */
const withoutUnfinished = (heard: ReadonlyArray<Listening.Heard>) =>
  heard.filter((output) => output["_tag"] !== "Fragment" || output["whole"] === true)

describe.each(Conversations.sides)("the protocol of a $role (compression: $compression)", (side) => {
  it.each([["plain JavaScript", Bytes.portable], ["Node", nodeBytes]])(
    "gives what was said, however the bytes are cut, in %s",
    (_, bytes) => {
      fc.assert(
        fc.property(Conversations.conversation(side), Cuts.cuts, (conversation, at) => {
          const protocol = new Protocol.Protocol({ ...side, bytes })
          expect(Listening.listen(protocol, Cuts.cut(conversation.bytes, at))).toEqual(conversation.expected)
        }),
        runs
      )
    }
  )

  it("gives what was said when it gives texts where a socket has read them", () => {
    fc.assert(
      fc.property(Conversations.conversation(side), Cuts.cuts, (conversation, at) => {
        const protocol = new Protocol.Protocol({ ...side, bytes: nodeBytes })
        const heard = Listening.listen(protocol, Cuts.cut(conversation.bytes, at), reading(Infinity))
        expect(heard).toEqual(conversation.expected)
      }),
      runs
    )
  })

  it.each([["one by one", Listening.takeOne], ["without `each`", Listening.takeNext]])(
    "gives what was said %s",
    (_, take) => {
      fc.assert(
        fc.property(Conversations.conversation(side), Cuts.cuts, (conversation, at) => {
          const protocol = new Protocol.Protocol({ ...side, bytes: nodeBytes })
          const heard = Listening.listen(protocol, Cuts.cut(conversation.bytes, at), reading(1), take)
          expect(heard).toEqual(conversation.expected)
        }),
        runs
      )
    }
  )

  it("gives the same for any bytes, however they are cut, with an end that is reported once", () => {
    fc.assert(
      fc.property(Conversations.garbage(side), Cuts.cuts, (bytes, at) => {
        const whole = listenToTheEnd(new Protocol.Protocol({ ...side, limits }), [bytes.slice()])
        const parts = listenToTheEnd(new Protocol.Protocol({ ...side, limits }), Cuts.cut(bytes, at))
        expect(parts).toEqual(whole)
        const seen = new Protocol.Protocol({ ...side, limits, bytes: nodeBytes })
        expect(listenToTheEnd(seen, Cuts.cut(bytes, at), reading(Infinity))).toEqual(whole)
        const behind = tags(whole).slice(tags(whole).indexOf("Closed"))
        expect(behind.filter((tag) => tag !== "EndWrite")).toEqual(["Closed", "Destroy"])
      }),
      runs
    )
  })

  it("gives the same frames for any bytes, however they are cut", () => {
    fc.assert(
      fc.property(Conversations.garbage(side), Cuts.cuts, (bytes, at) => {
        const [whole, parts] = [[bytes.slice()], Cuts.cut(bytes, at)].map((chunks) => {
          const protocol = new Protocol.Protocol({ ...side, limits })
          expect(protocol.useFrames()).toEqual([])
          return withoutUnfinished(listenToTheEnd(protocol, chunks))
        })
        expect(parts).toEqual(whole)
        expect(tags(whole).filter((tag) => tag === "Closed" || tag === "Destroy")).toEqual(["Closed", "Destroy"])
      }),
      runs
    )
  })

  it("gives as frames all that it does not give as messages, whenever frames are asked for", () => {
    fc.assert(
      fc.property(Conversations.conversation(side), Cuts.cuts, fc.nat(), ({ bytes, expected }, at, when) => {
        const chunks = Cuts.cut(bytes, at)
        const protocol = new Protocol.Protocol(side)
        const before = Listening.listen(protocol, chunks.slice(0, when % (chunks.length + 1)))
        const between = protocol.useFrames().map(Listening.heard)
        const after = Listening.listen(protocol, chunks.slice(when % (chunks.length + 1)))
        expect(messagesOf([...before, ...between, ...after])).toEqual(messagesOf(expected))
      }),
      runs
    )
  })

  it("reports its end once and nothing behind it, whatever else happens in between", () => {
    const event = fc.oneof(
      { weight: 4, arbitrary: Conversations.conversation(side).map(({ bytes }) => bytes) },
      { weight: 2, arbitrary: Conversations.garbage(side) },
      { weight: 2, arbitrary: fc.constant("drain" as const) },
      { weight: 2, arbitrary: fc.constant("takeOne" as const) },
      fc.constantFrom("close", "fail", "timeout", "endOfStream", "useFrames", "congested", "writable")
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const protocol = new Protocol.Protocol({ ...side, limits })
        const heard = events.flatMap((event) => happen(protocol, event))
        protocol.endOfStream()
        heard.push(...Listening.drain(protocol), ...[protocol.timeout()].flat().map(Listening.heard))
        expect(protocol.state).toBe("Closed")
        expect(heard.filter((output) => output["_tag"] === "Closed")).toHaveLength(1)
        expect(heard.filter((output) => output["_tag"] === "Destroy")).toHaveLength(1)
        expect(heard.filter((output) => output["opcode"] === 8).length).toBeLessThanOrEqual(1)
        const behind = tags(heard).slice(tags(heard).indexOf("Closed") + 1)
        expect(behind.filter((tag) => tag !== "EndWrite")).toEqual(["Destroy"])
      }),
      { numRuns: 1000 }
    )
  })

  it("has no input that throws, in any state", () => {
    const event = fc.oneof(
      Conversations.garbage(side),
      fc.constantFrom(
        "close",
        "fail",
        "timeout",
        "endOfStream",
        "useFrames",
        "congested",
        "writable",
        "inflated",
        "next"
      )
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const protocol = new Protocol.Protocol({ ...side, limits })
        for (const event of events) happen(protocol, event)
        expect(CloseHandshake.transitions).toHaveProperty(protocol.state)
      }),
      runs
    )
  })
})

type Event = "close" | "fail" | "timeout" | "endOfStream" | "useFrames" | "congested" | "writable"

const happen = (
  protocol: Protocol.Protocol,
  event: Uint8Array | Event | "drain" | "takeOne" | "inflated" | "next"
): ReadonlyArray<Listening.Heard> => {
  if (event instanceof Uint8Array) protocol.push(event.slice())
  else if (event === "drain") return Listening.drain(protocol)
  else if (event === "takeOne") return Listening.takeOne(protocol)
  else if (event === "next") protocol.next()
  else if (event === "inflated") protocol.inflated(Uint8Array.of(0x61))
  else if (event === "endOfStream") protocol.endOfStream()
  else return orders[event](protocol).map(Listening.heard)
  return []
}

const orders: Record<Exclude<Event, "endOfStream">, (protocol: Protocol.Protocol) => ReadonlyArray<Order.Order>> = {
  close: (protocol) => protocol.close({ code: 1000, reason: "" }),
  fail: (protocol) => protocol.fail(Violation.error("PingFlood")),
  timeout: (protocol) => protocol.timeout(),
  useFrames: (protocol) => protocol.useFrames(),
  congested: (protocol) => protocol.setWritable(false),
  writable: (protocol) => protocol.setWritable(true)
}

/** A message, or as much of it as was said. */
interface Spoken {
  readonly opcode: unknown
  readonly payload: string
}

/** The messages that these outputs say, whether as messages, as frames, or first as one and then as the other. */
const messagesOf = (heard: ReadonlyArray<Listening.Heard>): ReadonlyArray<Spoken> => {
  const messages: Array<Spoken> = []
  for (const output of heard) {
    if ("text" in output) messages.push({ opcode: 1, payload: Wire.toHex(Wire.utf8(String(output["text"]))) })
    if ("binary" in output) messages.push({ opcode: 2, payload: String(output["binary"]) })
  }
  return messages.concat(messagesOfFrames(heard.filter((output) => output["_tag"] === "Fragment")))
}

const messagesOfFrames = (frames: ReadonlyArray<Listening.Heard>): ReadonlyArray<Spoken> => {
  const ends = frames.flatMap(({ fin }, i) => fin === true ? [i + 1] : [])
  return ends.map((end, i) => {
    const [first, ...others] = frames.slice(ends[i - 1] ?? 0, end)
    expect(first["opcode"]).not.toBe(0)
    expect(others.every(({ opcode }) => opcode === 0)).toBe(true)
    return { opcode: first["opcode"], payload: [first, ...others].map(({ payload }) => payload).join("") }
  })
}

describe.each(Peer.roles)("a $role that reads a text for one who would have it at once", ({ role }) => {
  it("gives it", () => {
    const protocol = new Protocol.Protocol({ role, bytes: nodeBytes })
    expect(readText(protocol)).toEqual({ isWhole: false, heard: [{ text: "2" }] })
    expect(Listening.drain(protocol)).toEqual([])
  })

  it("does not give it before a message that is being inflated", () => {
    const protocol = new Protocol.Protocol({ role, bytes: nodeBytes, compression: true })
    protocol.push(Peer.wireFor(role)(Peer.compressed(1, "z")))
    expect(protocol.next()).toMatchObject({ _tag: "Inflate" })
    expect(readText(protocol)).toEqual({ isWhole: true, heard: [] })
    protocol.inflated(Wire.utf8("1"))
    expect(Listening.drain(protocol)).toEqual([{ text: "1" }, { text: "2" }])
  })

  it("gives it as a frame where these are asked for", () => {
    const protocol = new Protocol.Protocol({ role, bytes: nodeBytes })
    protocol.useFrames()
    expect(readText(protocol)).toEqual({ isWhole: true, heard: [] })
    expect(Listening.drain(protocol)).toEqual([Peer.fragment(0x81, "2")])
  })

  it("gives nothing behind the end", () => {
    const protocol = new Protocol.Protocol({ role, bytes: nodeBytes })
    Listening.listen(protocol, [Peer.wireFor(role)(Peer.close())])
    expect(readText(protocol)).toEqual({ isWhole: true, heard: [] })
  })
})
