/**
 * The span of a client's handshake, which the server is told of, so that it can continue the trace.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as Option from "effect/Option"
import * as Tracing from "../connection/Tracing.ts"
import type { WebSocketError } from "../WebSocketError.ts"
import type { Address } from "./Address.ts"
import type { HandshakeOptions } from "./HandshakeOptions.ts"

/**
 * Begins the span, if there is a tracer, and adds it to the headers of the request.
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = <O extends HandshakeOptions, A, E, R>(
  address: Address,
  options: O,
  use: (begun: Tracing.Begun | undefined, options: O) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Tracing.begin("websocket.handshake", () => optionsOf(address), (begun) => {
    if (begun === undefined) return use(begun, options)
    return use(begun, { ...options, headers: { ...HttpTraceContext.toHeaders(begun.span), ...options.headers } })
  })

/** A query may hold what is secret. */
const optionsOf = ({ hostname, path, port, secure, socketPath }: Address) => ({
  kind: "client" as const,
  attributes: {
    "http.request.method": "GET",
    "server.address": socketPath ?? hostname,
    "server.port": socketPath === undefined ? port : undefined,
    "url.path": path.split("?", 1)[0],
    "url.scheme": secure ? "wss" : "ws",
    "network.protocol.name": "http"
  }
})

/**
 * Ends it with what came of the handshake.
 *
 * @category destructors
 * @since 0.1.0
 */
export const end = (begun: Tracing.Begun | undefined, exit: Exit.Exit<unknown, WebSocketError>): void => {
  begun?.span.attribute("http.response.status_code", statusOf(exit))
  begun?.end(exit)
}

const statusOf = (exit: Exit.Exit<unknown, WebSocketError>): number | undefined => {
  if (Exit.isSuccess(exit)) return 101
  const reason = Option.getOrUndefined(Exit.findErrorOption(exit))?.reason
  return reason?._tag === "HandshakeError" ? reason.status : undefined
}
