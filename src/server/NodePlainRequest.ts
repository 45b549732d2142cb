/**
 * Requests that do not ask for an upgrade, on a server that has nothing else to offer.
 *
 * @since 0.1.0
 */
import type { RequestListener } from "node:http"

/**
 * Answers 426, and ends the connection (RFC 9110 §15.5.22).
 *
 * @category serving
 * @since 0.1.0
 */
export const upgradeRequired: RequestListener = (_request, response) => {
  response.writeHead(426, { "Connection": "Upgrade, close", "Upgrade": "websocket", "Content-Type": "text/plain" })
  response.end("this is a WebSocket server")
}
