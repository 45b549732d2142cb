import { describe, expect, it } from "vitest"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Conversations from "./Conversations.ts"
import * as Cuts from "./Cuts.ts"
import * as Listening from "./Listening.ts"
import * as Peer from "./Peer.ts"
import { invalid } from "./Utf8Samples.ts"
import * as Wire from "./Wire.ts"

describe.each(Peer.roles)("a $role that receives messages", ({ role }) => {
  const wire = Peer.wireFor(role)

  it("gives the RFC's \"Hello\", whole and in fragments (RFC 6455 §5.7)", () => {
    const digits = role === "server" ? "818537fa213d7f9f4d5158" : "810548656c6c6f"
    expect(Peer.hear({ role }, Wire.hex(digits), wire(Peer.text("Hel", false), Peer.more("lo")))).toEqual([
      { text: "Hello" },
      { text: "Hello" }
    ])
  })

  it("takes a payload for what it is that comes after its header, and looks like a frame", () => {
    const payload = wire(Peer.text("no"))
    const bytes = Wire.frame({ opcode: 2, payload, mask: role === "server" ? [0, 0, 0, 0] : undefined })
    const [header, rest] = Cuts.cut(bytes, [bytes.length - payload.length])
    expect(Peer.hear({ role }, header, rest)).toEqual([{ binary: Wire.toHex(payload) }])
  })

  it("answers a ping between fragments before the message is there (RFC 6455 §5.4, §5.5.2)", () => {
    const bytes = wire(Peer.text("a", false), Peer.ping("p"), Peer.more("b", false), { opcode: 10 }, Peer.more("c"))
    expect(Peer.hear({ role }, bytes)).toEqual([Peer.pinged("p"), Peer.ponged("p"), { _tag: "Pong", payload: "" }, {
      text: "abc"
    }])
  })

  it("answers no ping if it shall not", () => {
    expect(Peer.hear({ role, autoPong: false }, wire(Peer.ping("p")))).toEqual([Peer.pinged("p")])
  })

  it("gives those before a violation first (Autobahn 3.2, 4.1.3)", () => {
    for (const [violation, frames] of Conversations.mistakes({ role, compression: false })) {
      const heard = Peer.hear({ role }, wire(Peer.text("a"), ...frames, Peer.text("b"), Peer.ping()))
      expect(heard.filter((output) => output["_tag"] !== "Ping" && output["opcode"] !== 10))
        .toEqual([{ text: "a" }, ...Conversations.failure({ role }, violation)])
    }
  })
})

/** How many octets of a text may come before the violation. */
const octetsAccepted = (role: Protocol.Role, payload: Uint8Array, frames: ReadonlyArray<Wire.Sent>) => {
  const protocol = new Protocol.Protocol({ role })
  const bytes = Peer.wireFor(role)(...frames)
  const before = bytes.length - payload.length
  const at = [...bytes].findIndex((octet) => Listening.listen(protocol, [Uint8Array.of(octet)]).length > 0)
  return at - before
}

describe.each(Peer.roles)("a $role that receives text", ({ role }) => {
  const wire = Peer.wireFor(role)

  it("fails as soon as an octet cannot be right, in a frame that is still arriving (Autobahn 6.4.3, 6.4.4)", () => {
    const payload = Wire.hex("cebae1bdb9cf83cebcceb5 f4908080 656469746564")
    expect(octetsAccepted(role, payload, [{ opcode: 1, payload }])).toBe(12)
    expect(octetsAccepted(role, payload, [Peer.text("", false), { opcode: 0, payload }])).toBe(12)
  })

  it("fails likewise with the fragment that shows it, before the message is complete (Autobahn 6.4.1)", () => {
    const fragments = [Wire.hex("cebae1bdb9"), Wire.hex("f4908080")]
      .map((payload, i) => ({ opcode: i === 0 ? 1 : 0, fin: false, payload }))
    expect(Peer.hear({ role }, wire(...fragments))).toEqual(Conversations.failure({ role }, "TextNotUtf8"))
  })

  it.each(invalid)("refuses %s (Autobahn): %s", (_, digits) => {
    const payload = Wire.hex(digits)
    const failure = Conversations.failure({ role }, "TextNotUtf8")
    expect(Peer.hear({ role }, wire({ opcode: 1, payload }))).toEqual(failure)
    const fragments = [...payload].map((octet, i) => ({
      opcode: i === 0 ? 1 : 0,
      fin: false,
      payload: Uint8Array.of(octet)
    }))
    expect(Peer.hear({ role }, wire(...fragments, Peer.more("")))).toEqual(failure)
  })

  it("replaces what is wrong where it shall not be validated", () => {
    expect(Peer.hear({ role, validateUtf8: false }, wire({ opcode: 1, payload: Wire.hex("61ff") }))).toEqual([
      { text: "a\ufffd" }
    ])
  })
})

it("100,000 pings in one chunk are answered one by one", () => {
  const protocol = new Protocol.Protocol({ role: "client" })
  protocol.push(Wire.hex("8900".repeat(100_000)))
  expect(Listening.drain(protocol)).toHaveLength(200_000)
})

it("a large message is made in the memory that its bytes are read into", () => {
  const protocol = new Protocol.Protocol({ role: "server" })
  const payload = Wire.octets(100_000)
  const bytes = Wire.frame({ opcode: 2, payload, mask: Wire.exampleMask })
  expect(protocol.room()).toBeUndefined()
  protocol.push(bytes.slice(0, 50_000))
  expect(protocol.next()).toBeUndefined()
  const room = protocol.room()!
  expect(room).toHaveLength(bytes.length - 50_000)
  room.set(bytes.subarray(50_000))
  protocol.push(room)
  const message = protocol.next() as Uint8Array
  expect(Buffer.compare(message, payload)).toBe(0)
  expect(message.buffer).toBe(room.buffer)
  expect(protocol.room()).toBeUndefined()
})
