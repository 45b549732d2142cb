/**
 * What client and server share in the opening handshake (RFC 6455 §4): the versions, the shape of an HTTP head, and
 * how the client's key becomes the server's answer. The roles are in `ServerHandshake` and `ClientHandshake`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as HeaderSyntax from "./HeaderSyntax.ts"

/**
 * The versions of the protocol that both roles speak, the preferred one first. On the wire version 8 differs by the
 * name of its origin header only.
 *
 * @category versions
 * @since 0.1.0
 */
export const versions = [13, 8] as const

/**
 * A version of the protocol: 13 is RFC 6455, 8 its last widely used draft.
 *
 * @category versions
 * @since 0.1.0
 */
export type Version = typeof versions[number]

/**
 * The name of the header that carries the origin, in its canonical case (RFC 6455 §11.3; the draft of version 8).
 *
 * @category versions
 * @since 0.1.0
 */
export const originHeader = {
  13: "Origin",
  8: "Sec-WebSocket-Origin"
} as const satisfies Record<Version, string>

/**
 * A received head's headers: names in lower case, a repeated header joined by `", "`, as `node:http` gives them.
 *
 * @category models
 * @since 0.1.0
 */
export type Headers = Readonly<Record<string, string | undefined>>

/**
 * A header to be sent, its name in its canonical case.
 *
 * @category models
 * @since 0.1.0
 */
export type Field = readonly [name: string, value: string]

/**
 * What a head must be, and the section that says so.
 *
 * @category models
 * @since 0.1.0
 */
export interface Rule {
  readonly section: string
  readonly text: string
}

/**
 * Says which rule a head breaks, with its section, and what was found if that is known.
 *
 * **Example** (Citing a rule)
 *
 * ```ts
 * import { OpeningHandshake } from "effect-ws/protocol"
 *
 * OpeningHandshake.cite("HostMissing", { section: "RFC 6455 §4.2.1", text: "Host must be given" })
 * // => "HostMissing: Host must be given (RFC 6455 §4.2.1)"
 * ```
 *
 * @category writing
 * @since 0.1.0
 */
export const cite = (name: string, rule: Rule, found?: string): string =>
  `${name}: ${rule.text} (${rule.section})${found === undefined ? "" : `: ${found}`}`

/**
 * The text whose SHA-1, in base64, is the `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 §1.3).
 *
 * **Details**
 *
 * Hashing is left to the caller: this layer has no cryptography.
 *
 * **Example** (Answering a key)
 *
 * ```ts
 * import { OpeningHandshake } from "effect-ws/protocol"
 * import { hash } from "node:crypto"
 *
 * hash("sha1", OpeningHandshake.acceptInput("dGhlIHNhbXBsZSBub25jZQ=="), "base64")
 * // => "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
 * ```
 *
 * @category keys
 * @since 0.1.0
 */
export const acceptInput = (key: string): string => `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`

/**
 * Checks whether a `Connection` header asks for an upgrade (RFC 6455 §4.1, §4.2.1).
 *
 * @category guards
 * @since 0.1.0
 */
export const asksForUpgrade = (connection: string | undefined): boolean =>
  connection !== undefined && /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i.test(connection)

/**
 * The rules for a header that is to be sent: broken, it would run out of its line.
 *
 * @category writing
 * @since 0.1.0
 */
export const fieldRules = {
  FieldNameInvalid: { section: "RFC 9110 §5.1", text: "a header's name must be a token" },
  FieldValueInvalid: {
    section: "RFC 9110 §5.5",
    text: "a header's value must hold no control character and nothing above U+00FF"
  }
} as const satisfies Record<string, Rule>

/**
 * A header that must not be sent.
 *
 * @category writing
 * @since 0.1.0
 */
export interface FieldInvalid {
  readonly _tag: keyof typeof fieldRules
  readonly name: string
  readonly message: string
}

const fieldInvalid = (_tag: keyof typeof fieldRules, name: string): Result.Result<never, FieldInvalid> =>
  Result.fail({ _tag, name, message: cite(_tag, fieldRules[_tag], JSON.stringify(name)) })

// Nothing above U+00FF: written as latin1, U+010A would be a line feed
const isFieldValue = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

/**
 * Writes a head: its first line, its headers in order, and the empty line that ends it (RFC 9112 §2.1).
 *
 * **Example** (Writing a request's head)
 *
 * ```ts
 * import { Result } from "effect"
 * import { OpeningHandshake } from "effect-ws/protocol"
 *
 * const head = OpeningHandshake.formatHead("GET /chat HTTP/1.1", [["Host", "server.example.com"]])
 * Result.getOrThrow(head) // => "GET /chat HTTP/1.1\r\nHost: server.example.com\r\n\r\n"
 *
 * const refused = OpeningHandshake.formatHead("GET /chat HTTP/1.1", [["Host", "a\r\nCookie: b"]])
 * Result.isFailure(refused) // => true
 * ```
 *
 * @category writing
 * @since 0.1.0
 */
export const formatHead = (firstLine: string, fields: ReadonlyArray<Field>): Result.Result<string, FieldInvalid> => {
  let head = `${firstLine}\r\n`
  for (const [name, value] of fields) {
    if (!HeaderSyntax.isToken(name)) return fieldInvalid("FieldNameInvalid", name)
    if (!isFieldValue(value)) return fieldInvalid("FieldValueInvalid", name)
    head += `${name}: ${value}\r\n`
  }
  return Result.succeed(`${head}\r\n`)
}
