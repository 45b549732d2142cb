import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import * as CloseCode from "../../src/protocol/CloseCode.ts"
import * as CloseFrame from "../../src/protocol/CloseFrame.ts"
import { ProtocolError } from "../../src/protocol/Violation.ts"
import { nodeBytes } from "../../src/transport/NodeBytes.ts"
import { invalid } from "./Utf8Samples.ts"
import * as Wire from "./Wire.ts"

const payload = (code: number, reason: Uint8Array = new Uint8Array(0)) =>
  Wire.concat([Uint8Array.of(code >> 8, code), reason])

describe.each([["plain JavaScript", Bytes.portable], ["Node", nodeBytes]])("a close payload in %s", (_, bytes) => {
  const decode = (payload: Uint8Array) => {
    const close = CloseFrame.decode(bytes, payload)
    return close instanceof ProtocolError ? `${close.violation} ${close.closeCode}` : close
  }

  it("without a code stands for 1005 (RFC 6455 §7.1.5)", () => {
    expect(decode(new Uint8Array(0))).toEqual({ code: 1005, reason: "" })
  })

  it("of one octet has no code (RFC 6455 §5.5.1)", () => {
    expect(decode(Uint8Array.of(3))).toBe("CloseTooShort 1002")
  })

  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])(
    "may have the code %d (Autobahn 7.7)",
    (code) => expect(decode(payload(code))).toEqual({ code, reason: "" })
  )

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
    "must not have the code %d (Autobahn 7.9, 7.13)",
    (code) => expect(decode(payload(code))).toBe("CloseCodeInvalid 1002")
  )

  it("has a code that is receivable, for all that two octets can say", () => {
    for (let code = 0; code <= 0xffff; code++) {
      const close = CloseFrame.decode(bytes, payload(code))
      expect(close instanceof ProtocolError ? undefined : close.code)
        .toBe(CloseCode.isReceivable(code) ? code : undefined)
    }
  })

  it.each(invalid)("must have a reason of UTF-8 (RFC 6455 §5.5.1), not %s: %s", (_, digits) => {
    expect(decode(payload(1000, Wire.hex(digits)))).toBe("CloseReasonNotUtf8 1007")
  })

  it("is read as it was written, with reasons of up to 123 octets", () => {
    const reason = fc.string({ unit: "binary", maxLength: 123 }).filter((text) => Wire.utf8(text).length <= 123)
    fc.assert(fc.property(fc.constantFrom(1000, 1011, 3000, 4999), reason, (code, reason) => {
      expect(decode(CloseFrame.encode(bytes, { code, reason }))).toEqual({ code, reason })
    }))
  })

  it("is written octet for octet", () => {
    expect(Wire.toHex(CloseFrame.encode(bytes, { code: 1000, reason: "\u20ac" }))).toBe("03e8e282ac")
    expect(CloseFrame.encode(bytes, { code: 1005, reason: "" })).toHaveLength(0)
    expect(CloseFrame.encode(bytes, { code: 4999, reason: "a".repeat(123) })).toHaveLength(125)
  })

  it.each(["a", "\u00e9", "\u20ac", "\u{1f600}"])(
    "has its reason cut before the code point that does not fit: %s",
    (char) => {
      for (let shift = 0; shift < 4; shift++) {
        const reason = "-".repeat(shift) + char.repeat(124)
        const fitting = Math.floor((CloseFrame.maxReasonSize - shift) / Wire.utf8(char).length)
        expect(decode(CloseFrame.encode(bytes, { code: 1000, reason })))
          .toEqual({ code: 1000, reason: "-".repeat(shift) + char.repeat(fitting) })
      }
    }
  )
})

const check = (code: number, reason: string, role: "client" | "server" = "server") =>
  CloseFrame.check(Bytes.portable, { code, reason }, role)

describe("check", () => {
  it("lets pass what can be sent", () => {
    expect(check(1000, "a".repeat(123))).toBeUndefined()
    expect(check(1005, "")).toBeUndefined()
    expect(check(1010, "", "client")).toBeUndefined()
  })

  it("refuses a reason of more than 123 octets (RFC 6455 §5.5)", () => {
    const refusal = "a close reason has at most 123 octets (RFC 6455 §5.5)"
    expect([check(1000, "a".repeat(124)), check(1000, "\u20ac".repeat(42))]).toEqual([refusal, refusal])
  })

  it("refuses a reason without a code (RFC 6455 §5.5.1)", () => {
    expect(check(1005, "a")).toBe("a close reason needs a code (RFC 6455 §5.5.1)")
  })

  it("refuses a code that must not be sent (RFC 6455 §7.4)", () => {
    expect(check(1006, "")).toBe("close code 1006 must not be sent by a server (RFC 6455 §7.4)")
    expect(check(1010, "")).toBe("close code 1010 must not be sent by a server (RFC 6455 §7.4)")
  })
})
