/**
 * The server's side of the opening handshake, wherever the request comes from: to decide on it, and to answer 101.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import * as Connection from "../Connection.ts"
import * as Opening from "../connection/Opening.ts"
import type { Extension } from "../protocol/Extension.ts"
import type { Field, FieldInvalid } from "../protocol/OpeningHandshake.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import type { Offer } from "../protocol/ServerHandshake.ts"
import * as Subprotocol from "../protocol/Subprotocol.ts"
import * as NodeTransport from "../transport/NodeTransport.ts"
import * as NodeUpgrade from "../transport/NodeUpgrade.ts"
import type { UpgradeRequest } from "../UpgradeRequest.ts"
import { Refusal, type Terms } from "../WebSocketServer.ts"
import type * as Handling from "./Handling.ts"
import { NodeUpgradeRequest } from "./NodeUpgradeRequest.ts"

/**
 * A request as Node's HTTP server hands it over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What was read after the request. */
  readonly head: Uint8Array | undefined
}

/**
 * A request that is accepted, and on what terms.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decision<A> {
  readonly request: UpgradeRequest
  readonly key: string
  readonly protocol: string | undefined
  readonly deflate: PerMessageDeflate.Acceptance | undefined
  readonly accepted: A
  /** Further headers of the answer. */
  readonly headers: ReadonlyArray<Field>
}

/**
 * Whether to accept, and on what terms. What breaks a rule is refused before `accept` is asked.
 *
 * @category handshake
 * @since 0.1.0
 */
export const decide = <A, E, R>(
  request: IncomingMessage,
  terms: Terms,
  accept: (request: UpgradeRequest) => Effect.Effect<A, E, R>
): Effect.Effect<Decision<A>, Refusal | E, R> =>
  Effect.suspend((): Effect.Effect<Decision<A>, Refusal | E, R> => {
    const headers = NodeUpgrade.joinHeaders(request.headers)
    const offer = NodeUpgrade.readOffer(request, headers)
    if (Result.isFailure(offer)) {
      const { headers, message, status } = offer.failure
      return new Refusal({ status, headers: Object.fromEntries(headers), body: message })
    }
    const asked = new NodeUpgradeRequest(request, headers, offer.success)
    if (!mayConnect(terms, asked)) return new Refusal({ status: 403, body: "this origin may not connect" })
    return Effect.map(accept(asked), (accepted) => ({
      request: asked,
      key: offer.success.key,
      protocol: Subprotocol.choose(asked.protocols, terms.protocols ?? []),
      deflate: chooseDeflate(offer.success, terms),
      accepted,
      headers: Object.entries(terms.headers?.(asked) ?? {})
    }))
  })

/** An offer that is malformed is declined, as any other that does not suit (RFC 7692 §7.1). */
const chooseDeflate = ({ extensions }: Offer, { options: { compression } }: Terms) =>
  compression === undefined
    ? undefined
    : Result.getOrUndefined(PerMessageDeflate.accept(extensions, compression.negotiation))

const mayConnect = ({ origins }: Terms, request: UpgradeRequest): boolean => {
  if (origins === undefined || request.origin === undefined) return true
  if (origins === "same") return URL.parse(request.origin)?.host === request.headers["host"]
  return typeof origins === "function" ? origins(request.origin, request) : origins.includes(request.origin)
}

/**
 * Answers 101, and gives the connection, to be made at once. Where a header of the answer is invalid, nothing is answered.
 *
 * @category handshake
 * @since 0.1.0
 */
export const open = (
  { head, socket }: Pick<Upgrade, "head" | "socket">,
  { options }: Terms,
  { deflate, headers, key, protocol, request }: Decision<unknown>
): Result.Result<Handling.Making, FieldInvalid> => {
  const extensions = deflate === undefined ? none : [deflate.response]
  const acceptance = { accept: NodeUpgrade.acceptValue(key), protocol, extensions }
  return Result.map(NodeUpgrade.accept(socket, acceptance, headers), () => {
    const transport = NodeTransport.fromDuplex(socket, head)
    const agreement = { role: "server", protocol, extensions, compression: deflate?.params, request } as const
    return (context) => Connection.fromDriverUnsafe(Opening.open(transport, agreement, options, context), agreement)
  })
}

const none: ReadonlyArray<Extension> = []
