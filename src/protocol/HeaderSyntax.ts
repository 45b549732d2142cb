/**
 * Reads the words of HTTP header values: tokens, quoted strings and comma lists (RFC 9110 §5.6, RFC 6455 §9.1).
 *
 * **Details**
 *
 * The handshake's grammar is word-based: spaces and tabs may stand between any two words (RFC 6455 §4.3, the
 * "implied *LWS" of RFC 2616 §2.1). Nothing here throws: what does not match is `undefined`, or a `Result` that says
 * where reading stopped.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"

const tokenChars: ReadonlySet<string> = new Set(
  "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

/**
 * A position in a header value, moved on by what it reads.
 *
 * **Details**
 *
 * - `token` reads a token (RFC 9110 §5.6.2).
 * - `quotedToken` reads a quoted string that holds a token once it is unquoted, as RFC 6455 §9.1 demands.
 * - `accept` steps over the given mark, if it is next.
 * - `atEnd` says whether nothing but whitespace is left.
 * - `problem` says what cannot be read at this position.
 *
 * @category models
 * @since 0.1.0
 */
export interface Scanner {
  readonly token: () => string | undefined
  readonly quotedToken: () => string | undefined
  readonly accept: (mark: "," | ";" | "=") => boolean
  readonly atEnd: () => boolean
  readonly problem: () => string
}

/**
 * Makes a scanner that stands before the first word of a header value.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (header: string): Scanner => {
  let index = 0

  const peek = (): string | undefined => {
    while (header[index] === " " || header[index] === "\t") index++
    return header[index]
  }

  const accept = (mark: string): boolean => {
    if (peek() !== mark) return false
    index++
    return true
  }

  const atEnd = (): boolean => peek() === undefined

  const token = (): string | undefined => {
    peek()
    const start = index
    while (tokenChars.has(header[index])) index++
    return index === start ? undefined : header.slice(start, index)
  }

  const quotedToken = (): string | undefined => {
    if (!accept("\"")) return undefined
    let unquoted = ""
    while (header[index] !== "\"" || unquoted === "") {
      if (header[index] === "\\") index++
      if (!tokenChars.has(header[index])) return undefined
      unquoted += header[index++]
    }
    index++
    return unquoted
  }

  const problem = (): string =>
    header[index] === undefined ? "unexpected end" : `unexpected character at index ${index}`

  return { token, quotedToken, accept, atEnd, problem }
}

/**
 * Checks whether a text is one token and nothing else (RFC 9110 §5.6.2).
 *
 * @category guards
 * @since 0.1.0
 */
export const isToken = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)

/**
 * Reads a comma list of at least one element, in order. An absent header is an empty list.
 *
 * **Details**
 *
 * Empty elements, as in `a,,b`, do not count, but a header of nothing else is malformed (`1#element`, RFC 2616 §2.1).
 *
 * @category reading
 * @since 0.1.0
 */
export const list = <A>(
  header: string | undefined,
  element: (words: Scanner) => A | undefined
): Result.Result<ReadonlyArray<A>, string> => {
  if (header === undefined) return Result.succeed([])
  const words = make(header)
  const elements: Array<A> = []
  while (!words.atEnd()) {
    if (words.accept(",")) continue
    const value = element(words)
    if (value === undefined || !(words.atEnd() || words.accept(","))) return Result.fail(words.problem())
    elements.push(value)
  }
  return elements.length === 0 ? Result.fail(words.problem()) : Result.succeed(elements)
}
