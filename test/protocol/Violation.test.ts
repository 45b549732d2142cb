import { describe, expect, it } from "vitest"
import * as CloseFrame from "../../src/protocol/CloseFrame.ts"
import * as Violation from "../../src/protocol/Violation.ts"
import * as Wire from "./Wire.ts"

const violations = Object.keys(Violation.rules) as ReadonlyArray<Violation.Violation>

describe.each(violations)("the violation %s", (violation) => {
  const error = Violation.error(violation)

  it("is an error that cites its rule", () => {
    expect(error).toBeInstanceOf(Error)
    expect(error._tag).toBe("ProtocolError")
    expect(error.message).toMatch(/^[A-Za-z0-9]+: [a-z].*[a-z0-9] \(RFC \d+ §[\d.]+\)$/)
    expect(error.message.startsWith(`${violation}: `)).toBe(true)
    expect(error.message.endsWith(`(${error.section})`)).toBe(true)
  })

  it("fails the connection with a code that an endpoint may send (RFC 6455 §7.4.1)", () => {
    expect([1002, 1007, 1008, 1009]).toContain(error.closeCode)
  })

  it("has a message that fits in a Close frame whole (RFC 6455 §5.5)", () => {
    expect(Wire.utf8(error.message).length).toBeLessThanOrEqual(CloseFrame.maxReasonSize)
  })
})
