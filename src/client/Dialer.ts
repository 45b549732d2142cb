/**
 * How clients reach a server.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Duplex } from "node:stream"

/**
 * Where a URL leads.
 *
 * @category models
 * @since 0.1.0
 */
export interface Destination {
  readonly hostname: string
  readonly port: number
  /** The path of a Unix socket or named pipe, for `ws+unix:` and `wss+unix:`. */
  readonly socketPath: string | undefined
  /** Whether the URL wants TLS. It is the dialer's to do. */
  readonly secure: boolean
}

/**
 * Gives a stream to the server, on which HTTP is then spoken. If it fails, so does connecting, with a `TransportError`.
 *
 * @category models
 * @since 0.1.0
 */
export type Dial = (destination: Destination) => Effect.Effect<Duplex, unknown>

/**
 * What dials in place of Node, and of the options `agent` and `tls`: a tunnel, or a network in memory. Default: none.
 *
 * @category services
 * @since 0.1.0
 */
export const Dialer: Context.Reference<Dial | undefined> = Context.Reference<Dial | undefined>(
  "effect-ws/WebSocketClient/Dialer",
  {
    defaultValue: () => undefined
  }
)
