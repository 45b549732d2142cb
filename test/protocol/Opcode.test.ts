import { describe, expect, it } from "vitest"
import * as Opcode from "../../src/protocol/Opcode.ts"

const nibbles = Array.from({ length: 16 }, (_, opcode) => opcode)

describe("opcodes (RFC 6455 §5.2, §11.8)", () => {
  it("are 0 to 2 and 8 to 10; the others are reserved", () => {
    expect(nibbles.filter((opcode) => Opcode.isDefined(opcode))).toEqual([0, 1, 2, 8, 9, 10])
  })

  it("are the registered ones", () => {
    expect(Opcode).toMatchObject({ Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 })
  })

  it("are a control frame's where the highest bit is set (RFC 6455 §5.5)", () => {
    expect(nibbles.filter(Opcode.isDefined).filter(Opcode.isControl)).toEqual([8, 9, 10])
  })
})
