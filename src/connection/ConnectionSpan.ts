/**
 * The span of a connection's life, with attributes as OpenTelemetry names them, and the connection's name in logs.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import * as Connection from "../Connection.ts"
import * as Extension from "../protocol/Extension.ts"
import * as MessageSpans from "./MessageSpans.ts"
import * as Tracing from "./Tracing.ts"

/**
 * The annotation of logs, and attribute of spans, that says which connection it is.
 *
 * @category constants
 * @since 0.1.0
 */
export const idKey = "websocket.connection.id"

/**
 * Begins the span of a connection, below that of its handshake, which lasts until the end is known.
 *
 * @category constructors
 * @since 0.1.0
 */
export const begin = (
  connection: Connection.Connection,
  kind: Tracer.SpanKind
): Effect.Effect<Tracing.Begun | undefined> =>
  Tracing.begin("websocket.connection", () => ({ kind, attributes: attributesOf(connection) }), (begun) => {
    if (begun !== undefined) Connection.toDriver(connection)?.driver.ending.onClosed(() => finish(connection, begun))
    return Effect.succeed(begun)
  })

/**
 * Uses a connection within its span, where its messages have theirs, if they are to have some.
 *
 * @category combinators
 * @since 0.1.0
 */
export const within = <C extends Connection.Connection, A, E, R>(
  begun: Tracing.Begun | undefined,
  connection: C,
  use: (connection: C) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Scope.Scope> => {
  if (begun === undefined) return use(connection)
  const traced = Effect.flatMap(
    Tracing.Level,
    (level) => level === "Messages" ? MessageSpans.trace(connection, begun.span) : Effect.succeed(connection)
  )
  return Tracing.within(begun, Effect.flatMap(traced, use))
}

const attributesOf = ({ extensions, id, protocol, remoteAddress }: Connection.Connection) => ({
  [idKey]: id,
  "network.protocol.name": "websocket",
  "network.peer.address": remoteAddress,
  "websocket.subprotocol": protocol,
  "websocket.extensions": Extension.format(extensions)
})

const finish = (connection: Connection.Connection, { end, span }: Tracing.Begun): void => {
  const event = Connection.toDriver(connection)?.driver.ending.event
  span.attribute("websocket.close.code", event?.code)
  span.attribute("websocket.close.reason", event?.reason)
  span.attribute("websocket.close.clean", event?.clean)
  end(event?.error === undefined ? Exit.void : Exit.fail(event.error))
}
