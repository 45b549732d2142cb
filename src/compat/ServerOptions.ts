/**
 * ws's options of a server, and their defaults.
 *
 * @since 0.1.0
 */
import type * as Http from "node:http"
import * as Options from "./Options.ts"
import { WebSocket } from "./WebSocket.ts"

/**
 * What `verifyClient` is told of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientInfo {
  readonly origin: string
  readonly secure: boolean
  readonly req: Http.IncomingMessage
}

/**
 * How `verifyClient` says, later, whether a client may connect.
 *
 * @category models
 * @since 0.1.0
 */
export type Verdict = (verified: boolean, code?: number, message?: string, headers?: Http.OutgoingHttpHeaders) => void

/**
 * The options of a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerOptions extends Options.SharedOptions {
  readonly port?: number | null | undefined
  readonly host?: string | null | undefined
  readonly backlog?: number | null | undefined
  readonly server?: Http.Server | null | undefined
  readonly noServer?: boolean | undefined
  readonly path?: string | null | undefined
  readonly clientTracking?: boolean | undefined
  readonly verifyClient?: ((info: ClientInfo, callback: Verdict) => unknown) | null | undefined
  readonly handleProtocols?:
    | ((protocols: Set<string>, request: Http.IncomingMessage) => string | false)
    | null
    | undefined
  readonly perMessageDeflate?: boolean | Options.PerMessageDeflateOptions | undefined
  readonly WebSocket?: typeof WebSocket | undefined
}

const { closeTimeout, ...shared } = Options.shared

/**
 * What is not given.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaults = {
  ...shared,
  perMessageDeflate: false,
  handleProtocols: null,
  clientTracking: true,
  closeTimeout,
  verifyClient: null,
  noServer: false,
  backlog: null,
  server: null,
  host: null,
  path: null,
  port: null,
  WebSocket
}
