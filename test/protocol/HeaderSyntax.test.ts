import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as HeaderSyntax from "../../src/protocol/HeaderSyntax.ts"

const tokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const token = fc.string({ unit: fc.constantFrom(...tokenChars), minLength: 1 })
const space = fc.string({ unit: fc.constantFrom(" ", "\t"), maxLength: 3 })
const tokens = (header: string | undefined) => HeaderSyntax.list(header, (words) => words.token())

describe("isToken (RFC 9110 §5.6.2)", () => {
  it("knows each of the first 256 characters", () => {
    const accepted = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(HeaderSyntax.isToken)
    expect(accepted.toSorted()).toEqual([...tokenChars].toSorted())
  })

  it.each(["", " a", "a ", "a b", "a,b", "a\n", "\"a\"", "é", "\u0141"])("refuses %j", (text) => {
    expect(HeaderSyntax.isToken(text)).toBe(false)
  })
})

describe("a scanner", () => {
  it("lets spaces and tabs stand between any two words (RFC 6455 §4.3)", () => {
    const words = HeaderSyntax.make(" \ta\t = \"b\" ; ")
    expect([words.token(), words.accept("="), words.quotedToken(), words.accept(";"), words.atEnd()])
      .toEqual(["a", true, "b", true, true])
  })

  it("stays where it is when the next word is another", () => {
    const words = HeaderSyntax.make("a=b")
    expect([words.accept("="), words.quotedToken(), words.atEnd(), words.token()]).toEqual([
      false,
      undefined,
      false,
      "a"
    ])
  })

  it("unquotes a quoted string with its escapes (RFC 9110 §5.6.4)", () => {
    expect(HeaderSyntax.make("\"1\\0\\a\"").quotedToken()).toBe("10a")
  })

  it.each([
    ["\"\"", "unexpected character at index 1"],
    ["\"a b\"", "unexpected character at index 2"],
    ["\"a\\\"b\"", "unexpected character at index 3"],
    ["\"a\\\\\"", "unexpected character at index 3"],
    ["\"a", "unexpected end"],
    ["\"a\\", "unexpected end"],
    ["\"", "unexpected end"]
  ])("refuses %s, which holds no token once unquoted (RFC 6455 §9.1)", (header, problem) => {
    const words = HeaderSyntax.make(header)
    expect(words.quotedToken()).toBeUndefined()
    expect(words.problem()).toBe(problem)
  })

  it("reads back any token that is quoted and escaped", () => {
    fc.assert(fc.property(token, fc.infiniteStream(fc.boolean()), (text, escaped) => {
      const inner = [...text].map((char) => escaped.next().value ? `\\${char}` : char).join("")
      const words = HeaderSyntax.make(`"${inner}"`)
      expect(words.quotedToken()).toBe(text)
      expect(words.atEnd()).toBe(true)
    }))
  })
})

describe("list (RFC 2616 §2.1)", () => {
  it("is empty where the header is absent", () => {
    expect(tokens(undefined)).toEqual(Result.succeed([]))
  })

  it.each([
    ["a", ["a"]],
    ["a,b", ["a", "b"]],
    [" a\t,\t b ", ["a", "b"]],
    ["b, a, b", ["b", "a", "b"]],
    [",, a,\t,b, ,", ["a", "b"]]
  ])("reads %j in order, without its empty elements", (header, elements) => {
    expect(tokens(header)).toEqual(Result.succeed(elements))
  })

  it.each([
    ["", "unexpected end"],
    [" \t", "unexpected end"],
    [",", "unexpected end"],
    ["a b", "unexpected character at index 2"],
    ["a;b", "unexpected character at index 1"],
    ["a, (b)", "unexpected character at index 3"],
    ["a\u00a0", "unexpected character at index 1"],
    ["a\n", "unexpected character at index 1"]
  ])("refuses %j", (header, problem) => {
    expect(tokens(header)).toEqual(Result.fail(problem))
  })

  it("reads back any tokens joined by commas in any amount of space", () => {
    fc.assert(fc.property(fc.array(token, { minLength: 1 }), space, space, (elements, before, after) => {
      expect(tokens(elements.map((element) => before + element + after).join(","))).toEqual(Result.succeed(elements))
    }))
  })

  it("takes a long hostile header in linear time", () => {
    const header = " ".repeat(500_000) + ",".repeat(500_000) + "a".repeat(500_000) + "="
    expect(tokens(header)).toEqual(Result.fail("unexpected character at index 1500000"))
  })

  it("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (header) => {
      expect(Result.isResult(tokens(header))).toBe(true)
    }))
  })
})
