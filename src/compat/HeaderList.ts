/**
 * The comma lists of headers as ws reads them: without the empty elements that HTTP lets stand in them (RFC 9110 §5.6.1),
 * and without whitespace around them or their `=`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"

/** Whitespace or an empty element at the start; an empty element; what is left open at the end; whitespace around `=`. */
const gap = /^(?:[ \t,]|$)|,[ \t]*(?=,|$)|[ \t](?:$|(?==))|=(?=[ \t])/

/** Where ws would not read on, if it is for a gap. */
const findGap = (list: string): number | undefined => {
  const found = gap.exec(list)
  if (found === null || found.index === 0) return found?.index
  return found.index + found[0].length
}

/**
 * Reads a list by what reads it with gaps.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = <A>(
  list: string,
  reader: (list: string) => Result.Result<A, string>
): Result.Result<A, string> => {
  const end = findGap(list)
  const result = reader(list.slice(0, end))
  const isCut = end !== undefined && (Result.isSuccess(result) || result.failure === "unexpected end")
  if (!isCut) return result
  return Result.fail(end === list.length ? "unexpected end" : `unexpected character at index ${end}`)
}
