/**
 * The `Sec-WebSocket-Protocol` header: what the client offers, and which of it the server takes (RFC 6455 §1.9, §4.3).
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as HeaderSyntax from "./HeaderSyntax.ts"

/**
 * Checks whether a name can be a subprotocol: a token (RFC 6455 §4.1).
 *
 * @category guards
 * @since 0.1.0
 */
export const isValid: (name: string) => boolean = HeaderSyntax.isToken

/**
 * Reads the names that a client offers, the preferred one first, or says why the header is malformed. An absent header
 * has none. Names differ by case, and each may be given once (RFC 6455 §4.1).
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (header: string | undefined): Result.Result<ReadonlyArray<string>, string> =>
  header === undefined ? none : Result.filterOrFail(
    HeaderSyntax.list(header, (words) => words.token()),
    (names) => new Set(names).size === names.length,
    () => "a name is given twice"
  )

const none: Result.Result<ReadonlyArray<string>> = Result.succeed([])

/**
 * Chooses the first of the client's offers that the server supports (RFC 6455 §4.2.2).
 *
 * **Example** (Choosing by the client's preference)
 *
 * ```ts
 * import { Subprotocol } from "effect-ws/protocol"
 *
 * Subprotocol.choose(["v2.chat", "v1.chat"], ["v1.chat", "v2.chat"]) // => "v2.chat"
 * Subprotocol.choose(["soap"], ["v1.chat", "v2.chat"]) // => undefined
 * ```
 *
 * @category negotiating
 * @since 0.1.0
 */
export const choose = (offered: ReadonlyArray<string>, supported: ReadonlyArray<string>): string | undefined =>
  offered.find((name) => supported.includes(name))
