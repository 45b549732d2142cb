import { describe, expect, it } from "vitest"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import * as Conversations from "./Conversations.ts"
import * as Listening from "./Listening.ts"
import * as Peer from "./Peer.ts"
import * as Wire from "./Wire.ts"

/** What is said of the first message. */
const transient = (role: Protocol.Role, sent: Wire.Sent, options: Partial<Protocol.Options> = {}) => {
  const protocol = new Protocol.Protocol({ role, compression: true, ...options })
  protocol.push(Peer.wireFor(role)(sent))
  return (protocol.next() as { readonly transient?: boolean }).transient
}

describe.each(Peer.roles)("a $role with compression (RFC 7692 §6)", ({ role }) => {
  const wire = Peer.wireFor(role)

  it("goes on when a message is inflated, and not before", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    protocol.push(wire(Peer.text("1"), Peer.compressed(1, "z"), Peer.ping(), Peer.text("3")))
    protocol.endOfStream()
    expect(
      [protocol.next(), protocol.next(), protocol.next(), protocol.next()].map((output) =>
        output === undefined ? undefined : Listening.heard(output)
      )
    ).toEqual([{ text: "1" }, Peer.inflate("z"), undefined, undefined])
    protocol.inflated(Wire.utf8("2"))
    expect(Listening.drain(protocol)).toEqual([
      { text: "2" },
      Peer.pinged(),
      Peer.ponged(),
      { text: "3" },
      Peer.lost,
      { _tag: "Destroy" }
    ])
  })

  it("gives nothing of what comes behind a message that is being inflated", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    protocol.push(wire(Peer.compressed(1, "z"), Peer.text("2")))
    expect(Listening.heard(protocol.next()!)).toEqual(Peer.inflate("z"))
    expect(Listening.drain(protocol)).toEqual([])
    protocol.inflated(Wire.utf8("1"))
    expect(Listening.drain(protocol)).toEqual([{ text: "1" }, { text: "2" }])
  })

  it("inflates a fragmented message as a whole", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    expect(Listening.listen(protocol, [wire({ ...Peer.compressed(2, "a"), fin: false }, Peer.more("b"))]))
      .toEqual([Peer.inflate("ab"), { binary: "6162" }])
  })

  it("keeps what it is given, unless that is a text", () => {
    const [text, binary] = [Peer.compressed(1, "z"), Peer.compressed(2, "z")]
    const asked = [transient(role, text), transient(role, binary), transient(role, text, { asOctets: true })]
    expect(asked).toEqual([true, false, false])
  })

  it("gives what is empty when it is inflated", () => {
    expect(
      Listening.listen(new Protocol.Protocol({ role, compression: true }), [
        wire(Peer.compressed(1, ""), Peer.compressed(2, ""))
      ])
    )
      .toEqual([Peer.inflate(""), { text: "" }, Peer.inflate(""), { binary: "" }])
  })

  it("validates text when it is inflated, and not before (RFC 6455 §8.1)", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    protocol.push(wire({ opcode: 1, rsv: 4, payload: Wire.hex("c0") }))
    expect(protocol.next()).toMatchObject({ _tag: "Inflate" })
    protocol.inflated(Wire.hex("61ff"))
    expect(Listening.drain(protocol)).toEqual(Conversations.failure({ role }, "TextNotUtf8"))
  })

  it("fails with 1007 for what cannot be inflated, after what came before", () => {
    const corrupt = { opcode: 1, rsv: 4, payload: Uint8Array.of(Listening.corrupt) }
    expect(
      Listening.listen(new Protocol.Protocol({ role, compression: true }), [
        wire(Peer.text("a"), corrupt, Peer.text("b"))
      ])
    ).toEqual([
      { text: "a" },
      { _tag: "Inflate", payload: "ff" },
      ...Conversations.failure({ role }, "DeflateInvalid")
    ])
  })

  it("takes orders while it inflates", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    protocol.push(wire(Peer.compressed(1, "z"), Peer.close("")))
    protocol.next()
    expect(protocol.close().map(Listening.heard)).toEqual([{ _tag: "Write", opcode: 8, payload: "" }])
    protocol.inflated(Wire.utf8("a"))
    expect(Listening.drain(protocol)).toEqual([{ text: "a" }, ...Peer.closed(role, 1005, "").slice(1)])
  })

  it("drops what is inflated after the end", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    protocol.push(wire(Peer.compressed(1, "z")))
    protocol.next()
    protocol.fail(Violation.error("PingFlood"))
    protocol.inflated(Wire.utf8("a"))
    expect(Listening.drain(protocol)).toEqual([])
  })

  it("drops what was inflated and not taken before the end", () => {
    const protocol = new Protocol.Protocol({ role, compression: true })
    protocol.push(wire(Peer.compressed(1, "z")))
    protocol.next()
    protocol.inflated(Wire.utf8("a"))
    protocol.fail(Violation.error("PingFlood"))
    expect(Listening.drain(protocol)).toEqual([])
  })
})
