/**
 * The request for an upgrade, for as long as its connection lives.
 *
 * @since 0.1.0
 */
import * as Cookies from "effect/http/Cookies"
import type { IncomingMessage } from "node:http"
import type { Offer } from "../protocol/ServerHandshake.ts"
import type { UpgradeRequest } from "../UpgradeRequest.ts"

/**
 * What a handler may want to know of a request. Most want little of it: what has to be parsed is, when it is asked for.
 *
 * @category models
 * @since 0.1.0
 */
export class NodeUpgradeRequest implements UpgradeRequest {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly remoteAddress: string | undefined
  readonly protocols: ReadonlyArray<string>
  readonly origin: string | undefined
  private parsedQuery: URLSearchParams | undefined = undefined
  private parsedCookies: Readonly<Record<string, string>> | undefined = undefined

  constructor(request: IncomingMessage, headers: Readonly<Record<string, string>>, { origin, protocols }: Offer) {
    this.target = request.url!
    this.headers = headers
    this.remoteAddress = request.socket.remoteAddress
    this.protocols = protocols
    this.origin = origin
  }

  get path(): string {
    return pathOf(this.target)
  }

  get searchParams(): URLSearchParams {
    const query = this.target.indexOf("?")
    return this.parsedQuery ??= new URLSearchParams(query < 0 ? "" : this.target.slice(query))
  }

  get cookies(): Readonly<Record<string, string>> {
    return this.parsedCookies ??= Cookies.parseHeader(this.headers["cookie"] ?? "")
  }
}

/**
 * The path of a request target, without its query. A target may be a whole URL (RFC 9112 §3.2.2).
 *
 * @category getters
 * @since 0.1.0
 */
export const pathOf = (target: string): string => {
  const path = target.startsWith("/") ? target : URL.parse(target)?.pathname ?? target
  const query = path.indexOf("?")
  return query < 0 ? path : path.slice(0, query)
}
