import { describe, expect, it } from "vitest"
import * as CloseCode from "../../src/protocol/CloseCode.ts"

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
const all = range(0, 65_535)

/** RFC 6455 §7.4.1 and the codes that IANA registered since, without those that are never on the wire. */
const registered = [1000, 1001, 1002, 1003, ...range(1007, 1014)]

describe("close codes (RFC 6455 §7.4)", () => {
  it("are receivable if they are registered, or for libraries and applications to use (RFC 6455 §7.4.2)", () => {
    expect(all.filter(CloseCode.isReceivable)).toEqual([...registered, ...range(3000, 4999)])
  })

  it("are sendable by a client if they are receivable", () => {
    expect(all.filter((code) => CloseCode.isSendable(code, "client"))).toEqual(all.filter(CloseCode.isReceivable))
  })

  it("are sendable by a server likewise, but for 1010 (RFC 6455 §7.4.1)", () => {
    expect(all.filter((code) => CloseCode.isSendable(code, "client") && !CloseCode.isSendable(code, "server")))
      .toEqual([1010])
  })

  it.each([1000.5, 3000.5, Number.NaN, Infinity, -1000])("are not sendable if they are no code, as %d", (code) => {
    expect(CloseCode.isSendable(code, "client")).toBe(false)
  })

  it("end a conversation as expected with 1000, 1001, and without a code", () => {
    expect(all.filter(CloseCode.isNormal)).toEqual([1000, 1001, 1005])
  })

  it("have their registered names", () => {
    expect([1000, 1006, 1009, 3000, 4321].map(CloseCode.nameOf))
      .toEqual(["Normal Closure", "Abnormal Closure", "Message Too Big", "Unauthorized", undefined])
  })
})
