/**
 * WebSocket URLs (RFC 6455 §3), and the further schemes that Node programs use.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"

/**
 * Where a URL leads.
 *
 * @category models
 * @since 0.1.0
 */
export interface Address {
  readonly secure: boolean
  readonly hostname: string
  readonly port: number
  /** The path of a Unix socket or named pipe, for `ws+unix:` and `wss+unix:`. */
  readonly socketPath: string | undefined
  /** The request target. */
  readonly path: string
  /** `user:password` of the URL, decoded. */
  readonly credentials: string | undefined
  readonly url: URL
}

/** The schemes, and whether they want TLS. */
const schemes: Readonly<Record<string, boolean>> = {
  "ws:": false,
  "http:": false,
  "ws+unix:": false,
  "wss:": true,
  "https:": true,
  "wss+unix:": true
}

/**
 * Reads a URL, or says what is wrong with it.
 *
 * @category decoding
 * @since 0.1.0
 */
export const parse = (input: string | URL): Result.Result<Address, string> => {
  const url = typeof input === "string" ? URL.parse(input) : input
  if (url === null) return Result.fail(`${JSON.stringify(String(input))} is not a URL`)
  const secure = schemes[url.protocol]
  if (secure === undefined) {
    return Result.fail(`a WebSocket URL has one of the schemes ${Object.keys(schemes).join(" ")}`)
  }
  if (url.hash !== "") return Result.fail("a WebSocket URL has no fragment (RFC 6455 §3)")
  return url.protocol.endsWith("+unix:") ? parseUnix(url, secure) : Result.succeed({
    secure,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    socketPath: undefined,
    path: url.pathname + url.search,
    credentials: credentialsOf(url),
    url
  })
}

/** `ws+unix:/path/of/socket:/request/path?query` */
const parseUnix = (url: URL, secure: boolean): Result.Result<Address, string> => {
  const [socketPath, path = "/"] = url.pathname.split(/:(.*)/s)
  if (socketPath === "") return Result.fail(`${url.protocol} needs the path of a socket`)
  return Result.succeed({
    secure,
    hostname: "localhost",
    port: 0,
    socketPath,
    path: path + url.search,
    credentials: undefined,
    url
  })
}

const credentialsOf = ({ password, username }: URL): string | undefined =>
  username === "" && password === "" ? undefined : `${decode(username)}:${decode(password)}`

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Whether a request that is redirected takes its credentials along: not to another host, and not out of TLS.
 *
 * @category guards
 * @since 0.1.0
 */
export const keepsCredentials = (from: Address, to: Address): boolean =>
  from.url.host === to.url.host && from.socketPath === to.socketPath && (to.secure || !from.secure)
