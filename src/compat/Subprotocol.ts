/**
 * ws's `subprotocol`: the `Sec-WebSocket-Protocol` header as a set.
 *
 * @since 0.1.0
 */
import * as HeaderSyntax from "../protocol/HeaderSyntax.ts"
import * as Errors from "./Errors.ts"

/**
 * Reads the names that a client offers. Throws a `SyntaxError` if the header is malformed or a name is given twice,
 * whichever comes first.
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (header: string): Set<string> => {
  const words = HeaderSyntax.make(header)
  const names = new Set<string>()
  if (startsBlank(header)) throw Errors.fromSyntax(words.problem())
  for (let isLast = false; !isLast;) {
    const name = words.token()
    isLast = name !== undefined && !words.accept(",")
    const endsWell = !isLast || (words.atEnd() && !endsBlank(header))
    if (name === undefined || !endsWell) throw Errors.fromSyntax(words.problem())
    if (names.has(name)) throw new SyntaxError(`The "${name}" subprotocol is duplicated`)
    names.add(name)
  }
  return names
}

const startsBlank = (header: string): boolean => /^[ \t]/.test(header)

const endsBlank = (header: string): boolean => /[ \t]$/.test(header)
