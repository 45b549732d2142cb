/**
 * What happens to one request for an upgrade: it is refused, or becomes a connection with a handler.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import * as Connection from "../Connection.ts"
import type { Extension } from "../protocol/Extension.ts"
import type { Field } from "../protocol/OpeningHandshake.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import type { Offer } from "../protocol/ServerHandshake.ts"
import * as Subprotocol from "../protocol/Subprotocol.ts"
import * as NodeTransport from "../transport/NodeTransport.ts"
import * as NodeUpgrade from "../transport/NodeUpgrade.ts"
import type { UpgradeRequest } from "../UpgradeRequest.ts"
import { WebSocketError } from "../WebSocketError.ts"
import { Refusal, type Route, type ServerConnection } from "../WebSocketServer.ts"
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
  readonly head: Uint8Array
}

/**
 * Serves one request, from the handshake to the end of its connection. What goes wrong is logged; it ends as the handler
 * does.
 *
 * @category serving
 * @since 0.1.0
 */
export const serve = (
  upgrade: Upgrade,
  route: Route,
  timeout: Duration.Duration
): Effect.Effect<unknown, unknown> =>
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
const decide = ({ request, socket }: Upgrade, route: Route, timeout: Duration.Duration) =>
  Effect.suspend((): Effect.Effect<Decision, Refusal> => {
    const headers = NodeUpgrade.joinHeaders(request.headers)
    const offer = NodeUpgrade.readOffer(request, headers)
    if (Result.isFailure(offer)) {
      const { headers, message, status } = offer.failure
      return new Refusal({ status, headers: Object.fromEntries(headers), body: message })
    }
    const asked = new NodeUpgradeRequest(request, headers, offer.success)
    if (!mayConnect(route, asked)) return new Refusal({ status: 403, body: "this origin may not connect" })
    return Effect.map(answerOf(route.accept(asked), socket, timeout), (accepted) => ({
      request: asked,
      key: offer.success.key,
      protocol: Subprotocol.choose(asked.protocols, route.protocols ?? []),
      deflate: chooseDeflate(offer.success, route),
      accepted,
      headers: Object.entries(route.headers?.(asked) ?? {})
    }))
  })

/** An offer that is malformed is declined, as any other that does not suit (RFC 7692 §7.1). */
const chooseDeflate = ({ extensions }: Offer, { options: { compression } }: Route) =>
  compression === undefined
    ? undefined
    : Result.getOrUndefined(PerMessageDeflate.accept(extensions, compression.negotiation))

const mayConnect = ({ origins }: Route, request: UpgradeRequest): boolean => {
  if (origins === undefined || request.origin === undefined) return true
  if (origins === "same") return URL.parse(request.origin)?.host === request.headers["host"]
  return typeof origins === "function" ? origins(request.origin, request) : origins.includes(request.origin)
}

/**
 * What `accept` says. Most know it at once, and need no race with the time, which costs 20 µs of a handshake's 130.
 */
const answerOf = (accept: Effect.Effect<unknown, Refusal>, socket: Duplex, timeout: Duration.Duration) =>
  Exit.isExit(accept) ? accept : Effect.withFiber(({ context }) => {
    const asking = Effect.runForkWith(context)(accept)
    return asking.pollUnsafe() ?? Effect.ensuring(inTime(Fiber.join(asking), socket, timeout), Fiber.interrupt(asking))
  })

/** The answer is no if it does not come in time, or if the client's connection breaks meanwhile. */
const inTime = (answer: Effect.Effect<unknown, Refusal>, socket: Duplex, timeout: Duration.Duration) =>
  Effect.timeoutOrElse(Effect.raceFirst(answer, broken(socket)), {
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

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Answers 101, and has the handler run. */
const connect = (
  { head, socket }: Upgrade,
  route: Route,
  { accepted, deflate, headers, key, protocol, request }: Decision,
  restore: Restore
): Effect.Effect<unknown, unknown> => {
  const extensions = deflate === undefined ? none : [deflate.response]
  const acceptance = { accept: NodeUpgrade.acceptValue(key), protocol, extensions }
  const answered = NodeUpgrade.accept(socket, acceptance, headers)
  if (Result.isFailure(answered)) {
    NodeUpgrade.refuse(socket, { status: 500, headers: [], body: "" })
    return Effect.logError("a header of a WebSocket's answer is invalid", answered.failure.message)
  }
  const transport = NodeTransport.fromDuplex(socket, head)
  NodeUpgrade.unguard(socket)
  const agreement = { role: "server", protocol, extensions, compression: deflate?.params, request } as const
  return handle(Connection.make(transport, agreement, route.options), route, accepted, restore)
}

const none: ReadonlyArray<Extension> = []

/** Runs the handler in the connection's scope. It is a function of its own: what it closes over lives as long. */
const handle = (
  making: Effect.Effect<Connection.Connection, never, Scope.Scope>,
  { run }: Route,
  accepted: unknown,
  restore: Restore
): Effect.Effect<unknown, unknown> => {
  const running = Effect.flatMap(making, (connection) =>
    Effect.onExit(
      Effect.suspend(() => restore(run(connection as ServerConnection, accepted))),
      (exit) => Exit.isFailure(exit) ? report(connection, exit.cause) : Effect.void
    ))
  return Effect.scoped(running)
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
