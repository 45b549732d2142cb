/**
 * The server's side of the opening handshake: reading a client's request, and accepting or refusing it
 * (RFC 6455 §4.2, §4.4).
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Extension from "./Extension.ts"
import * as OpeningHandshake from "./OpeningHandshake.ts"
import * as Subprotocol from "./Subprotocol.ts"

interface RefusalRule extends OpeningHandshake.Rule {
  readonly status: number
  readonly headers?: ReadonlyArray<OpeningHandshake.Field>
}

/**
 * Every reason to refuse a request: the status to answer with, and the rule that the request breaks.
 *
 * @category refusals
 * @since 0.1.0
 */
export const refusals = {
  MethodNotGet: {
    status: 405,
    section: "RFC 6455 §4.2.1",
    text: "the method must be GET",
    headers: [["Allow", "GET"]]
  },
  HttpVersionTooLow: { status: 400, section: "RFC 6455 §4.2.1", text: "the HTTP version must be 1.1 or higher" },
  BodyUnexpected: {
    status: 400,
    section: "RFC 9110 §9.3.1",
    text: "there must be no body, whose end others may see elsewhere"
  },
  HostMissing: { status: 400, section: "RFC 6455 §4.2.1", text: "Host must be given" },
  HostRepeated: { status: 400, section: "RFC 9112 §3.2", text: "Host must be given once" },
  UpgradeInvalid: { status: 400, section: "RFC 6455 §4.2.1", text: "Upgrade must name websocket" },
  ConnectionInvalid: { status: 400, section: "RFC 6455 §4.2.1", text: "Connection must name Upgrade" },
  KeyInvalid: { status: 400, section: "RFC 6455 §4.2.1", text: "Sec-WebSocket-Key must be the base64 of 16 octets" },
  VersionUnsupported: {
    status: 426,
    section: "RFC 6455 §4.4",
    text: "Sec-WebSocket-Version must be one that this server speaks",
    headers: [["Sec-WebSocket-Version", OpeningHandshake.versions.join(", ")]]
  },
  ProtocolsMalformed: {
    status: 400,
    section: "RFC 6455 §4.3",
    text: "Sec-WebSocket-Protocol must be a list of unique tokens"
  },
  ExtensionsMalformed: {
    status: 400,
    section: "RFC 6455 §9.1",
    text: "Sec-WebSocket-Extensions must be a list of extensions"
  }
} as const satisfies Record<string, RefusalRule>

/**
 * An answer to a request that is not a handshake: what to respond, and why.
 *
 * @category refusals
 * @since 0.1.0
 */
export interface Refusal {
  readonly _tag: keyof typeof refusals
  readonly status: number
  readonly headers: ReadonlyArray<OpeningHandshake.Field>
  readonly message: string
}

const refuse = (_tag: keyof typeof refusals, found?: string): Result.Result<never, Refusal> => {
  const rule: RefusalRule = refusals[_tag]
  const { headers = [], status } = rule
  return Result.fail({ _tag, status, headers, message: OpeningHandshake.cite(_tag, rule, found) })
}

/**
 * The parts of a request's head that a handshake looks at.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestHead {
  readonly method: string
  readonly httpVersion: string
  readonly headers: OpeningHandshake.Headers
}

/**
 * What a client asks for in a valid request.
 *
 * @category models
 * @since 0.1.0
 */
export interface Offer {
  readonly key: string
  readonly version: OpeningHandshake.Version
  readonly protocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension.Extension>
  readonly origin: string | undefined
}

/** What follows would be frames to us, and a body, or another request, to whoever stands between. */
const announcesBody = (headers: OpeningHandshake.Headers): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0"

const namesWebSocket = (upgrade: string | undefined): boolean =>
  upgrade !== undefined && /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i.test(upgrade)

const isKey = (key: string | undefined): key is string => key !== undefined && /^[+/0-9A-Za-z]{22}==$/.test(key)

/**
 * Reads a client's request, or refuses it by the first rule that it breaks (RFC 6455 §4.2.1).
 *
 * **Details**
 *
 * A `Sec-WebSocket-Key` or `Sec-WebSocket-Version` that is given more than once is refused, since it arrives joined
 * (RFC 6455 §11.3.1, §11.3.5).
 *
 * @category reading
 * @since 0.1.0
 */
export const readRequest = ({ headers, httpVersion, method }: RequestHead): Result.Result<Offer, Refusal> => {
  if (method !== "GET") return refuse("MethodNotGet")
  if (!/^(?:1\.[1-9]|[2-9]\.\d)$/.test(httpVersion)) return refuse("HttpVersionTooLow")
  if (announcesBody(headers)) return refuse("BodyUnexpected")
  if (!headers.host) return refuse("HostMissing")
  if (headers.host.includes(",")) return refuse("HostRepeated")
  if (!namesWebSocket(headers.upgrade)) return refuse("UpgradeInvalid")
  if (!OpeningHandshake.asksForUpgrade(headers.connection)) return refuse("ConnectionInvalid")

  const key = headers["sec-websocket-key"]
  if (!isKey(key)) return refuse("KeyInvalid")
  const version = OpeningHandshake.versions.find((known) => headers["sec-websocket-version"] === `${known}`)
  if (version === undefined) return refuse("VersionUnsupported")
  const protocols = Subprotocol.parse(headers["sec-websocket-protocol"])
  if (Result.isFailure(protocols)) return refuse("ProtocolsMalformed", protocols.failure)
  const extensions = Extension.parse(headers["sec-websocket-extensions"])
  if (Result.isFailure(extensions)) return refuse("ExtensionsMalformed", extensions.failure)

  const origin = headers[OpeningHandshake.originHeader[version].toLowerCase()]
  return Result.succeed({ key, version, protocols: protocols.success, extensions: extensions.success, origin })
}

/**
 * What a server answers to an offer: `accept` is the base64 of the SHA-1 of `OpeningHandshake.acceptInput(offer.key)`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Acceptance {
  readonly accept: string
  readonly protocol: string | undefined
  readonly extensions: ReadonlyArray<Extension.Extension>
}

/** How every such response starts. */
const statusLine = "HTTP/1.1 101 Switching Protocols"
const upgradeHeaders: ReadonlyArray<OpeningHandshake.Field> = [["Upgrade", "websocket"], ["Connection", "Upgrade"]]
const responseStart = [statusLine, ...upgradeHeaders.map(([name, value]) => `${name}: ${value}`)].join("\r\n")

/** What differs from one response to the next. */
const ownHeaders = ({ accept, extensions, protocol }: Acceptance): Array<OpeningHandshake.Field> => {
  const fields: Array<OpeningHandshake.Field> = [["Sec-WebSocket-Accept", accept]]
  if (protocol !== undefined) fields.push(["Sec-WebSocket-Protocol", protocol])
  if (extensions.length > 0) fields.push(["Sec-WebSocket-Extensions", Extension.format(extensions)])
  return fields
}

/**
 * The headers of the response that accepts an offer, in order (RFC 6455 §4.2.2).
 *
 * @category writing
 * @since 0.1.0
 */
export const responseHeaders = (acceptance: Acceptance): ReadonlyArray<OpeningHandshake.Field> => [
  ...upgradeHeaders,
  ...ownHeaders(acceptance)
]

/**
 * Writes the head of the response that accepts an offer, up to the first octet of the WebSocket connection, with
 * further headers after its own (RFC 6455 §4.2.2).
 *
 * **Gotchas**
 *
 * The text holds characters up to U+00FF: send it as latin1.
 *
 * @category writing
 * @since 0.1.0
 */
export const formatResponse = (
  acceptance: Acceptance,
  further: ReadonlyArray<OpeningHandshake.Field> = []
): Result.Result<string, OpeningHandshake.FieldInvalid> =>
  OpeningHandshake.formatHead(responseStart, [...ownHeaders(acceptance), ...further])

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable"
}

const refusalDefaults: ReadonlyArray<OpeningHandshake.Field> = [
  ["Connection", "close"],
  ["Content-Type", "text/plain; charset=utf-8"]
]

const framingHeaders: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"])

/**
 * A response to a request that is refused, with a body to be read by people.
 *
 * @category models
 * @since 0.1.0
 */
export interface RefusalResponse {
  readonly status: number
  readonly headers: ReadonlyArray<OpeningHandshake.Field>
  readonly body: string
}

/**
 * A refusal whose status says nothing, or not the last word.
 *
 * @category models
 * @since 0.1.0
 */
export interface StatusInvalid {
  readonly _tag: "StatusInvalid"
  readonly message: string
}

const statusInvalid = (status: number): Result.Result<never, StatusInvalid> => {
  const rule = { section: "RFC 9110 §15", text: "the status of a refusal must be from 200 to 599" }
  return Result.fail({ _tag: "StatusInvalid", message: OpeningHandshake.cite("StatusInvalid", rule, `${status}`) })
}

/**
 * Writes a whole response that refuses a request, its body included.
 *
 * **Details**
 *
 * `Connection: close` and `Content-Type: text/plain; charset=utf-8` are there unless the given headers have their own.
 * `Content-Length` is always the body's, and a `Transfer-Encoding` is left out.
 *
 * **Gotchas**
 *
 * Send the text as UTF-8: `Content-Length` counts the body's octets in it.
 *
 * @category writing
 * @since 0.1.0
 */
export const formatRefusal = (
  { body, headers, status }: RefusalResponse
): Result.Result<string, OpeningHandshake.FieldInvalid | StatusInvalid> => {
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) return statusInvalid(status)
  const given = headers.filter(([name]) => !framingHeaders.has(name.toLowerCase()))
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const fields = [
    ...refusalDefaults.filter(([name]) => !names.has(name.toLowerCase())),
    ["Content-Length", `${new TextEncoder().encode(body).length}`] as const,
    ...given
  ]
  const statusLine = `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ""}`
  return Result.map(OpeningHandshake.formatHead(statusLine, fields), (head) => head + body)
}
