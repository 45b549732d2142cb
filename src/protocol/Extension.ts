/**
 * The `Sec-WebSocket-Extensions` header: extensions with their parameters, as offered or agreed (RFC 6455 §9.1).
 *
 * @since 0.1.0
 */
import type * as Result from "effect/Result"
import * as HeaderSyntax from "./HeaderSyntax.ts"

/**
 * A parameter's name and its value, or `true` where it has none.
 *
 * @category models
 * @since 0.1.0
 */
export type Param = readonly [name: string, value: string | true]

/**
 * One extension of the header. Names and values are tokens.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extension {
  readonly name: string
  readonly params: ReadonlyArray<Param>
}

const readParam = (words: HeaderSyntax.Scanner): Param | undefined => {
  const name = words.token()
  if (name === undefined) return undefined
  if (!words.accept("=")) return [name, true]
  const value = words.token() ?? words.quotedToken()
  return value === undefined ? undefined : [name, value]
}

const readExtension = (words: HeaderSyntax.Scanner): Extension | undefined => {
  const name = words.token()
  if (name === undefined) return undefined
  const params: Array<Param> = []
  while (words.accept(";")) {
    const param = readParam(words)
    if (param === undefined) return undefined
    params.push(param)
  }
  return { name, params }
}

/**
 * Reads the header's extensions, or says where it is malformed. An absent header has none.
 *
 * **Details**
 *
 * Order and duplicates are kept, since an offer of the same extension that comes later is a fallback (RFC 7692 §5).
 * A quoted value is unquoted.
 *
 * **Example** (Reading an offer with a fallback)
 *
 * ```ts
 * import { Result } from "effect"
 * import { Extension } from "effect-ws/protocol"
 *
 * const offers = Result.getOrThrow(
 *   Extension.parse("permessage-deflate; server_max_window_bits=\"10\", permessage-deflate")
 * )
 *
 * offers.length // => 2
 * offers[0].params // => [["server_max_window_bits", "10"]]
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const parse = (header: string | undefined): Result.Result<ReadonlyArray<Extension>, string> =>
  HeaderSyntax.list(header, readExtension)

const formatParam = ([name, value]: Param): string => value === true ? name : `${name}=${value}`

/**
 * Writes the header's value. Quotes are never needed, since values are tokens.
 *
 * **Example** (Writing an offer)
 *
 * ```ts
 * import { Extension } from "effect-ws/protocol"
 *
 * Extension.format([{ name: "permessage-deflate", params: [["client_max_window_bits", true]] }])
 * // => "permessage-deflate; client_max_window_bits"
 * ```
 *
 * @category writing
 * @since 0.1.0
 */
export const format = (extensions: ReadonlyArray<Extension>): string =>
  extensions.map(({ name, params }) => [name, ...params.map(formatParam)].join("; ")).join(", ")
