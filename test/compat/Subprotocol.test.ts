import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Ws from "ws"
import * as Subprotocol from "../../src/compat/Subprotocol.ts"

const { subprotocol: ws } = Ws as unknown as { readonly subprotocol: typeof Subprotocol }

/** The names in order, or what is thrown. */
const outcome = (run: () => Set<string>): unknown => {
  try {
    return { names: [...run()] }
  } catch (error) {
    return { type: Object.getPrototypeOf(error), message: (error as Error).message }
  }
}

const header = fc.array(fc.constantFrom("foo", "bar", "v1.", "F", ",", ",", " ", "\t", "é", ";", "\""), {
  maxLength: 9
})
  .map((words) => words.join(""))

describe("a header", () => {
  it.each(["foo", "foo,bar", "foo, bar", "foo ,\tbar", "foo,Foo", "v1.chat,v2.chat"])(
    "that is %s is a set",
    (header) => {
      expect(Subprotocol.parse(header)).toBeInstanceOf(Set)
      expect(outcome(() => Subprotocol.parse(header))).toEqual(outcome(() => ws.parse(header)))
    }
  )

  it.each([
    "",
    "foo,foo",
    "a,foo,b,foo",
    "foo bar",
    "foo;bar",
    "foo=bar",
    "é",
    "foo\n",
    "\"foo\"",
    " foo",
    ",foo",
    "foo,,bar",
    "foo, ",
    "foo,foo,é",
    "foo,foo,",
    "foo,foo,,",
    "foo,foo ",
    "foo,foo;"
  ])(
    "that is %j has the error of ws",
    (header) => {
      expect(outcome(() => ws.parse(header))).toMatchObject({ type: SyntaxError.prototype })
      expect(outcome(() => Subprotocol.parse(header))).toEqual(outcome(() => ws.parse(header)))
    }
  )

  it("is read as by ws, whatever it is", () => {
    fc.assert(
      fc.property(header, (header) => {
        expect(outcome(() => Subprotocol.parse(header))).toEqual(outcome(() => ws.parse(header)))
      }),
      { numRuns: 20_000 }
    )
  })
})
