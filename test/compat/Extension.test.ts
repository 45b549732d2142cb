import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Ws from "ws"
import * as Extension from "../../src/compat/Extension.ts"

const { extension: ws } = Ws as unknown as { readonly extension: typeof Extension }

/** The result, or what is thrown. */
const outcome = <A>(run: () => A): unknown => {
  try {
    return { result: run() }
  } catch (error) {
    return { type: Object.getPrototypeOf(error), message: (error as Error).message }
  }
}

const header = fc.array(
  fc.constantFrom("foo", "bar", "__proto__", "a", "b", "10", ",", ";", "=", "\"", "\\", " ", "\t", "é", "(", "\n"),
  { maxLength: 20 }
).map((words) => words.join(""))

describe("a header", () => {
  it.each([
    "foo",
    "foo,bar",
    "foo, bar; a",
    "foo;a;a=1;b=2",
    "foo;a=1,foo;b,foo",
    "permessage-deflate; client_max_window_bits; server_max_window_bits=\"10\"",
    "foo;a=\"\\1\\b\"",
    "toString;valueOf=1,__proto__"
  ])("that is %s is read as by ws", (header) => {
    const ours = Extension.parse(header)
    expect(ours).toStrictEqual(ws.parse(header))
    expect(Object.keys(ours)).toEqual(Object.keys(ws.parse(header)))
  })

  it.each([
    "",
    "é",
    "foo bar",
    "foo;",
    "foo;;",
    "foo=1",
    "foo;=",
    "foo;a=",
    "foo;a=\"",
    "foo;a=\"\"",
    "foo;a=\"1 2\"",
    "foo;a=1\"",
    "foo\n",
    " foo",
    ",foo",
    "foo,",
    "foo ",
    "foo, ,bar",
    "foo;a =1",
    "foo;a= 1",
    "foo;a=\"1,,2\""
  ])(
    "that is %j has the error of ws",
    (header) => {
      expect(outcome(() => ws.parse(header))).toMatchObject({ type: SyntaxError.prototype })
      expect(outcome(() => Extension.parse(header))).toEqual(outcome(() => ws.parse(header)))
    }
  )

  it("is read as by ws, whatever it is", () => {
    fc.assert(
      fc.property(header, (header) => {
        expect(outcome(() => Extension.parse(header))).toStrictEqual(outcome(() => ws.parse(header)))
      }),
      { numRuns: 2000 }
    )
  })
})

const token = fc.constantFrom("foo", "bar", "a", "x-y")
const value = fc.oneof(token, fc.constant(true), fc.nat(20))
const configuration = fc.dictionary(token, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), {
  noNullPrototype: true
})

describe("extensions", () => {
  it("are written as by ws", () => {
    const extensions = fc.dictionary(
      token,
      fc.oneof(configuration, fc.array(configuration, { minLength: 1, maxLength: 3 }))
    )
    fc.assert(fc.property(extensions, (extensions) => {
      expect(Extension.format(extensions)).toBe(ws.format(extensions))
    }))
  })

  it("that were read can be written", () => {
    const header = "foo; a; b=1; b=2, foo; c, bar"
    expect(Extension.format(Extension.parse(header))).toBe(header)
  })
})
