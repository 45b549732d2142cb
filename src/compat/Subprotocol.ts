/**
 * ws's `subprotocol`: the `Sec-WebSocket-Protocol` header as a set.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as HeaderSyntax from "../protocol/HeaderSyntax.ts"
import * as Errors from "./Errors.ts"
import * as HeaderList from "./HeaderList.ts"

/**
 * Reads the names that a client offers. Throws a `SyntaxError` if the header is malformed or a name is given twice.
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (header: string): Set<string> => {
  const read = HeaderList.read(header, (list) => HeaderSyntax.list(list, (words) => words.token()))
  const names = Result.getOrThrowWith(read, Errors.fromSyntax)
  const set = new Set<string>()
  for (const name of names) {
    if (set.has(name)) throw new SyntaxError(`The "${name}" subprotocol is duplicated`)
    set.add(name)
  }
  return set
}
