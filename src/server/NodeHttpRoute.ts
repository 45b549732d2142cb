/**
 * What happens to one request of an HTTP app that is to become a connection with a handler: the pendant of
 * `NodeUpgradeHandler` where the socket is another server's, and its refusals are responses.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { ClientAbort } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Connection } from "../Connection.ts"
import { timersOf } from "../connection/Timers.ts"
import type { UpgradeRequest } from "../UpgradeRequest.ts"
import * as WebSocketError from "../WebSocketError.ts"
import { type Handler, Refusal, type Terms } from "../WebSocketServer.ts"
import * as Handling from "./Handling.ts"
import { CurrentUpgrades, type HttpUpgrades } from "./HttpUpgrades.ts"
import * as NodeHandshake from "./NodeHandshake.ts"
import * as NodeHttpHandshake from "./NodeHttpHandshake.ts"

/**
 * What is done with the requests.
 *
 * @category models
 * @since 0.1.0
 */
export interface Route<A, E, R, EA, RA> {
  readonly terms: Terms
  readonly accept: (request: UpgradeRequest) => Effect.Effect<A, EA, RA>
  readonly handler: Handler<unknown, E, R, A>
}

type Response = HttpServerResponse.HttpServerResponse

/**
 * Serves the request at hand, from the handshake to the end of its connection, and ends as the handler does.
 *
 * @category serving
 * @since 0.1.0
 */
export const serve = <A, E, R, EA, RA>(
  route: Route<A, E, R, EA, RA>
): Effect.Effect<Response, E | Exclude<EA, Refusal | Response>, HttpServerRequest | RA | Exclude<R, Scope.Scope>> =>
  Effect.flatMap(HttpServerRequest, (request) => {
    const source = NodeHttpHandshake.upgradeOf(request)
    if (source === undefined) return Effect.succeed(NodeHttpHandshake.upgradeRequired)
    return Effect.withFiber((fiber) => {
      const upgrades = fiber.getRef(CurrentUpgrades)
      const asked = { request, source, terms: route.terms, upgrades, start: performance.now() }
      // Without a router, Effect's server runs apps uninterruptibly: they would outlive the client, and the server
      return Effect.uninterruptible(
        Effect.matchEffect(Effect.interruptible(NodeHandshake.decide(source, route.terms, route.accept)), {
          onFailure: answer,
          onSuccess: (decision) => connect(asked, route.handler, decision)
        })
      )
    })
  })

/** A refusal is a response as any other; other errors are for the app. */
const answer = <E>(error: E): Effect.Effect<Response, Exclude<E, Refusal | Response>> => {
  if (error instanceof Refusal || HttpServerResponse.isHttpServerResponse(error)) {
    return Effect.succeed(NodeHttpHandshake.refuse(error))
  }
  return Effect.fail(error as Exclude<E, Refusal | Response>)
}

/** Answers 101, and has the handler run in a fiber of its own. */
const connect = <A, E, R>(
  asked: NodeHttpHandshake.Asked,
  handler: Handler<unknown, E, R, A>,
  decision: NodeHandshake.Decision<A>
): Effect.Effect<Response, E, Exclude<R, Scope.Scope>> =>
  Effect.withFiber((fiber) => {
    const { terms, upgrades } = asked
    if (upgrades?.closing) return Effect.succeed(NodeHttpHandshake.refuse(NodeHttpHandshake.stopping))
    const opened = NodeHttpHandshake.open(asked, decision)
    if (Result.isFailure(opened)) return Effect.die(WebSocketError.fromUsage(opened.failure.message))
    const handling = Handling.fork(fiber.context, (scope) =>
      handle(opened.success, (connection) => handler(connection, decision.accepted), upgrades, scope))
    return outcome(handling, terms.options.closeTimeout)
  })

/** Runs the handler; that a connection ended, or is silent, is no failure. */
const handle = <E, R>(
  make: Handling.Making,
  handler: (connection: Parameters<Handler<unknown, E, R>>[0]) => Effect.Effect<unknown, E, R>,
  upgrades: HttpUpgrades | undefined,
  scope: Scope.Closeable
): Effect.Effect<Response, E, R | Scope.Scope> =>
  Effect.withFiber((fiber) => {
    let isNews = true
    const onFailure = (connection: Connection, cause: Cause.Cause<unknown>) =>
      Effect.sync(() => isNews = Handling.isNews(connection, cause))
    const makeKept: Handling.Making = (context) => {
      const connection = make(context)
      upgrades?.keep(connection, fiber)
      return connection
    }
    return Effect.matchCauseEffect(Handling.run(makeKept, handler, { scope, onFailure }), {
      onFailure: (cause) => isNews ? Effect.failCause(cause) : ended(cause),
      onSuccess: () => Effect.succeed(NodeHttpHandshake.switchingProtocols)
    })
  })

const ended = (cause: Cause.Cause<unknown>) =>
  Effect.as(Effect.logDebug("a WebSocket ended", cause), NodeHttpHandshake.switchingProtocols)

/**
 * Waits for the handler, and interrupts it if the request is. Effect's server does that also when the client has gone;
 * the handler then still has the time of a closing handshake for what the client sent.
 */
const outcome = <A, E>(handling: Fiber.Fiber<A, E>, closeTimeout: Duration.Duration): Effect.Effect<A, E> =>
  Effect.flatMap(Effect.exit(Effect.interruptible(Fiber.await(handling))), (waited) => {
    if (Exit.isSuccess(waited)) return waited.value
    if (!isClientAbort(waited.cause)) return Effect.andThen(Fiber.interrupt(handling), Fiber.join(handling))
    return Effect.withFiber(({ context }) => {
      const stop = timersOf(context)(Duration.toMillis(closeTimeout), () => handling.interruptUnsafe())
      return Effect.ensuring(Fiber.join(handling), Effect.sync(stop))
    })
  })

const isClientAbort = ({ reasons }: Cause.Cause<never>): boolean =>
  reasons.some((reason) => reason._tag === "Interrupt" && reason.annotations.has(ClientAbort.key))
