/**
 * The HTTP request that asks for a WebSocket (RFC 6455 §4.1).
 *
 * @since 0.1.0
 */

/**
 * The client's opening handshake, as a server's handler sees it.
 *
 * @category models
 * @since 0.1.0
 */
export interface UpgradeRequest {
  /** The request target as it was sent, such as `/chat?room=7`. */
  readonly target: string
  /** The path of the target, without the query. */
  readonly path: string
  readonly searchParams: URLSearchParams
  /** Names in lower case; a header that was repeated has its values joined by `", "`. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly cookies: Readonly<Record<string, string>>
  readonly remoteAddress: string | undefined
  /** The subprotocols that the client offers, the one it likes best first. */
  readonly protocols: ReadonlyArray<string>
  /** Where the script that connects was loaded from; set by browsers (RFC 6455 §10.2). */
  readonly origin: string | undefined
}
