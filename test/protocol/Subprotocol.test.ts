import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Subprotocol from "../../src/protocol/Subprotocol.ts"

const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)

describe("isValid (RFC 6455 §4.1)", () => {
  it.each(["chat", "v1.chat", "soap+xml", "!", "CHAT"])("takes %j", (text) => {
    expect(Subprotocol.isValid(text)).toBe(true)
  })

  it.each(["", "a b", "a,b", "a;b", "a/b", "\"a\"", "a\r\nb", "ä"])("refuses %j", (text) => {
    expect(Subprotocol.isValid(text)).toBe(false)
  })
})

describe("parse (RFC 6455 §4.3)", () => {
  it("finds nothing in an absent header", () => {
    expect(Subprotocol.parse(undefined)).toEqual(Result.succeed([]))
  })

  it("reads the RFC's example, the client's preference first (§1.2)", () => {
    expect(Subprotocol.parse("chat, superchat")).toEqual(Result.succeed(["chat", "superchat"]))
  })

  it("tells names apart by case", () => {
    expect(Subprotocol.parse("chat,Chat")).toEqual(Result.succeed(["chat", "Chat"]))
  })

  it.each([
    ["chat, superchat, chat", "a name is given twice"],
    ["", "unexpected end"],
    [",", "unexpected end"],
    ["chat; v=1", "unexpected character at index 4"],
    ["\"chat\"", "unexpected character at index 0"],
    ["chat superchat", "unexpected character at index 5"]
  ])("refuses %j", (header, problem) => {
    expect(Subprotocol.parse(header)).toEqual(Result.fail(problem))
  })

  it("reads back any unique names", () => {
    fc.assert(fc.property(fc.uniqueArray(name, { minLength: 1 }), (names) => {
      expect(Subprotocol.parse(names.join(", "))).toEqual(Result.succeed(names))
    }))
  })

  it("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (header) => {
      expect(Result.isResult(Subprotocol.parse(header))).toBe(true)
    }))
  })
})

describe("choose (RFC 6455 §4.2.2)", () => {
  it("takes the client's first offer that the server supports, in the client's order", () => {
    expect(Subprotocol.choose(["c", "b", "a"], ["a", "b"])).toBe("b")
  })

  it.each([[[], ["a"]], [["a"], []], [["A"], ["a"]]])(
    "takes nothing of %j where %j are supported",
    (offered, supported) => {
      expect(Subprotocol.choose(offered, supported)).toBeUndefined()
    }
  )
})
