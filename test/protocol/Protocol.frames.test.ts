import { describe, expect, it } from "vitest"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Conversations from "./Conversations.ts"
import * as Listening from "./Listening.ts"
import * as Peer from "./Peer.ts"

describe.each(Peer.roles)("a $role that is asked for frames", ({ role }) => {
  const wire = Peer.wireFor(role)

  it("gives each as it comes, with control frames between", () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.useFrames()
    const bytes = wire(Peer.text("a"), Peer.text("b", false), Peer.ping(), Peer.more("c"), Peer.close())
    expect(Listening.listen(protocol, [bytes])).toEqual([
      Peer.fragment(0x81, "a"),
      Peer.fragment(0x01, "b"),
      Peer.pinged(),
      Peer.ponged(),
      Peer.fragment(0x80, "c"),
      ...Peer.closed(role, 1000, "03e8")
    ])
  })

  it("gives what it has of the message in progress first, and loses nothing", () => {
    const protocol = new Protocol.Protocol({ role })
    const bytes = wire(Peer.text("a", false), Peer.more("b", false), Peer.more("cd"))
    expect(Listening.listen(protocol, [bytes.slice(0, -1)])).toEqual([])
    expect(protocol.useFrames().map(Listening.heard)).toEqual([Peer.fragment(0x01, "abc", false)])
    expect(Listening.listen(protocol, [bytes.slice(-1), wire(Peer.text("e"))])).toEqual([
      Peer.fragment(0x80, "d"),
      Peer.fragment(0x81, "e")
    ])
  })

  it("gives the beginning of a message of which nothing has come but empty fragments", () => {
    const protocol = new Protocol.Protocol({ role })
    Listening.listen(protocol, [wire(Peer.text("", false))])
    expect(protocol.useFrames().map(Listening.heard)).toEqual([Peer.fragment(0x01, "")])
    expect(Listening.listen(protocol, [wire(Peer.more("a"))])).toEqual([Peer.fragment(0x80, "a")])
  })

  it("gives the beginning once", () => {
    const protocol = new Protocol.Protocol({ role })
    Listening.listen(protocol, [wire(Peer.text("a", false))])
    expect(protocol.useFrames()).toHaveLength(1)
    expect(protocol.useFrames()).toEqual([])
  })

  it("gives nothing after the end", () => {
    const protocol = new Protocol.Protocol({ role })
    Listening.listen(protocol, [wire(Peer.text("a", false), Peer.close())])
    expect(protocol.useFrames()).toEqual([])
  })

  it("checks them as it checks messages", () => {
    for (const [violation, frames] of Conversations.mistakes({ role, compression: false })) {
      const protocol = new Protocol.Protocol({ role })
      protocol.useFrames()
      const heard = Listening.listen(protocol, [wire(...frames)])
      expect(heard.slice(heard.findIndex((output) => output["opcode"] === 8)))
        .toEqual(Conversations.failure({ role }, violation))
    }
  })

  it("lets a message be of any size, in any number of fragments, since nobody holds it", () => {
    const protocol = new Protocol.Protocol({ role, limits: { maxFragments: 2, maxMessageSize: 2 } })
    protocol.useFrames()
    const heard = Listening.listen(protocol, [wire(Peer.text("ab", false), Peer.more("cd", false), Peer.more("e"))])
    expect(heard).toEqual([
      Peer.fragment(0x01, "ab"),
      Peer.fragment(0x00, "cd"),
      Peer.fragment(0x80, "e")
    ])
  })

  it.each([1, 4096])("limits a compressed one, which it has to hold, read by %i octets", (size) => {
    const protocol = new Protocol.Protocol({ role, compression: true, limits: { maxMessageSize: 125 } })
    protocol.useFrames()
    const bytes = wire(Peer.compressed(1, "a".repeat(126)))
    const chunks = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.slice(i * size, (i + 1) * size)
    )
    expect(Listening.listen(protocol, chunks)).toEqual(Conversations.failure({ role }, "MessageTooBig"))
  })
})
