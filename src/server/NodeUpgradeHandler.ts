/**
 * What happens to one request for an upgrade: it is refused, or becomes a connection with a handler.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Duplex } from "node:stream"
import type { Connection } from "../Connection.ts"
import { tallies } from "../connection/Tally.ts"
import * as Tracing from "../connection/Tracing.ts"
import type { RefusalResponse } from "../protocol/ServerHandshake.ts"
import * as NodeUpgrade from "../transport/NodeUpgrade.ts"
import type { Refusal, Route } from "../WebSocketServer.ts"
import { Asking } from "./Asking.ts"
import * as Handling from "./Handling.ts"
import * as HandshakeSpan from "./HandshakeSpan.ts"
import * as NodeHandshake from "./NodeHandshake.ts"

/**
 * Serves one request, from the handshake to the end of its connection. What goes wrong is logged; it ends as the handler
 * does. To be forked as `Handling` does it.
 *
 * @category serving
 * @since 0.1.0
 */
export const serve = (
  upgrade: NodeHandshake.Upgrade,
  route: Route,
  timeout: Duration.Duration,
  scope: Scope.Closeable
): Effect.Effect<unknown, unknown, Scope.Scope> => {
  const start = performance.now()
  const asking = new Asking(upgrade.socket, timeout)
  return HandshakeSpan.begin(
    upgrade.request,
    route,
    (span) =>
      Effect.matchCauseEffect(Tracing.within(span, Effect.interruptible(decide(upgrade, route, asking))), {
        onFailure: (cause) => asking.until(refuse(upgrade.socket, span, cause), Exit.failCause(cause)),
        onSuccess: (decision) => asking.until(connect({ upgrade, route, span, start, scope }, decision))
      })
  )
}

/** A handshake under way; `start` is when it began. */
interface Handshake {
  readonly upgrade: NodeHandshake.Upgrade
  readonly route: Route
  readonly span: Tracing.Begun | undefined
  readonly start: number
  readonly scope: Scope.Closeable
}

const decide = ({ request }: NodeHandshake.Upgrade, route: Route, asking: Asking) =>
  NodeHandshake.decide(request, route, (asked) => asking.answerOf(route.accept(asked)))

const refuse = (
  socket: Duplex,
  span: Tracing.Begun | undefined,
  cause: Cause.Cause<Refusal>
): Effect.Effect<void> => {
  const refusal = Cause.findError(cause)
  const { body = "", headers = {}, status } = Result.isSuccess(refusal)
    ? refusal.success
    : { status: Cause.hasInterruptsOnly(cause) ? 503 : 500 }
  const problem = turnAway(socket, { status, headers: Object.entries(headers), body })
  HandshakeSpan.end(span, problem === undefined ? status : 500, cause)
  if (problem !== undefined) return Effect.logError("the refusal of a WebSocket is invalid", problem)
  return Cause.hasDies(cause) ? Effect.logError("accepting a WebSocket died", cause) : Effect.void
}

/**
 * Refuses a request, and counts that; gives what is wrong with the refusal, which is then answered 500.
 *
 * @category serving
 * @since 0.1.0
 */
export const turnAway = (socket: Duplex, refusal: RefusalResponse): string | undefined => {
  const problem = NodeUpgrade.refuse(socket, refusal)
  tallies.server.fail(problem === undefined ? refusal.status : 500)
  return problem
}

/** Answers 101, and has the handler run. */
const connect = (
  { route, scope, span, start, upgrade }: Handshake,
  decision: NodeHandshake.Decision<unknown>
): Effect.Effect<unknown, unknown, Scope.Scope> => {
  const opened = NodeHandshake.open(upgrade, route, decision)
  if (Result.isFailure(opened)) {
    turnAway(upgrade.socket, { status: 500, headers: [], body: "" })
    HandshakeSpan.end(span, 500, Cause.fail(opened.failure))
    return Effect.logError("a header of a WebSocket's answer is invalid", opened.failure.message)
  }
  tallies.server.handshakes.since(start)
  HandshakeSpan.end(span, 101, undefined)
  NodeUpgrade.unguard(upgrade.socket)
  return Tracing.within(span, handle(opened.success, route, decision.accepted, scope))
}

/** A function of its own: what it closes over lives as long as the connection. */
const handle = (
  make: Handling.Making,
  { run }: Route,
  accepted: unknown,
  scope: Scope.Closeable
): Effect.Effect<unknown, unknown, Scope.Scope> =>
  Handling.run(make, (connection) => run(connection, accepted), { scope, onFailure: report, onDeath: reportDeath })

const reportDeath = (cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.logError("a WebSocket's finalizer died", cause)

const report = (connection: Connection, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  return Handling.isNews(connection, cause)
    ? Effect.logError("a WebSocket's handler failed", cause)
    : Effect.logDebug("a WebSocket ended", cause)
}
