import { describe, expect, it } from "vitest"
import * as Bytes from "../../src/protocol/Bytes.ts"
import * as Message from "../../src/protocol/Message.ts"
import * as Wire from "./Wire.ts"

const edges = [0, 125, 126, 65_535, 65_536]

describe("a prepared message", () => {
  it.each(edges)("of %d octets is framed as a server sends it (RFC 6455 §5.2)", (length) => {
    const binary = Message.prepare(Bytes.portable, Wire.octets(length))
    expect(Wire.toHex(binary.frame)).toBe(Wire.toHex(Wire.frame({ opcode: 2, payload: Wire.octets(length) })))
    expect(Wire.toHex(binary.payload)).toBe(Wire.toHex(Wire.octets(length)))
    const text = Message.prepare(Bytes.portable, "a".repeat(length))
    expect(Wire.toHex(text.frame)).toBe(Wire.toHex(Wire.frame({ opcode: 1, payload: Wire.utf8("a".repeat(length)) })))
    expect([binary.opcode, text.opcode]).toEqual([2, 1])
  })

  it("does not change when the caller's bytes do", () => {
    const payload = Wire.hex("010203")
    const prepared = Message.prepare(Bytes.portable, payload)
    payload.fill(9)
    expect(Wire.toHex(prepared.frame)).toBe("8203010203")
    expect(Wire.toHex(prepared.payload)).toBe("010203")
  })
})
