/**
 * The heads of plain requests to upgrade (RFC 9112 §2.1, RFC 6455 §4.1), as all clients send them. Whatever has anything
 * out of the ordinary is left to an HTTP parser.
 *
 * @since 0.1.0
 */

/**
 * A request's head. Fields have their names as they came in `rawHeaders`, by turns with their values, and in lower case in
 * `headers`.
 *
 * @category models
 * @since 0.1.0
 */
export interface UpgradeHead {
  readonly target: string
  readonly headers: Record<string, string>
  readonly rawHeaders: Array<string>
  /** How many octets it is. */
  readonly size: number
}

/** RFC 3986 §3.3 and §3.4: a path and a query. */
const requestLine = /GET (\/[\w\-.~!$&'()*+,;=:@%/?]*) HTTP\/1\.1\r\n/y

/** RFC 9110 §5.1, §5.5: a value of visible ASCII, with spaces or tabs in it. */
const field = /([\w!#$%&'*+\-.^`|~]+): ?([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)\r\n/y

/** Fields are given by parsers up to some number, each to its own. */
const mostFields = 100

const upgrade = /^(?:keep-alive, ?)?upgrade$/i

/** They say that a body or something else comes first, or that parsers give as something else than a string. */
const special = ["content-length", "transfer-encoding", "expect", "set-cookie"]

/**
 * The head with which these octets, one to a character, begin; `undefined` if it is not plain, not whole, repeats a
 * field, or has very many.
 *
 * **Example** (What all clients send)
 *
 * ```ts
 * import { UpgradeHead } from "effect-ws/protocol"
 *
 * const fields = ["Host: example.com", "Connection: Upgrade", "Upgrade: websocket"]
 * const head = UpgradeHead.read(["GET /chat HTTP/1.1", ...fields, "", ""].join("\r\n"))
 * head?.target // => "/chat"
 * head?.headers // => { host: "example.com", connection: "Upgrade", upgrade: "websocket" }
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = (octets: string): UpgradeHead | undefined => {
  requestLine.lastIndex = 0
  const target = requestLine.exec(octets)?.[1]
  if (target === undefined) return undefined
  const headers: Record<string, string> = {}
  const rawHeaders: Array<string> = []
  let size = field.lastIndex = requestLine.lastIndex
  for (let found = field.exec(octets); found !== null; found = field.exec(octets)) {
    const [, name, value] = found
    const key = name.toLowerCase()
    if (key in headers || rawHeaders.length === 2 * mostFields) return undefined
    headers[key] = value
    rawHeaders.push(name, value)
    size = field.lastIndex
  }
  if (!octets.startsWith("\r\n", size) || !isPlain(headers)) return undefined
  return { target, headers, rawHeaders, size: size + 2 }
}

const isPlain = (headers: Readonly<Record<string, string>>): boolean =>
  headers["upgrade"]?.toLowerCase() === "websocket" &&
  upgrade.test(headers["connection"] ?? "") && !special.some((name) => Object.hasOwn(headers, name))
