/**
 * What happens to one request for an upgrade: it is refused, or becomes a connection with a handler.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Cookies from "effect/http/Cookies"
import * as Result from "effect/Result"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import * as Connection from "../Connection.ts"
import type { Field } from "../protocol/OpeningHandshake.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import type { Offer } from "../protocol/ServerHandshake.ts"
import * as Subprotocol from "../protocol/Subprotocol.ts"
import * as NodeTransport from "../transport/NodeTransport.ts"
import * as NodeUpgrade from "../transport/NodeUpgrade.ts"
import type { UpgradeRequest } from "../UpgradeRequest.ts"
import { WebSocketError } from "../WebSocketError.ts"
import { Refusal, type Route, type ServerConnection } from "../WebSocketServer.ts"

/**
 * A request as Node's HTTP server hands it over.
 *
 * @category models
 * @since 0.1.0
 */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Uint8Array
}

/**
 * Serves one request, from the handshake to the end of its connection. Never fails: what goes wrong is logged.
 *
 * @category serving
 * @since 0.1.0
 */
export const serve = (upgrade: Upgrade, route: Route, timeout: Duration.Duration): Effect.Effect<void> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.matchCauseEffect(restore(decide(upgrade, route, timeout)), {
      onFailure: (cause) => refuse(upgrade.socket, cause),
      onSuccess: (decision) => connect(upgrade, route, decision, restore)
    })
  )

interface Decision {
  readonly request: UpgradeRequest
  readonly key: string
  readonly protocol: string | undefined
  readonly deflate: PerMessageDeflate.Acceptance | undefined
  readonly accepted: unknown
  /** Further headers of the answer. */
  readonly headers: ReadonlyArray<Field>
}

/** Whether to accept, and on what terms. */
const decide = Effect.fnUntraced(function*({ request, socket }: Upgrade, route: Route, timeout: Duration.Duration) {
  const headers = NodeUpgrade.joinHeaders(request.headers)
  const offer = NodeUpgrade.readOffer(request, headers)
  if (Result.isFailure(offer)) {
    const { headers, message, status } = offer.failure
    return yield* new Refusal({ status, headers: Object.fromEntries(headers), body: message })
  }
  const asked = toUpgradeRequest(request, headers, offer.success)
  if (!mayConnect(route, asked)) return yield* new Refusal({ status: 403, body: "this origin may not connect" })
  const accepted = yield* acceptInTime(route.accept(asked), socket, timeout)
  const protocol = Subprotocol.choose(asked.protocols, route.protocols ?? [])
  const deflate = chooseDeflate(offer.success, route)
  const further = Object.entries(route.headers?.(asked) ?? {})
  return { request: asked, key: offer.success.key, protocol, deflate, accepted, headers: further }
})

/** An offer that is malformed is declined, as any other that does not suit (RFC 7692 §7.1). */
const chooseDeflate = ({ extensions }: Offer, { options: { compression } }: Route) =>
  compression === undefined
    ? undefined
    : Result.getOrUndefined(PerMessageDeflate.accept(extensions, compression.negotiation))

const toUpgradeRequest = (
  { socket, url = "/" }: IncomingMessage,
  headers: Record<string, string>,
  { origin, protocols }: Offer
): UpgradeRequest => {
  const query = url.indexOf("?")
  return {
    target: url,
    path: pathOf(url),
    searchParams: new URLSearchParams(query < 0 ? "" : url.slice(query)),
    headers,
    cookies: Cookies.parseHeader(headers["cookie"] ?? ""),
    remoteAddress: socket.remoteAddress,
    protocols,
    origin
  }
}

/**
 * The path of a request target, without its query. A target may be a whole URL (RFC 9112 §3.2.2).
 *
 * @category getters
 * @since 0.1.0
 */
export const pathOf = (target: string): string => {
  const path = target.startsWith("/") ? target : URL.parse(target)?.pathname ?? target
  const query = path.indexOf("?")
  return query < 0 ? path : path.slice(0, query)
}

const mayConnect = ({ origins }: Route, request: UpgradeRequest): boolean => {
  if (origins === undefined || request.origin === undefined) return true
  if (origins === "same") return URL.parse(request.origin)?.host === request.headers["host"]
  return typeof origins === "function" ? origins(request.origin, request) : origins.includes(request.origin)
}

/** The answer is no if it does not come in time, or if the client's connection breaks meanwhile. */
const acceptInTime = (accept: Effect.Effect<unknown, Refusal>, socket: Duplex, timeout: Duration.Duration) =>
  Effect.timeoutOrElse(Effect.raceFirst(accept, broken(socket)), {
    duration: timeout,
    orElse: () => Effect.fail(new Refusal({ status: 503, body: "the handshake took too long" }))
  })

const broken = (socket: Duplex): Effect.Effect<never> =>
  Effect.callback((resume) => {
    const stop = () => resume(Effect.interrupt)
    socket.once("end", stop).once("close", stop)
    return Effect.sync(() => socket.off("end", stop).off("close", stop))
  })

const refuse = (socket: Duplex, cause: Cause.Cause<Refusal>): Effect.Effect<void> => {
  const refusal = Cause.findError(cause)
  const { body = "", headers = {}, status } = Result.isSuccess(refusal)
    ? refusal.success
    : { status: Cause.hasInterruptsOnly(cause) ? 503 : 500 }
  NodeUpgrade.refuse(socket, { status, headers: Object.entries(headers), body })
  return Cause.hasDies(cause) ? Effect.logError("accepting a WebSocket died", cause) : Effect.void
}

/** Answers 101, and runs the handler in the connection's scope. */
const connect = (
  { head, socket }: Upgrade,
  route: Route,
  { accepted, deflate, headers, key, protocol, request }: Decision,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
): Effect.Effect<void> => {
  const extensions = deflate === undefined ? [] : [deflate.response]
  const acceptance = { accept: NodeUpgrade.acceptValue(key), protocol, extensions }
  const answered = NodeUpgrade.accept(socket, acceptance, headers)
  if (Result.isFailure(answered)) {
    NodeUpgrade.refuse(socket, { status: 500, headers: [], body: "" })
    return Effect.logError("a header of a WebSocket's answer is invalid", answered.failure.message)
  }
  const transport = NodeTransport.fromDuplex(socket, head)
  const agreement = { role: "server", protocol, extensions, compression: deflate?.params, request } as const
  return Connection.make(transport, agreement, route.options).pipe(
    Effect.flatMap((connection) =>
      Effect.onError(
        Effect.suspend(() => restore(route.run(connection as ServerConnection, accepted))),
        (cause) => report(connection, cause)
      )
    ),
    Effect.scoped,
    Effect.exit,
    Effect.asVoid
  )
}

/** A connection that ended, or is silent, is nothing new; everything else is for the log. */
const report = (connection: Connection.Connection, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  return cause.reasons.some((reason) => isNews(reason, connection.state === "Closed"))
    ? Effect.logError("a WebSocket's handler failed", cause)
    : Effect.logDebug("a WebSocket ended", cause)
}

/** While the handler's own connection is open, a broken one is another one. */
const isNews = (reason: Cause.Reason<unknown>, closed: boolean): boolean => {
  if (reason._tag !== "Fail") return reason._tag === "Die"
  if (!(reason.error instanceof WebSocketError)) return true
  const { _tag } = reason.error.reason
  return _tag === "UsageError" || !(closed || _tag === "CloseError" || _tag === "TimeoutError")
}
