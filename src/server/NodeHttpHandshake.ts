/**
 * The opening handshake on a request of Effect's HTTP server.
 *
 * @since 0.1.0
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { tallies } from "../connection/Tally.ts"
import type { FieldInvalid } from "../protocol/OpeningHandshake.ts"
import { Refusal, type Terms } from "../WebSocketServer.ts"
import type * as Handling from "./Handling.ts"
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
 * A request that asks for an upgrade.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  readonly request: HttpServerRequest
  /** Node's request beneath it. */
  readonly source: IncomingMessage
  readonly terms: Terms
  readonly upgrades: HttpUpgrades | undefined
  /** When it came, as `performance.now()` tells. */
  readonly start: number
}

/**
 * Answers 101, and gives the connection, to be made at once; the HTTP server has nothing more to say to the client.
 *
 * @category handshake
 * @since 0.1.0
 */
export const open = (
  { request, source, start, terms, upgrades }: Asked,
  decision: NodeHandshake.Decision<unknown>
): Result.Result<Handling.Making, FieldInvalid> => {
  const upgrade = { socket: source.socket, head: upgrades?.heads.get(source) }
  const opened = NodeHandshake.open(upgrade, terms, decision)
  if (Result.isFailure(opened)) return opened
  endResponse(request, source.socket)
  tallies.server.handshakes.since(start)
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
 * A refusal as an answer, which is counted.
 *
 * @category responses
 * @since 0.1.0
 */
export const refuse = (
  refusal: Refusal | HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  tallies.server.fail(refusal.status)
  if (HttpServerResponse.isHttpServerResponse(refusal)) return refusal
  const { body = "", headers, status } = refusal
  return HttpServerResponse.text(body, { status, headers })
}

/**
 * What a server says that stops.
 *
 * @category responses
 * @since 0.1.0
 */
export const stopping = new Refusal({ status: 503 })
