/**
 * What a server answers to requests that become no WebSocket.
 *
 * @since 0.1.0
 */
import type { EventEmitter } from "node:events"
import type * as Http from "node:http"
import type { Duplex } from "node:stream"
import { tallies } from "../connection/Tally.ts"
import { http } from "../transport/NodeModules.ts"

/**
 * What an own HTTP server answers to whoever does not ask for an upgrade.
 *
 * @category refusing
 * @since 0.1.0
 */
export const upgradeRequired: Http.RequestListener = (_request, response) => {
  const body = http.STATUS_CODES[426]!
  response.writeHead(426, { "Content-Length": body.length, "Content-Type": "text/plain" })
  response.end(body)
}

/**
 * A request that is refused, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refusal {
  readonly request: Http.IncomingMessage
  readonly socket: Duplex
  readonly code: number
  readonly message: string
  readonly headers: Http.OutgoingHttpHeaders | undefined
}

/**
 * Refuses a request, or leaves that to the program if it listens to `wsClientError`.
 *
 * @category refusing
 * @since 0.1.0
 */
export const refuse = (server: EventEmitter, { code, headers, message, request, socket }: Refusal): void => {
  if (server.listenerCount("wsClientError") === 0) return respond(socket, code, message, headers)
  server.emit("wsClientError", new Error(message), socket, request)
}

/**
 * Answers with another status than 101, and ends the connection.
 *
 * @category refusing
 * @since 0.1.0
 */
export const respond = (socket: Duplex, code: number, message?: string, headers?: Http.OutgoingHttpHeaders): void => {
  tallies.server.fail(code)
  const body = message || http.STATUS_CODES[code] || ""
  const fields = {
    "Connection": "close",
    "Content-Type": "text/html",
    "Content-Length": Buffer.byteLength(body),
    ...headers
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${String(value)}`)
  socket.once("finish", () => socket.destroy())
  socket.end([`HTTP/1.1 ${code} ${http.STATUS_CODES[code] ?? ""}`, ...lines].join("\r\n") + `\r\n\r\n${body}`)
}
