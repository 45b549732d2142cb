import { describe, expect, it } from "vitest"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Conversations from "./Conversations.ts"
import * as Cuts from "./Cuts.ts"
import { isGone } from "./Garbage.ts"
import * as Listening from "./Listening.ts"
import * as Peer from "./Peer.ts"
import * as Wire from "./Wire.ts"

describe.each(Peer.roles)("a $role that holds the peer to limits (RFC 6455 §10.4)", ({ role }) => {
  const wire = Peer.wireFor(role)

  it("refuses a message that is too big from its header alone, with 1009", () => {
    const limits = { maxMessageSize: 10 }
    const failure = Conversations.failure({ role }, "MessageTooBig")
    expect(Peer.hear({ role, limits }, Peer.headerFor(role, 11n))).toEqual(failure)
    expect(Peer.hear({ role, limits }, wire(Peer.text("abcdef", false)), Peer.headerFor(role, 5n, Peer.more(""))))
      .toEqual(failure)
    expect(Peer.hear({ role, limits }, wire(Peer.text("abcdef", false), Peer.more("ghij")))).toEqual([{
      text: "abcdefghij"
    }])
  })

  it("refuses one that is there as a whole", () => {
    const limits = { maxMessageSize: 10 }
    expect(Peer.hear({ role, limits }, wire(Peer.text("abcdefghij"), Peer.text("abcdefghijk")))).toEqual([
      { text: "abcdefghij" },
      ...Conversations.failure({ role }, "MessageTooBig")
    ])
  })

  it("has a default for it of 100 MiB", () => {
    expect(Peer.hear({ role }, Peer.headerFor(role, 100n * 1024n * 1024n))).toEqual([])
    expect(Peer.hear({ role }, Peer.headerFor(role, 100n * 1024n * 1024n + 1n))).toEqual(
      Conversations.failure({ role }, "MessageTooBig")
    )
  })

  it("names a stray continuation as what it is, whatever came before", () => {
    expect(Peer.hear({ role, limits: { maxMessageSize: 10 } }, wire(Peer.text("abcdef"), Peer.more("abcdef"))))
      .toEqual([{ text: "abcdef" }, ...Conversations.failure({ role }, "ContinuationUnexpected")])
  })

  it("refuses too many fragments with 1008, empty ones too", () => {
    const limits = { maxFragments: 3 }
    expect(Peer.hear({ role, limits }, wire(Peer.text("", false), Peer.more("", false), Peer.more("a")))).toEqual([{
      text: "a"
    }])
    expect(
      Peer.hear({ role, limits }, wire(Peer.text("", false), Peer.more("", false), Peer.more("", false), Peer.more("")))
    )
      .toEqual(Conversations.failure({ role }, "FragmentsTooMany"))
  })

  it("refuses a fragment too many with its first octet", () => {
    const bytes = wire(Peer.text("a", false), Peer.more("bc"))
    expect(Peer.hear({ role, limits: { maxFragments: 1 } }, bytes.slice(0, -1)))
      .toEqual(Conversations.failure({ role }, "FragmentsTooMany"))
  })

  it("refuses too many pieces of a frame with 1008", () => {
    const [header, payload] = Cuts.cut(wire(Peer.text("abcde")), [role === "server" ? 6 : 2])
    const chunks = () => [header.slice(), ...Cuts.cut(payload, "octets")]
    expect(Peer.hear({ role, limits: { maxChunks: 5 } }, ...chunks())).toEqual([{ text: "abcde" }])
    expect(Peer.hear({ role, limits: { maxChunks: 4 } }, ...chunks()))
      .toEqual(Conversations.failure({ role }, "ChunksTooMany"))
  })

  it("answers the latest ping when the transport takes bytes again", () => {
    const protocol = new Protocol.Protocol({ role })
    expect(protocol.setWritable(false)).toEqual([])
    expect(Listening.listen(protocol, [wire(Peer.ping("1"), Peer.ping("2"))])).toEqual([
      Peer.pinged("1"),
      Peer.pinged("2")
    ])
    expect(protocol.setWritable(true).map(Listening.heard)).toEqual([Peer.ponged("2")])
    expect(protocol.setWritable(true)).toEqual([])
    expect(Listening.listen(protocol, [wire(Peer.ping("3"))])).toEqual([Peer.pinged("3"), Peer.ponged("3")])
  })

  it("refuses pings that arrive faster than pongs are read with 1008", () => {
    const limits = { maxPendingPings: 2 }
    const protocol = new Protocol.Protocol({ role, limits })
    for (let round = 0; round < 3; round++) {
      protocol.setWritable(false)
      expect(Listening.listen(protocol, [wire(Peer.ping(), Peer.ping())])).toEqual([Peer.pinged(), Peer.pinged()])
      expect(protocol.setWritable(true)).toHaveLength(1)
    }
    protocol.setWritable(false)
    expect(Listening.listen(protocol, [wire(Peer.ping(), Peer.ping(), Peer.ping())]))
      .toEqual([Peer.pinged(), Peer.pinged(), ...Conversations.failure({ role }, "PingFlood")])
    expect(protocol.setWritable(true)).toEqual([])
  })

  it("keeps what it owes a pong in memory of its own", async () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.setWritable(false)
    const reference = (() => {
      const chunk = wire(Peer.ping("p"), { opcode: 2, payload: Wire.octets(1000) })
      Listening.listen(protocol, [chunk])
      return new WeakRef(chunk.buffer)
    })()
    expect(await isGone(reference)).toBe(true)
    expect(protocol.setWritable(true).map(Listening.heard)).toEqual([Peer.ponged("p")])
  })
})
