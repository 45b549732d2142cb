import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Extension from "../../src/protocol/Extension.ts"

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
const extension: fc.Arbitrary<Extension.Extension> = fc.record({
  name: token,
  params: fc.array(fc.tuple(token, fc.oneof(token, fc.constant<true>(true))), { maxLength: 4 })
})

describe("parse (RFC 6455 §9.1)", () => {
  it("finds nothing in an absent header", () => {
    expect(Extension.parse(undefined)).toEqual(Result.succeed([]))
  })

  it.each<[string, ReadonlyArray<Extension.Extension>]>([
    ["foo", [{ name: "foo", params: [] }]],
    ["bar; baz=2", [{ name: "bar", params: [["baz", "2"]] }]],
    ["foo, bar; baz=2", [{ name: "foo", params: [] }, { name: "bar", params: [["baz", "2"]] }]],
    ["deflate-stream", [{ name: "deflate-stream", params: [] }]],
    ["mux; max-channels=4; flow-control, deflate-stream", [
      { name: "mux", params: [["max-channels", "4"], ["flow-control", true]] },
      { name: "deflate-stream", params: [] }
    ]],
    ["private-extension", [{ name: "private-extension", params: [] }]]
  ])("reads the RFC's example %j", (header, extensions) => {
    expect(Extension.parse(header)).toEqual(Result.succeed(extensions))
  })

  it("keeps fallbacks in order, as in RFC 7692 §5.1's example", () => {
    const header = "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate"
    expect(Extension.parse(header)).toEqual(Result.succeed([
      { name: "permessage-deflate", params: [["client_max_window_bits", true], ["server_max_window_bits", "10"]] },
      { name: "permessage-deflate", params: [] }
    ]))
  })

  it("keeps duplicate parameters in order, for the extension to judge", () => {
    expect(Extension.parse("x; a=1; b; a; a=1")).toEqual(
      Result.succeed([{ name: "x", params: [["a", "1"], ["b", true], ["a", true], ["a", "1"]] }])
    )
  })

  it("keeps names that an object would not", () => {
    expect(Extension.parse("constructor; __proto__=1")).toEqual(
      Result.succeed([{ name: "constructor", params: [["__proto__", "1"]] }])
    )
  })

  it("unquotes a value, and knows it from the bare token no more", () => {
    expect(Extension.parse("x; bits=\"1\\0\"")).toEqual(Extension.parse("x; bits=10"))
  })

  it("lets spaces and tabs stand between any two words (§4.3)", () => {
    expect(Extension.parse("\tx ;a = 1\t;\tb , y ")).toEqual(Extension.parse("x; a=1; b, y"))
  })

  it.each([
    ["", "unexpected end"],
    ["x;", "unexpected end"],
    ["x; a=", "unexpected end"],
    ["x; a=\"1", "unexpected end"],
    ["x; ; a", "unexpected character at index 3"],
    ["x; a=,y", "unexpected character at index 5"],
    ["x; a=1 2", "unexpected character at index 7"],
    ["x=1", "unexpected character at index 1"],
    ["x y", "unexpected character at index 2"],
    ["; a", "unexpected character at index 0"],
    ["\"x\"", "unexpected character at index 0"],
    ["x; \"a\"", "unexpected character at index 3"],
    ["x; a=\"1 2\"", "unexpected character at index 7"],
    ["x; a=\"\"", "unexpected character at index 6"],
    ["x; a=\"1\"2", "unexpected character at index 8"],
    ["x; a=b=c", "unexpected character at index 6"],
    ["x\u00ff", "unexpected character at index 1"]
  ])("refuses %j", (header, problem) => {
    expect(Extension.parse(header)).toEqual(Result.fail(problem))
  })

  it("never throws", () => {
    const header = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."ab;,=\"\\ \t") }))
    fc.assert(fc.property(header, (text) => {
      expect(Result.isResult(Extension.parse(text))).toBe(true)
    }))
  })
})

describe("format", () => {
  it("writes names and parameters in order", () => {
    expect(Extension.format([{ name: "x", params: [["a", "1"], ["b", true]] }, { name: "y", params: [] }]))
      .toBe("x; a=1; b, y")
  })

  it("is undone by parse", () => {
    fc.assert(fc.property(fc.array(extension, { minLength: 1, maxLength: 4 }), (extensions) => {
      expect(Extension.parse(Extension.format(extensions))).toEqual(Result.succeed(extensions))
    }))
  })
})
