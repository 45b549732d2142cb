/**
 * Where a client's request goes.
 *
 * @since 0.1.0
 */
import Net from "node:net" // not its namespace: programs replace `connect`
import type * as Tls from "node:tls"
import { URL } from "node:url" // a realm made for tests may have another
import { tls } from "../transport/NodeModules.ts"

/**
 * The URL that an address stands for. Throws what ws throws if it is none.
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (address: string | URL): URL => {
  const url = address instanceof URL ? address : URL.parse(address)
  if (url === null) throw new SyntaxError(`Invalid URL: ${address}`)
  const copy = new URL(url)
  if (copy.protocol === "http:") copy.protocol = "ws:"
  else if (copy.protocol === "https:") copy.protocol = "wss:"
  return copy
}

/**
 * Whether it names a Unix socket or pipe.
 *
 * @category guards
 * @since 0.1.0
 */
export const isIpc = ({ protocol }: URL): boolean => protocol === "ws+unix:"

/**
 * Whether it is spoken over TLS.
 *
 * @category guards
 * @since 0.1.0
 */
export const isSecure = ({ protocol }: URL): boolean => protocol === "wss:"

/**
 * What is wrong with a URL, if something is.
 *
 * @category guards
 * @since 0.1.0
 */
export const misuse = (url: URL): string | undefined => {
  if (url.protocol !== "ws:" && url.protocol !== "wss:" && !isIpc(url)) {
    return `The URL's protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"`
  }
  if (isIpc(url) && url.pathname === "") return "The URL's pathname is empty"
  return url.hash === "" ? undefined : "The URL contains a fragment identifier"
}

/**
 * The socket and the path of the request, which may have colons of its own.
 *
 * @category getters
 * @since 0.1.0
 */
export const splitIpc = ({ pathname, search }: URL): [socketPath: string, path: string] => {
  const [socketPath, ...path] = `${pathname}${search}`.split(":")
  return [socketPath, path.join(":")]
}

/**
 * Where a request went, as far as it matters for what may go along to the next.
 *
 * @category models
 * @since 0.1.0
 */
export interface Origin {
  readonly isSecure: boolean
  readonly isIpc: boolean
  readonly host: string
}

/**
 * Where a URL leads to.
 *
 * @category getters
 * @since 0.1.0
 */
export const originOf = (url: URL): Origin => ({
  isSecure: isSecure(url),
  isIpc: isIpc(url),
  host: isIpc(url) ? splitIpc(url)[0] : url.host
})

/**
 * Connects as `net.connect` does.
 *
 * @category connecting
 * @since 0.1.0
 */
export const connect = (options: Net.TcpNetConnectOpts): Net.Socket =>
  Net.connect({ ...options, path: (options as { readonly socketPath?: string }).socketPath } as Net.NetConnectOpts)

/**
 * Connects over TLS.
 *
 * @category connecting
 * @since 0.1.0
 */
export const connectTls = (options: Tls.ConnectionOptions): Tls.TLSSocket => {
  const { host = "", servername } = options
  const named = servername || servername === "" ? servername : Net.isIP(host) ? "" : host
  return tls.connect({ ...options, path: undefined as never, servername: named })
}
