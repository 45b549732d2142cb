/**
 * The server's half of the opening handshake over Node's HTTP server (RFC 6455 §4.2).
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import * as OpeningHandshake from "../protocol/OpeningHandshake.ts"
import * as ServerHandshake from "../protocol/ServerHandshake.ts"
import { crypto } from "./NodeModules.ts"

/**
 * The value of Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2).
 *
 * @category handshake
 * @since 0.1.0
 */
export const acceptValue = (key: string): string => crypto.hash("sha1", OpeningHandshake.acceptInput(key), "base64")

/**
 * Node's headers as the protocol core wants them: repeated ones joined. Only Set-Cookie is not joined by Node.
 *
 * @category handshake
 * @since 0.1.0
 */
export const joinHeaders = (headers: IncomingHttpHeaders): Record<string, string> => {
  const { "set-cookie": cookies } = headers
  return (cookies === undefined ? headers : { ...headers, "set-cookie": cookies.join(", ") }) as Record<string, string>
}

/**
 * What the client offers, or why its request is refused.
 *
 * @category handshake
 * @since 0.1.0
 */
export const readOffer = (
  request: IncomingMessage,
  headers: OpeningHandshake.Headers
): Result.Result<ServerHandshake.Offer, ServerHandshake.Refusal> =>
  ServerHandshake.readRequest({
    method: request.method ?? "",
    httpVersion: request.httpVersion,
    headers: isHostRepeated(request) ? { ...headers, host: "," } : headers
  })

/** Node keeps the first Host and drops the others, and a proxy may have gone by the last. */
const isHostRepeated = ({ rawHeaders }: IncomingMessage): boolean => {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].length === 4 && rawHeaders[i].toLowerCase() === "host") count++
  }
  return count > 1
}

/**
 * Answers 101 in one write.
 *
 * @category handshake
 * @since 0.1.0
 */
export const accept = (
  socket: Duplex,
  acceptance: ServerHandshake.Acceptance,
  headers: ReadonlyArray<OpeningHandshake.Field>
): Result.Result<void, OpeningHandshake.FieldInvalid> =>
  Result.map(ServerHandshake.formatResponse(acceptance, headers), (head) => {
    socket.write(head, "latin1")
  })

function destroyOnError(this: Duplex): void {
  this.destroy()
}

/**
 * Sees to the errors of a socket that nobody has taken over yet.
 *
 * @category handshake
 * @since 0.1.0
 */
export const guard = (socket: Duplex): void => void socket.on("error", destroyOnError)

/**
 * Leaves the errors to somebody else.
 *
 * @category handshake
 * @since 0.1.0
 */
export const unguard = (socket: Duplex): void => void socket.off("error", destroyOnError)

/** How long a client may take to read the answer that refuses it. */
const refusalTimeout = 5000

/**
 * Answers with another status, and ends the connection. Where the answer's status or headers are invalid, it is a plain
 * 500; gives what is wrong with them.
 *
 * @category handshake
 * @since 0.1.0
 */
export const refuse = (socket: Duplex, refusal: ServerHandshake.RefusalResponse): string | undefined => {
  if (socket.destroyed) return undefined
  const response = ServerHandshake.formatRefusal(refusal)
  const plain = "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
  const destroy = () => socket.destroy()
  const timer = setTimeout(destroy, refusalTimeout)
  socket.once("finish", destroy).once("close", () => clearTimeout(timer))
  socket.end(Result.getOrElse(response, () => plain))
  return Result.isFailure(response) ? response.failure.message : undefined
}
