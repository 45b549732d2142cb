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
const requestLine = /GET \/[\w\-.~!$&'()*+,;=:@%/?]* HTTP\/1\.1\r\n/

/** RFC 9110 §5.1, §5.5: a value of visible ASCII, with spaces or tabs in it. */
const field = /[\w!#$%&'*+\-.^`|~]+: ?[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?\r\n/

const plain = new RegExp(`${requestLine.source}(?:${field.source})*\r\n`, "y")

/** Fields are given by parsers up to some number, each to its own. */
const mostFields = 100

const upgradeOption = /^(?:keep-alive, ?)?upgrade$/i

/** They say that a body or something else comes first, or that parsers give as something else than a string. */
const special = new Set(["content-length", "transfer-encoding", "expect", "set-cookie"])

/** What clients send, which need not be put into lower case each time. */
const usual = [
  "Host",
  "Connection",
  "Upgrade",
  "Origin",
  "User-Agent",
  "Pragma",
  "Cache-Control",
  "Accept-Encoding",
  "Accept-Language",
  "Authorization",
  "Cookie",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Version",
  "Sec-WebSocket-Protocol",
  "Sec-WebSocket-Extensions"
]

const lowerCases = new Map(
  usual.flatMap((name) => [[name, name.toLowerCase()], [name.toLowerCase(), name.toLowerCase()]])
)

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
  plain.lastIndex = 0
  if (!plain.test(octets)) return undefined
  const size = plain.lastIndex
  const targetEnd = octets.indexOf(" ", 4)
  const headers: Record<string, string> = {}
  const rawHeaders: Array<string> = []
  for (let start = octets.indexOf("\n", targetEnd) + 1; start < size - 2;) {
    const colon = octets.indexOf(":", start)
    const end = octets.indexOf("\r", colon)
    const name = octets.slice(start, colon)
    const value = octets.slice(octets[colon + 1] === " " ? colon + 2 : colon + 1, end)
    const key = lowerCases.get(name) ?? name.toLowerCase()
    if (key in headers || special.has(key) || rawHeaders.length === 2 * mostFields) return undefined
    headers[key] = value
    rawHeaders.push(name, value)
    start = end + 2
  }
  if (!asksForWebSocket(headers)) return undefined
  return { target: octets.slice(4, targetEnd), headers, rawHeaders, size }
}

const asksForWebSocket = ({ connection, upgrade }: Readonly<Record<string, string>>): boolean =>
  upgrade?.toLowerCase() === "websocket" && upgradeOption.test(connection ?? "")
