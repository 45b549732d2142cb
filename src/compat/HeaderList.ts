/**
 * The comma lists of headers as ws reads them: without the empty elements that HTTP lets stand in them (RFC 9110 §5.6.1),
 * and without whitespace around them or their `=`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Errors from "./Errors.ts"

/** Whitespace or an empty element at the start; an empty element; what is left open at the end; whitespace around `=`. */
const gap = /^(?:[ \t,]|$)|,[ \t]*(?=,|$)|[ \t](?:$|(?==))|=(?=[ \t])/

/** Where ws would not read on, if it is for a gap. */
const findGap = (list: string): number | undefined => {
  const found = gap.exec(list)
  if (found === null || found.index === 0) return found?.index
  return found.index + found[0].length
}

/**
 * Whether there is something that HTTP passes over and ws does not.
 *
 * @category guards
 * @since 0.1.0
 */
export const hasGap = (list: string | undefined): boolean => list !== undefined && findGap(list) !== undefined

/**
 * Reads a list by what reads it with gaps. Throws a `SyntaxError` that says where it is malformed.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = <A>(list: string, reader: (list: string) => Result.Result<A, string>): A => {
  const end = findGap(list)
  if (end === 0 && list !== "") throw Errors.fromSyntax("unexpected character at index 0")
  const result = reader(list.slice(0, end))
  const isCut = end !== undefined && (Result.isSuccess(result) || result.failure === "unexpected end")
  if (!isCut) return Result.getOrThrowWith(result, Errors.fromSyntax)
  throw Errors.fromSyntax(end === list.length ? "unexpected end" : `unexpected character at index ${end}`)
}
