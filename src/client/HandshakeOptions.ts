/**
 * What a client says, and how it dials.
 *
 * @since 0.1.0
 */
import type { Agent } from "node:http"
import type { ConnectionOptions as TlsOptions } from "node:tls"
import type { Version } from "../protocol/OpeningHandshake.ts"

/**
 * Options of the client's opening handshake.
 *
 * @category models
 * @since 0.1.0
 */
export interface HandshakeOptions {
  /** The subprotocols to offer, the one that is liked best first (RFC 6455 §1.9). Default none. */
  readonly protocols?: ReadonlyArray<string> | undefined
  /** Further headers of the request. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The Origin header, for servers that want one of programs too. Default none. */
  readonly origin?: string | undefined
  /** The version of the protocol (RFC 6455 §4.4). Default 13. */
  readonly version?: Version | undefined
  /**
   * How many redirects are followed. Cookies, authorization and the URL's credentials are left behind on the way to
   * another host, or out of TLS. Default 0: a redirect is a `HandshakeError`.
   */
  readonly maxRedirects?: number | undefined
  /** Options for `wss:`, such as `ca` and `servername`. */
  readonly tls?: TlsOptions | undefined
  /** An agent of `node:http` or `node:https` that makes the connection, such as one for a proxy. Default none. */
  readonly agent?: Agent | undefined
}
