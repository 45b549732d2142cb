/**
 * Requests that Node does not take for such: malformed ones, heads that are too large, and those that do not come to an
 * end.
 *
 * @since 0.1.0
 */
import type { Server } from "node:http"
import type { Duplex } from "node:stream"
import { type Limit, tallies } from "../connection/Tally.ts"
import * as NodeUpgradeHandler from "./NodeUpgradeHandler.ts"

interface Answer {
  readonly status: number
  readonly limit: Limit | undefined
}

const malformed: Answer = { status: 400, limit: undefined }

/** Node's codes for what is not malformed, but over a limit. */
const answers: Readonly<Record<string, Answer>> = {
  HPE_HEADER_OVERFLOW: { status: 431, limit: "maxHeaderSize" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, limit: "handshakeTimeout" }
}

/**
 * Answers them as Node does, and counts them.
 *
 * @category serving
 * @since 0.1.0
 */
export const answerOn = (server: Server): void => {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable) return socket.destroy()
    const { limit, status } = answers[error.code ?? ""] ?? malformed
    if (limit !== undefined) tallies.server.reach(limit)
    NodeUpgradeHandler.turnAway(socket, { status, headers: [], body: "" })
  })
}
