import { Result } from "effect"
import * as fc from "fast-check"
import { hash } from "node:crypto"
import { describe, expect, it } from "vitest"
import * as OpeningHandshake from "../../src/protocol/OpeningHandshake.ts"

const writeHead = (...fields: ReadonlyArray<OpeningHandshake.Field>) => OpeningHandshake.formatHead("FIRST", fields)

describe("acceptInput", () => {
  it("hashes to the RFC's example (RFC 6455 §1.3, §4.2.2)", () => {
    const input = OpeningHandshake.acceptInput("dGhlIHNhbXBsZSBub25jZQ==")
    expect(input).toBe("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    expect(hash("sha1", input, "base64")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  })
})

describe("asksForUpgrade (RFC 6455 §4.1, §4.2.1)", () => {
  it.each(["Upgrade", "upgrade", "keep-alive, Upgrade", "UPGRADE\t, keep-alive", "a,upgrade ,b"])(
    "is so for %j",
    (text) => {
      expect(OpeningHandshake.asksForUpgrade(text)).toBe(true)
    }
  )

  it.each([undefined, "", "close", "upgrades", "no-upgrade", "keep-alive upgrade", "\"upgrade\"", "upgrade;q=1"])(
    "is not so for %j",
    (text) => {
      expect(OpeningHandshake.asksForUpgrade(text)).toBe(false)
    }
  )

  it("takes a long hostile header in linear time", () => {
    expect(OpeningHandshake.asksForUpgrade(", ".repeat(200_000) + " ".repeat(500_000) + "x")).toBe(false)
  })
})

describe("cite", () => {
  const rule = { section: "RFC 6455 §4.1", text: "the status must be 101" }

  it("names the rule and its section", () => {
    expect(OpeningHandshake.cite("StatusUnexpected", rule))
      .toBe("StatusUnexpected: the status must be 101 (RFC 6455 §4.1)")
  })

  it("says what was found where that is known", () => {
    expect(OpeningHandshake.cite("StatusUnexpected", rule, "404"))
      .toBe("StatusUnexpected: the status must be 101 (RFC 6455 §4.1): 404")
  })
})

describe("formatHead (RFC 9112 §2.1)", () => {
  it("writes the headers in order, repeated ones too", () => {
    expect(writeHead(["B", "1"], ["A", ""], ["B", "\t2 \xff"])).toEqual(
      Result.succeed("FIRST\r\nB: 1\r\nA: \r\nB: \t2 \xff\r\n\r\n")
    )
  })

  it("ends a head without headers", () => {
    expect(writeHead()).toEqual(Result.succeed("FIRST\r\n\r\n"))
  })

  const broken: Record<OpeningHandshake.FieldInvalid["_tag"], ReadonlyArray<OpeningHandshake.Field>> = {
    FieldNameInvalid: [["", "1"], ["X A", "1"], ["X:", "1"], ["X\r\nA", "1"], ["X\0", "1"], ["\u00e4", "1"]],
    FieldValueInvalid: [
      ["X", "a\r\nSet-Cookie: b"],
      ["X", "a\nb"],
      ["X", "a\rb"],
      ["X", "a\0b"],
      ["X", "a\x7f"],
      ["X", "a\u010ab"], // its low octet is a line feed
      ["X", "\u{1f600}"]
    ]
  }

  it.each(Object.keys(OpeningHandshake.fieldRules) as ReadonlyArray<OpeningHandshake.FieldInvalid["_tag"]>)(
    "refuses every header that breaks %s",
    (tag) => {
      const { section, text } = OpeningHandshake.fieldRules[tag]
      expect(broken[tag].length).toBeGreaterThan(0)
      for (const field of broken[tag]) {
        expect(writeHead(["X-Fine", "1"], field)).toEqual(Result.fail({
          _tag: tag,
          name: field[0],
          message: `${tag}: ${text} (${section}): ${JSON.stringify(field[0])}`
        }))
      }
    }
  )

  it("either refuses headers or writes one line for each, whatever they are", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."a: \r\n\0") }))
    fc.assert(fc.property(fc.array(fc.tuple(anything, anything)), (fields) => {
      const result = writeHead(...fields)
      if (Result.isFailure(result)) expect(result.failure.message).not.toMatch(/[\r\n]/)
      else expect(result.success.split(/[\r\n]+/)).toHaveLength(fields.length + 2)
    }))
  })
})
