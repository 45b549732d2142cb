/**
 * The opening handshake on a request of Effect's HTTP server.
 *
 * @since 0.1.0
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { Connection } from "../Connection.ts"
import type { FieldInvalid } from "../protocol/OpeningHandshake.ts"
import type { Refusal, Terms } from "../WebSocketServer.ts"
import type { HttpUpgrades } from "./HttpUpgrades.ts"
import * as NodeHandshake from "./NodeHandshake.ts"

/**
 * Node's request beneath one that asks for an upgrade; `undefined` for all others, and those of other platforms.
 *
 * @category getters
 * @since 0.1.0
 */
export const upgradeOf = (request: HttpServerRequest): IncomingMessage | undefined => {
  const source = request.source as IncomingMessage & { readonly upgrade?: boolean }
  return source.upgrade === true ? source : undefined
}

/**
 * Answers 101, and gives the connection, to be made at once; the HTTP server has nothing more to say to the client.
 *
 * @category handshake
 * @since 0.1.0
 */
export const open = (
  request: HttpServerRequest,
  terms: Terms,
  decision: NodeHandshake.Decision<unknown>,
  upgrades: HttpUpgrades | undefined
): Result.Result<Effect.Effect<Connection, never, Scope.Scope>, FieldInvalid> => {
  const source = NodeHttpServerRequest.toIncomingMessage(request) as IncomingMessage
  const upgrade = { socket: source.socket, head: upgrades?.heads.get(source) }
  const opened = NodeHandshake.open(upgrade, terms, decision)
  if (Result.isSuccess(opened)) endResponse(request, source.socket)
  return opened
}

/**
 * Has Effect's server know its response as sent, and not touch the socket: what Node sends of the response goes nowhere.
 *
 * @category handshake
 * @since 0.1.0
 */
export const endResponse = (request: HttpServerRequest, socket: Socket): void => {
  const response = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
  if (response.socket !== null) response.detachSocket(socket)
  response.end()
}

/**
 * What an app answers to a request that became a connection, for whoever looks at its responses.
 *
 * @category responses
 * @since 0.1.0
 */
export const switchingProtocols = HttpServerResponse.empty({ status: 101 })

/**
 * The answer to a request that does not ask for a WebSocket (RFC 9110 §15.5.22).
 *
 * @category responses
 * @since 0.1.0
 */
export const upgradeRequired = HttpServerResponse.text("this is a WebSocket", {
  status: 426,
  headers: { connection: "Upgrade", upgrade: "websocket" }
})

/**
 * The answer of a server that stops.
 *
 * @category responses
 * @since 0.1.0
 */
export const unavailable = HttpServerResponse.empty({ status: 503 })

/**
 * A refusal as an answer.
 *
 * @category responses
 * @since 0.1.0
 */
export const responseOf = ({ body = "", headers, status }: Refusal): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, { status, headers })
