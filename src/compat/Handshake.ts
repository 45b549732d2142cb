/**
 * The client's opening handshake as ws does it: over `http.request`, with its options, events and errors.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { EventEmitter } from "node:events"
import type * as Http from "node:http"
import type * as Https from "node:https"
import * as QueryString from "node:querystring"
import type { Duplex } from "node:stream"
import { URL } from "node:url"
import type * as CompressionOptions from "../connection/CompressionOptions.ts"
import { tallies } from "../connection/Tally.ts"
import * as Extension from "../protocol/Extension.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as Subprotocol from "../protocol/Subprotocol.ts"
import { crypto, http, https } from "../transport/NodeModules.ts"
import { acceptValue } from "../transport/NodeUpgrade.ts"
import * as Destination from "./Destination.ts"
import * as Options from "./Options.ts"

/**
 * What a client may be given, besides the options of `http.request` and `https.request`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions
  extends Options.SharedOptions, Omit<Https.RequestOptions, "protocol" | "createConnection">
{
  protocol?: string | undefined
  protocols?: string | ReadonlyArray<string> | undefined
  protocolVersion?: number | undefined
  perMessageDeflate?: boolean | Options.PerMessageDeflateOptions | undefined
  followRedirects?: boolean | undefined
  maxRedirects?: number | undefined
  handshakeTimeout?: number | undefined
  origin?: string | undefined
  generateMask?: ((mask: Buffer) => void) | undefined
  finishRequest?: ((request: Http.ClientRequest, websocket: never) => void) | undefined
  createConnection?: ((options: object, callback?: () => void) => Duplex) | undefined
}

/**
 * What came of a handshake.
 *
 * @category models
 * @since 0.1.0
 */
export interface Opened {
  readonly socket: Duplex
  readonly head: Buffer
  readonly compression: PerMessageDeflate.Params | undefined
}

/**
 * What the handshake needs of its WebSocket.
 *
 * @category models
 * @since 0.1.0
 */
export interface Opener {
  readonly websocket: EventEmitter & { readonly url: string }
  readonly isConnecting: () => boolean
  readonly setUrl: (url: string) => void
  readonly setProtocol: (protocol: string) => void
  /** The request under way; `undefined` when there is none. */
  readonly setRequest: (request: Http.ClientRequest | undefined) => void
  readonly open: (opened: Opened) => void
  /** It failed, and its request or socket, if it has one, is to be dropped. */
  readonly abort: (stream: Http.ClientRequest | Duplex, message: string) => void
  readonly fail: (error: Error) => void
}

const versions = [8, 13]

const defaults = {
  ...Options.shared,
  protocolVersion: 13,
  perMessageDeflate: true,
  followRedirects: false,
  maxRedirects: 10
}

/** What the URL says, or the handshake itself, and the options must not. */
const reserved = {
  socketPath: undefined,
  hostname: undefined,
  protocol: undefined,
  protocols: undefined,
  timeout: undefined,
  method: "GET",
  host: undefined,
  path: undefined,
  port: undefined
}

/**
 * Starts a handshake: the request is on its way when this returns. Throws what ws throws for bad arguments.
 *
 * @category handshake
 * @since 0.1.0
 */
export const start = (
  opener: Opener,
  address: string | URL,
  protocols: ReadonlyArray<string>,
  options: ClientOptions
): void => {
  const resolved = { ...defaults, ...options } as Resolved
  if (!versions.includes(resolved.protocolVersion)) {
    const supported = versions.join(", ")
    throw new RangeError(`Unsupported protocol version: ${resolved.protocolVersion} (supported versions: ${supported})`)
  }
  const url = Destination.parse(address)
  opener.setUrl(url.href)
  const problem = Destination.misuse(url)
  if (problem !== undefined) throw new SyntaxError(problem)
  checkProtocols(protocols)
  new Handshake(opener, protocols, resolved).request(url)
}

const checkProtocols = (protocols: ReadonlyArray<string>): void => {
  const isSound = protocols.every((protocol) => typeof protocol === "string" && Subprotocol.isValid(protocol))
  if (isSound && new Set(protocols).size === protocols.length) return
  throw new SyntaxError("An invalid or duplicated subprotocol was specified")
}

type Resolved = ClientOptions & typeof defaults

class Handshake {
  private readonly opener: Opener
  private readonly protocols: ReadonlyArray<string>
  private readonly compression: CompressionOptions.Resolved | undefined
  private options: Resolved
  private origin: Destination.Origin | undefined = undefined
  private redirects = 0
  private readonly start = performance.now()

  constructor(opener: Opener, protocols: ReadonlyArray<string>, options: Resolved) {
    this.opener = opener
    this.protocols = protocols
    this.options = options
    this.compression = Options.compression(options.perMessageDeflate)
  }

  /** Sends the request for a URL; the options become those of the next, should this one be redirected. */
  request(url: URL): void {
    const { opener, options } = this
    const key = crypto.randomBytes(16).toString("base64")
    const request = this.send(url, this.toRequestOptions(url, key))
    if (options.handshakeTimeout) {
      request.on("timeout", () => {
        tallies.client.fail("TimeoutError")
        tallies.client.reach("handshakeTimeout")
        opener.abort(request, "Opening handshake has timed out")
      })
    }
    let isOver = false
    request.on("error", (error) => {
      if (isOver || isAborted(request)) return
      isOver = true
      tallies.client.fail("TransportError")
      opener.setRequest(undefined)
      opener.fail(error)
    })
    request.on("response", (response) => this.answered(url, request, response))
    request.on("upgrade", (response, socket, head) => {
      opener.websocket.emit("upgrade", response)
      if (!opener.isConnecting()) return
      isOver = true
      opener.setRequest(undefined)
      this.upgraded(key, response, socket, head)
    })
    if (options.finishRequest) options.finishRequest(request, opener.websocket as never)
    else request.end()
  }

  private send(url: URL, options: Https.RequestOptions): Http.ClientRequest {
    const request = Destination.isSecure(url) ? https.request : http.request
    const { setRequest, websocket } = this.opener
    if (this.options.followRedirects) this.guardSecrets(url, options)
    const sent = request(options)
    setRequest(sent)
    if (this.redirects > 0) websocket.emit("redirect", websocket.url, sent)
    return sent
  }

  private toRequestOptions(url: URL, key: string): Https.RequestOptions {
    const { options } = this
    const secure = Destination.isSecure(url)
    const { password, username } = url
    const [socketPath, path] = Destination.isIpc(url)
      ? Destination.splitIpc(url)
      : [undefined, `${url.pathname}${url.search}`]
    return {
      ...options,
      ...reserved,
      createConnection: (options.createConnection || (secure ? Destination.connectTls : Destination.connect)) as never,
      defaultPort: options.defaultPort || (secure ? 443 : 80),
      port: url.port || (secure ? 443 : 80),
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      headers: { ...options.headers as Http.OutgoingHttpHeaders, ...this.handshakeHeaders(key) },
      path,
      socketPath,
      timeout: options.handshakeTimeout,
      ...(username || password ? { auth: `${QueryString.unescape(username)}:${QueryString.unescape(password)}` } : {})
    }
  }

  private handshakeHeaders(key: string): Http.OutgoingHttpHeaders {
    const { compression, options: { origin, protocolVersion }, protocols } = this
    const headers: Http.OutgoingHttpHeaders = {
      "Sec-WebSocket-Version": protocolVersion,
      "Sec-WebSocket-Key": key,
      "Connection": "Upgrade",
      "Upgrade": "websocket"
    }
    if (compression !== undefined) {
      headers["Sec-WebSocket-Extensions"] = Extension.format([PerMessageDeflate.offer(compression.negotiation)])
    }
    if (protocols.length > 0) headers["Sec-WebSocket-Protocol"] = protocols.join(",")
    if (origin) headers[protocolVersion < 13 ? "Sec-WebSocket-Origin" : "Origin"] = origin
    return headers
  }

  /** Leaves behind what another host must not see, unless a listener of `redirect` takes charge. */
  private guardSecrets(url: URL, options: Https.RequestOptions): void {
    const target = Destination.originOf(url)
    if (this.origin === undefined) {
      this.origin = target
      this.options = { ...this.options, headers: lowerCase(this.options.headers as Http.OutgoingHttpHeaders) }
    } else if (this.opener.websocket.listenerCount("redirect") === 0) {
      const headers = options.headers as Http.OutgoingHttpHeaders
      const isSameHost = target.isIpc === this.origin.isIpc && target.host === this.origin.host
      if (!isSameHost || (this.origin.isSecure && !target.isSecure)) {
        for (const name of ["authorization", "cookie", ...(isSameHost ? [] : ["host"])]) {
          delete headers[name]
        }
        options.auth = undefined
      }
    }
    // Credentials of a URL go along to where it redirects, as a header does
    const own = this.options.headers as Http.OutgoingHttpHeaders
    if (options.auth && !own["authorization"]) {
      own["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`
    }
  }

  private answered(url: URL, request: Http.ClientRequest, response: Http.IncomingMessage): void {
    const { opener, options } = this
    const { headers: { location }, statusCode = 0 } = response
    const isRedirect = location && options.followRedirects && statusCode >= 300 && statusCode < 400
    if (isRedirect && !(++this.redirects > options.maxRedirects)) { // `undefined` is no limit
      abandon(request)
      return this.redirect(location, url)
    }
    tallies.client.fail(statusCode)
    if (isRedirect) opener.abort(request, "Maximum redirects exceeded")
    else if (!opener.websocket.emit("unexpected-response", request, response)) {
      opener.abort(request, `Unexpected server response: ${statusCode}`)
    }
  }

  private redirect(location: string, from: URL): void {
    const next = URL.parse(location, from.href)
    if (next === null) return this.opener.fail(new SyntaxError(`Invalid URL: ${location}`))
    const url = Destination.parse(next)
    this.opener.setUrl(url.href)
    const problem = Destination.misuse(url)
    if (problem === undefined) this.request(url)
    else this.opener.fail(new SyntaxError(problem))
  }

  private upgraded(key: string, response: Http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const { headers } = response
    const refuse = (message: string) => {
      tallies.client.fail(101)
      this.opener.abort(socket, message)
    }
    if (headers.upgrade?.toLowerCase() !== "websocket") return refuse("Invalid Upgrade header")
    if (headers["sec-websocket-accept"] !== acceptValue(key)) return refuse("Invalid Sec-WebSocket-Accept header")

    const protocol = headers["sec-websocket-protocol"]
    const problem = this.protocolProblem(protocol)
    if (problem !== undefined) return refuse(problem)

    this.opener.setProtocol(protocol ?? "")
    const compression = this.readExtensions(headers["sec-websocket-extensions"])
    if (Result.isFailure(compression)) return refuse(compression.failure)
    tallies.client.handshakes.since(this.start)
    this.opener.open({ socket, head, compression: compression.success })
  }

  private protocolProblem(protocol: string | undefined): string | undefined {
    if (protocol === undefined) return this.protocols.length > 0 ? "Server sent no subprotocol" : undefined
    if (this.protocols.length === 0) return "Server sent a subprotocol but none was requested"
    return this.protocols.includes(protocol) ? undefined : "Server sent an invalid subprotocol"
  }

  private readExtensions(header: string | undefined): Result.Result<PerMessageDeflate.Params | undefined, string> {
    if (header === undefined) return Result.succeed(undefined)
    if (this.compression === undefined) {
      return Result.fail("Server sent a Sec-WebSocket-Extensions header but no extension was requested")
    }
    const invalid = "Invalid Sec-WebSocket-Extensions header"
    const extensions = Extension.parse(header)
    if (Result.isFailure(extensions)) return Result.fail(invalid)
    const names = new Set(extensions.success.map(({ name }) => name))
    if (names.size !== 1 || !names.has(PerMessageDeflate.name)) {
      return Result.fail("Server indicated an extension that was not requested")
    }
    // ws takes what the server says about itself, whatever it was asked for
    const { clientMaxWindowBits, clientNoContextTakeover } = this.compression.negotiation
    const params = PerMessageDeflate.readResponse([extensions.success[0]], {
      clientMaxWindowBits,
      clientNoContextTakeover
    })
    return Result.mapError(params, () => invalid)
  }
}

/**
 * Whether a request was given up, so that its errors are no news.
 *
 * @category guards
 * @since 0.1.0
 */
export const isAborted = (request: Http.ClientRequest): boolean => aborted.has(request)

/**
 * Gives a request up.
 *
 * @category handshake
 * @since 0.1.0
 */
export const abandon = (request: Http.ClientRequest): void => {
  aborted.add(request)
  request.abort() // who has the request may ask for `aborted`
}

const aborted = new WeakSet<Http.ClientRequest>()

const lowerCase = (headers: Http.OutgoingHttpHeaders | null | undefined): Http.OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
