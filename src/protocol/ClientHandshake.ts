/**
 * The client's side of the opening handshake: what to request, and what the server's response must be
 * (RFC 6455 §4.1).
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Extension from "./Extension.ts"
import * as OpeningHandshake from "./OpeningHandshake.ts"
import * as Subprotocol from "./Subprotocol.ts"

/**
 * What a client asks for: `key` is the base64 of 16 octets chosen at random.
 *
 * @category models
 * @since 0.1.0
 */
export interface Request {
  readonly key: string
  readonly version: OpeningHandshake.Version
  readonly protocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension.Extension>
  readonly origin: string | undefined
}

/**
 * The headers that make a GET request a handshake, in order (RFC 6455 §4.1).
 *
 * @category writing
 * @since 0.1.0
 */
export const requestHeaders = (request: Request): ReadonlyArray<OpeningHandshake.Field> => {
  const { extensions, key, origin, protocols, version } = request
  const fields: Array<OpeningHandshake.Field> = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", key],
    ["Sec-WebSocket-Version", `${version}`]
  ]
  if (protocols.length > 0) fields.push(["Sec-WebSocket-Protocol", protocols.join(", ")])
  if (extensions.length > 0) fields.push(["Sec-WebSocket-Extensions", Extension.format(extensions)])
  if (origin !== undefined) fields.push([OpeningHandshake.originHeader[version], origin])
  return fields
}

/**
 * Every rule that a server's response can break.
 *
 * @category violations
 * @since 0.1.0
 */
export const violations = {
  StatusUnexpected: { section: "RFC 6455 §4.1", text: "the server must answer 101" },
  UpgradeInvalid: { section: "RFC 6455 §4.1", text: "Upgrade must be websocket" },
  ConnectionInvalid: { section: "RFC 6455 §4.1", text: "Connection must name Upgrade" },
  AcceptMismatch: {
    section: "RFC 6455 §4.1",
    text: "Sec-WebSocket-Accept must answer the Sec-WebSocket-Key that was sent"
  },
  ExtensionsMalformed: { section: "RFC 6455 §9.1", text: "Sec-WebSocket-Extensions must be a list of extensions" },
  ExtensionNotOffered: { section: "RFC 6455 §4.1", text: "the server must use only extensions that were offered" },
  ProtocolMalformed: { section: "RFC 6455 §4.3", text: "Sec-WebSocket-Protocol must be one token" },
  ProtocolNotRequested: { section: "RFC 6455 §4.1", text: "the server must choose a subprotocol that was requested" }
} as const satisfies Record<string, OpeningHandshake.Rule>

/**
 * A response that does not complete the handshake. `StatusUnexpected` is a server's regular way to say no, or to
 * redirect.
 *
 * @category violations
 * @since 0.1.0
 */
export type ResponseViolation =
  | { readonly _tag: "StatusUnexpected"; readonly status: number; readonly message: string }
  | { readonly _tag: Exclude<keyof typeof violations, "StatusUnexpected">; readonly message: string }

const violated = (
  _tag: Exclude<keyof typeof violations, "StatusUnexpected">,
  found?: string
): Result.Result<never, ResponseViolation> =>
  Result.fail({ _tag, message: OpeningHandshake.cite(_tag, violations[_tag], found) })

const statusUnexpected = (status: number): Result.Result<never, ResponseViolation> => {
  const message = OpeningHandshake.cite("StatusUnexpected", violations.StatusUnexpected, `it answered ${status}`)
  return Result.fail({ _tag: "StatusUnexpected", status, message })
}

/**
 * The parts of a response's head that a handshake looks at.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResponseHead {
  readonly status: number
  readonly headers: OpeningHandshake.Headers
}

/**
 * What the response is held against: `accept` is the base64 of the SHA-1 of `OpeningHandshake.acceptInput(key)`,
 * the rest is what was requested.
 *
 * @category models
 * @since 0.1.0
 */
export interface Expected {
  readonly accept: string
  readonly protocols: ReadonlyArray<string>
  readonly extensions: ReadonlyArray<Extension.Extension>
}

/**
 * What client and server have agreed on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Agreement {
  readonly protocol: string | undefined
  readonly extensions: ReadonlyArray<Extension.Extension>
}

/**
 * Reads a server's response, or says which rule it breaks first (RFC 6455 §4.1).
 *
 * **Details**
 *
 * A server may choose none of the requested subprotocols: `protocol` is `undefined` then. Extensions are compared with
 * the offer by name; whether their parameters fit is for each extension to say.
 *
 * @category reading
 * @since 0.1.0
 */
export const readResponse = (
  { headers, status }: ResponseHead,
  expected: Expected
): Result.Result<Agreement, ResponseViolation> => {
  if (status !== 101) return statusUnexpected(status)
  if (headers.upgrade?.trim().toLowerCase() !== "websocket") return violated("UpgradeInvalid")
  if (!OpeningHandshake.asksForUpgrade(headers.connection)) return violated("ConnectionInvalid")
  if (headers["sec-websocket-accept"]?.trim() !== expected.accept) return violated("AcceptMismatch")

  const extensions = Extension.parse(headers["sec-websocket-extensions"])
  if (Result.isFailure(extensions)) return violated("ExtensionsMalformed", extensions.failure)
  const offered = new Set(expected.extensions.map(({ name }) => name))
  const stranger = extensions.success.find(({ name }) => !offered.has(name))
  if (stranger !== undefined) return violated("ExtensionNotOffered", stranger.name)

  const protocol = headers["sec-websocket-protocol"]
  if (protocol === undefined) return Result.succeed({ protocol, extensions: extensions.success })
  if (!Subprotocol.isValid(protocol)) return violated("ProtocolMalformed")
  if (!expected.protocols.includes(protocol)) return violated("ProtocolNotRequested", protocol)
  return Result.succeed({ protocol, extensions: extensions.success })
}
