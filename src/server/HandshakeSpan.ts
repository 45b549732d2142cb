/**
 * The span of a request for an upgrade, which continues the trace that the client is in.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Headers from "effect/http/Headers"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Option from "effect/Option"
import type { IncomingMessage } from "node:http"
import * as Tracing from "../connection/Tracing.ts"
import type { Route } from "../WebSocketServer.ts"
import { pathOf } from "./NodeUpgradeRequest.ts"

/**
 * Begins the span, if there is a tracer; its parent is the one of `traceparent` or the B3 headers.
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = <A, E, R>(
  request: IncomingMessage,
  route: Route,
  use: (begun: Tracing.Begun | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Tracing.begin("websocket.handshake", () => optionsOf(request, route), use)

const optionsOf = ({ headers, httpVersion, method, socket, url = "/" }: IncomingMessage, { path }: Route) => ({
  parent: Option.getOrUndefined(HttpTraceContext.fromHeaders(Headers.fromInput(headers))),
  kind: "server" as const,
  attributes: {
    "http.request.method": method,
    "http.route": path,
    "url.path": pathOf(url),
    "url.scheme": "encrypted" in socket ? "wss" : "ws",
    "network.protocol.name": "http",
    "network.protocol.version": httpVersion,
    "client.address": socket.remoteAddress,
    "user_agent.original": headers["user-agent"]
  }
})

/**
 * Ends it with the answer. It is a failure if the server is to blame.
 *
 * @category destructors
 * @since 0.1.0
 */
export const end = (
  begun: Tracing.Begun | undefined,
  status: number,
  cause: Cause.Cause<unknown> | undefined
): void => {
  begun?.span.attribute("http.response.status_code", status)
  begun?.end(cause === undefined || status < 500 ? Exit.void : Exit.failCause(cause))
}
