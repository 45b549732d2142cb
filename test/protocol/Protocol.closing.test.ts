import { describe, expect, it } from "vitest"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Conversations from "./Conversations.ts"
import { isGone } from "./Garbage.ts"
import * as Listening from "./Listening.ts"
import * as Peer from "./Peer.ts"
import * as Wire from "./Wire.ts"

describe.each(Peer.roles)("a $role that closes", ({ role }) => {
  const wire = Peer.wireFor(role)

  it("echoes the peer's Close, and its end is known (RFC 6455 §5.5.1)", () => {
    expect(Peer.hear({ role }, wire(Peer.text("a"), Peer.close("03e9 6279 65")))).toEqual([
      { text: "a" },
      ...Conversations.goodbye({ role }, "03e9627965", { code: 1001, reason: "bye", clean: true })
    ])
    expect(Peer.hear({ role }, wire(Peer.close("")))).toEqual(Peer.closed(role, 1005, ""))
  })

  it("discards what comes after the peer's Close, in the same read and later (RFC 6455 §1.4)", () => {
    const heard = Peer.closed(role, 1000, "03e8")
    expect(Peer.hear({ role }, wire(Peer.close(), Peer.text("a"), Peer.ping(), Peer.close()), wire(Peer.text("b"))))
      .toEqual(heard)
    expect(Peer.hear({ role }, wire(Peer.text("a", false), Peer.close(), Peer.more("b")))).toEqual(heard)
  })

  it("discards what comes after a violation (RFC 6455 §7.1.7)", () => {
    const heard = Conversations.failure({ role }, "OpcodeReserved")
    expect(Peer.hear({ role }, wire({ opcode: 3 }, Peer.text("a"), Peer.close()), wire(Peer.text("b")))).toEqual(heard)
  })

  it("still receives between its own Close and the peer's, and answers no ping", () => {
    const protocol = new Protocol.Protocol({ role })
    expect(protocol.close({ code: 1000, reason: "" }).map(Listening.heard)).toEqual([
      { _tag: "Write", opcode: 8, payload: "03e8" }
    ])
    expect(protocol.close({ code: 1001, reason: "" })).toEqual([])
    expect(Listening.listen(protocol, [wire(Peer.text("a"), Peer.ping(), Peer.close("03e9"))]))
      .toEqual([{ text: "a" }, Peer.pinged(), ...Peer.closed(role, 1001, "").slice(1)])
  })

  it("sends no pong behind its own Close", () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.setWritable(false)
    Listening.listen(protocol, [wire(Peer.ping())])
    protocol.close()
    expect(protocol.setWritable(true)).toEqual([])
  })

  it("sends no second Close for a violation", () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.close()
    expect(Listening.listen(protocol, [wire({ opcode: 3 })]))
      .toEqual(Conversations.failure({ role }, "OpcodeReserved").slice(1))
  })

  it("does not wait forever for the peer's Close", () => {
    const protocol = new Protocol.Protocol({ role })
    expect(protocol.timeout()).toEqual([])
    protocol.close()
    expect(protocol.timeout().map(Listening.heard)).toEqual([Peer.lost, { _tag: "Destroy" }])
    expect(Listening.listen(protocol, [wire(Peer.text("a"))])).toEqual([])
  })

  it("ends with the stream, after what came before (RFC 6455 §7.1.5)", () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.push(wire(Peer.text("a"), Peer.ping(), Peer.text("b", false)))
    protocol.endOfStream()
    expect(Listening.drain(protocol)).toEqual([{ text: "a" }, Peer.pinged(), Peer.ponged(), Peer.lost, {
      _tag: "Destroy"
    }])
    expect(Listening.drain(protocol)).toEqual([])
  })

  it("is clean if the stream ends after the Close that came with it", () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.push(wire(Peer.text("a"), Peer.close()))
    protocol.endOfStream()
    expect(Listening.drain(protocol)).toEqual([{ text: "a" }, ...Peer.closed(role, 1000, "03e8"), { _tag: "Destroy" }])
  })

  it("does first what waits in next, when a command comes in between", () => {
    const protocol = new Protocol.Protocol({ role })
    protocol.push(wire(Peer.ping("p")))
    expect(Listening.takeOne(protocol)).toEqual([Peer.pinged("p")])
    expect(protocol.close().map(Listening.heard)).toEqual([Peer.ponged("p"), { _tag: "Write", opcode: 8, payload: "" }])
    protocol.push(wire(Peer.close("")))
    expect(Listening.takeOne(protocol)).toHaveLength(1)
    expect(protocol.timeout().map(({ _tag }) => _tag)).toEqual(
      role === "server" ? ["EndWrite", "Destroy"] : ["Destroy"]
    )
    expect(Listening.drain(protocol)).toEqual([])
  })

  it("lets go of a message in progress", async () => {
    const protocol = new Protocol.Protocol({ role })
    const reference = (() => {
      const chunk = wire({ opcode: 2, fin: false, payload: Wire.octets(1000) })
      protocol.push(chunk)
      protocol.next()
      return new WeakRef(chunk.buffer)
    })()
    Listening.listen(protocol, [wire(Peer.close())])
    expect(await isGone(reference)).toBe(true)
  })
})

const endsWriting = (role: Protocol.Role, sent: Wire.Sent): boolean =>
  Peer.hear({ role }, Peer.wireFor(role)(sent)).some((output) => output["_tag"] === "EndWrite")

it("a client leaves it to the server to end TCP first, unless the server broke a rule (RFC 6455 §7.1.1)", () => {
  expect(Peer.roles.map(({ role }) => endsWriting(role, Peer.close()))).toEqual([true, false])
  expect(Peer.roles.map(({ role }) => endsWriting(role, { opcode: 3 }))).toEqual([true, true])
})
