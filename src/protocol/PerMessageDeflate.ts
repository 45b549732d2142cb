/**
 * The negotiation of permessage-deflate: what a client offers, what a server accepts, and what both then have agreed on
 * (RFC 7692 §7.1). Compressing is left to the transport: this layer has no zlib.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type * as Extension from "./Extension.ts"
import type { Role } from "./Protocol.ts"

/**
 * The extension's name (RFC 7692 §7).
 *
 * @category constants
 * @since 0.1.0
 */
export const name = "permessage-deflate"

/** Window bits that are not limited (RFC 7692 §7.1.2). */
const allBits = 15

/**
 * What one side wants of the negotiation. Both sides use the same record.
 *
 * **Details**
 *
 * - `serverNoContextTakeover`: a client asks for it, if true; a server insists on it, if true, and declines offers that
 *   ask for it, if false.
 * - `clientNoContextTakeover`: a client offers it, if true, and refuses it, if false; a server insists on it, if true.
 * - `serverMaxWindowBits`: a client asks for at most so many; a server uses so many, and declines offers of fewer, or of
 *   any, if false.
 * - `clientMaxWindowBits`: a client uses at most so many, and does not let itself be limited, if false; a server limits
 *   clients to so many, and declines offers that do not allow it.
 *
 * Window bits are 8 to 15. A client offers `client_max_window_bits` without a value by default, and if it is `true`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly serverNoContextTakeover?: boolean | undefined
  readonly clientNoContextTakeover?: boolean | undefined
  readonly serverMaxWindowBits?: number | boolean | undefined
  readonly clientMaxWindowBits?: number | boolean | undefined
}

/**
 * What client and server have agreed on.
 *
 * **Gotchas**
 *
 * zlib's raw deflate does not know a window of 8 bits, and Node takes 9 instead. That keeps to an agreement of 8: zlib
 * never refers further back than its window less 262 octets, and so at most 250 (`MAX_DIST` in zlib's `deflate.h`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Params {
  readonly serverNoContextTakeover: boolean
  readonly clientNoContextTakeover: boolean
  readonly serverMaxWindowBits: number
  readonly clientMaxWindowBits: number
}

/**
 * What was agreed on for the messages of one direction.
 *
 * @category models
 * @since 0.1.0
 */
export interface Direction {
  readonly noContextTakeover: boolean
  readonly windowBits: number
}

const opposite = { client: "server", server: "client" } as const satisfies Record<Role, Role>

/**
 * The parameters of the messages that a role sends.
 *
 * **Example** (Taking a server's directions apart)
 *
 * ```ts
 * import { PerMessageDeflate } from "effect-ws/protocol"
 *
 * const params = {
 *   serverNoContextTakeover: true,
 *   clientNoContextTakeover: false,
 *   serverMaxWindowBits: 15,
 *   clientMaxWindowBits: 10
 * }
 * PerMessageDeflate.outgoing(params, "server") // => { noContextTakeover: true, windowBits: 15 }
 * PerMessageDeflate.incoming(params, "server") // => { noContextTakeover: false, windowBits: 10 }
 * ```
 *
 * @category directions
 * @since 0.1.0
 */
export const outgoing = (params: Params, role: Role): Direction => ({
  noContextTakeover: params[`${role}NoContextTakeover`],
  windowBits: params[`${role}MaxWindowBits`]
})

/**
 * The parameters of the messages that a role receives.
 *
 * @category directions
 * @since 0.1.0
 */
export const incoming = (params: Params, role: Role): Direction => outgoing(params, opposite[role])

// ---- reading parameters ----

type Value = string | true
type Side = "offer" | "response"

const readFlag = (value: Value): number | undefined => value === true ? 0 : undefined

const readBits = (value: Value): number | undefined =>
  value !== true && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined

const readBitsOrNone = (value: Value): number | undefined => value === true ? allBits : readBits(value)

/** Every parameter, and how its value reads; `undefined` is a bad value. A flag's value does not matter. */
const registry = {
  server_no_context_takeover: { section: "§7.1.1.1", offer: readFlag, response: readFlag },
  client_no_context_takeover: { section: "§7.1.1.2", offer: readFlag, response: readFlag },
  server_max_window_bits: { section: "§7.1.2.1", offer: readBits, response: readBits },
  client_max_window_bits: { section: "§7.1.2.2", offer: readBitsOrNone, response: readBits }
} as const

type Name = keyof typeof registry
type Given = ReadonlyMap<Name, number>

const isName = (text: string): text is Name => Object.hasOwn(registry, text)

const cite = (problem: string, section: string): string => `${name}: ${problem} (RFC 7692 ${section})`

const read = ({ params }: Extension.Extension, side: Side): Result.Result<Given, string> => {
  const given = new Map<Name, number>()
  for (const [param, value] of params) {
    if (!isName(param)) return Result.fail(cite(`unknown parameter ${param}`, "§7.1"))
    const { section, [side]: readValue } = registry[param]
    if (given.has(param)) return Result.fail(cite(`duplicate parameter ${param}`, "§7.1"))
    const number = readValue(value)
    if (number === undefined) return Result.fail(cite(badValue(param, value), section))
    given.set(param, number)
  }
  return Result.succeed(given)
}

const badValue = (param: Name, value: Value): string =>
  value === true ? `${param} needs a value` : `${param} must not be ${value}`

const numberOf = (option: number | boolean | undefined): number | undefined =>
  typeof option === "number" ? option : undefined

// ---- the client ----

const flag = (param: Name, given: boolean): ReadonlyArray<Extension.Param> => given ? [[param, true]] : []

const bits = (param: Name, value: number | undefined): ReadonlyArray<Extension.Param> =>
  value === undefined ? [] : [[param, `${value}`]]

/**
 * What a client offers.
 *
 * **Example** (Offering what every server can accept)
 *
 * ```ts
 * import { Extension, PerMessageDeflate } from "effect-ws/protocol"
 *
 * Extension.format([PerMessageDeflate.offer({})]) // => "permessage-deflate; client_max_window_bits"
 * ```
 *
 * @category client
 * @since 0.1.0
 */
export const offer = (options: Options): Extension.Extension => {
  const { clientMaxWindowBits: ownBits = true } = options
  return {
    name,
    params: [
      ...flag("server_no_context_takeover", options.serverNoContextTakeover === true),
      ...flag("client_no_context_takeover", options.clientNoContextTakeover === true),
      ...bits("server_max_window_bits", numberOf(options.serverMaxWindowBits)),
      ...(ownBits === true ? flag("client_max_window_bits", true) : bits("client_max_window_bits", numberOf(ownBits)))
    ]
  }
}

/** What a response must not say, or must say, after an offer of these options. */
const objection = (given: Given, options: Options): string | undefined => {
  const { clientMaxWindowBits: ownBits = true, serverMaxWindowBits: asked } = options
  if (options.serverNoContextTakeover === true && !given.has("server_no_context_takeover")) {
    return cite("server_no_context_takeover was asked for", "§7.1.1.1")
  }
  if (options.clientNoContextTakeover === false && given.has("client_no_context_takeover")) {
    return cite("client_no_context_takeover is refused", "§7.1.1.2")
  }
  if (typeof asked === "number" && (given.get("server_max_window_bits") ?? allBits) > asked) {
    return cite(`server_max_window_bits was asked to be at most ${asked}`, "§7.1.2.1")
  }
  if (ownBits === false && given.has("client_max_window_bits")) {
    return cite("client_max_window_bits was not offered", "§7.1.2.2")
  }
  if (typeof ownBits === "number" && (given.get("client_max_window_bits") ?? 0) > ownBits) {
    return cite(`client_max_window_bits was offered to be at most ${ownBits}`, "§7.1.2.2")
  }
  return undefined
}

/**
 * Reads a server's response to `offer(options)`: what is agreed on, nothing if the server declined, or why the client
 * has to fail the connection (RFC 7692 §7.1).
 *
 * **Details**
 *
 * Other extensions are passed over. What the client offered for its own messages holds even if the response does not
 * repeat it (RFC 7692 §7.1.1.2, §7.1.2.2); what it asked of the server's must be there, as good or better.
 *
 * @category client
 * @since 0.1.0
 */
export const readResponse = (
  extensions: ReadonlyArray<Extension.Extension>,
  options: Options
): Result.Result<Params | undefined, string> => {
  const [response, another] = extensions.filter((extension) => extension.name === name)
  if (response === undefined) return Result.succeed(undefined)
  if (another !== undefined) return Result.fail(cite("accepted more than once", "§5"))
  return Result.flatMap(read(response, "response"), (given) => {
    const problem = objection(given, options)
    return problem === undefined ? Result.succeed(agreed(given, options)) : Result.fail(problem)
  })
}

const agreed = (given: Given, options: Options): Params => ({
  serverNoContextTakeover: given.has("server_no_context_takeover"),
  clientNoContextTakeover: given.has("client_no_context_takeover") || options.clientNoContextTakeover === true,
  serverMaxWindowBits: given.get("server_max_window_bits") ?? allBits,
  clientMaxWindowBits: given.get("client_max_window_bits") ?? numberOf(options.clientMaxWindowBits) ?? allBits
})

// ---- the server ----

/**
 * An accepted offer: what is agreed on, and the response that says so.
 *
 * @category models
 * @since 0.1.0
 */
export interface Acceptance {
  readonly params: Params
  readonly response: Extension.Extension
}

const isAcceptable = (offered: Given, options: Options): boolean => {
  const { clientMaxWindowBits: theirs, serverMaxWindowBits: ours } = options
  if (options.serverNoContextTakeover === false && offered.has("server_no_context_takeover")) return false
  if (ours === false && offered.has("server_max_window_bits")) return false
  if (typeof ours === "number" && ours > (offered.get("server_max_window_bits") ?? allBits)) return false
  return typeof theirs !== "number" || theirs <= (offered.get("client_max_window_bits") ?? 0)
}

const acceptance = (offered: Given, options: Options): Acceptance => {
  const serverBits = numberOf(options.serverMaxWindowBits) ?? offered.get("server_max_window_bits")
  const theirs = options.clientMaxWindowBits === false ? allBits : offered.get("client_max_window_bits") ?? allBits
  const params: Params = {
    serverNoContextTakeover: options.serverNoContextTakeover === true || offered.has("server_no_context_takeover"),
    clientNoContextTakeover: options.clientNoContextTakeover === true || offered.has("client_no_context_takeover"),
    serverMaxWindowBits: serverBits ?? allBits,
    clientMaxWindowBits: numberOf(options.clientMaxWindowBits) ?? theirs
  }
  const response = [
    ...flag("server_no_context_takeover", params.serverNoContextTakeover),
    ...flag("client_no_context_takeover", params.clientNoContextTakeover),
    ...bits("server_max_window_bits", serverBits),
    ...bits("client_max_window_bits", numberOf(options.clientMaxWindowBits) ?? (theirs < allBits ? theirs : undefined))
  ]
  return { params, response: { name, params: response.toSorted(([a], [b]) => rank(offered, a) - rank(offered, b)) } }
}

/** What was offered is answered in the order of the offer, and before what was not. */
const rank = (offered: Given, param: string): number => {
  const at = [...offered.keys()].indexOf(param as Name)
  return at < 0 ? offered.size : at
}

/**
 * Accepts the first of a client's offers that suits the server, or none.
 *
 * **Details**
 *
 * Offers that come later are fallbacks (RFC 7692 §5). An offer with an unknown, repeated or malformed parameter is
 * declined, as the RFC wants it; if no other one suits, it is the failure, so that the request can be refused for it.
 * Other extensions are passed over.
 *
 * **Example** (Accepting a fallback)
 *
 * ```ts
 * import { Result } from "effect"
 * import { Extension, PerMessageDeflate } from "effect-ws/protocol"
 *
 * const header = "permessage-deflate; server_max_window_bits=10, permessage-deflate"
 * const offers = Result.getOrThrow(Extension.parse(header))
 * const accepted = Result.getOrThrow(PerMessageDeflate.accept(offers, { serverMaxWindowBits: 12 }))
 *
 * Extension.format(accepted === undefined ? [] : [accepted.response]) // => "permessage-deflate; server_max_window_bits=12"
 * accepted?.params.serverMaxWindowBits // => 12
 * ```
 *
 * @category server
 * @since 0.1.0
 */
export const accept = (
  offers: ReadonlyArray<Extension.Extension>,
  options: Options
): Result.Result<Acceptance | undefined, string> => {
  let problem: string | undefined = undefined
  for (const offer of offers) {
    if (offer.name !== name) continue
    const offered = read(offer, "offer")
    if (Result.isFailure(offered)) problem ??= offered.failure
    else if (isAcceptable(offered.success, options)) return Result.succeed(acceptance(offered.success, options))
  }
  return problem === undefined ? Result.succeed(undefined) : Result.fail(problem)
}

/**
 * What is malformed in any of the offers, for a server that refuses such a request whatever else it offers, as `ws`
 * does.
 *
 * @category server
 * @since 0.1.0
 */
export const malformed = (offers: ReadonlyArray<Extension.Extension>): string | undefined => {
  for (const offer of offers) {
    if (offer.name !== name) continue
    const offered = read(offer, "offer")
    if (Result.isFailure(offered)) return offered.failure
  }
  return undefined
}
