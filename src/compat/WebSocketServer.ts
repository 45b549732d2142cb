/**
 * ws's class `WebSocketServer`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { EventEmitter } from "node:events"
import type * as Http from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { tallies } from "../connection/Tally.ts"
import * as Extension from "../protocol/Extension.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import { http } from "../transport/NodeModules.ts"
import { acceptValue } from "../transport/NodeUpgrade.ts"
import * as NodeUpgradeReader from "../transport/NodeUpgradeReader.ts"
import { Clients } from "./Clients.ts"
import * as Offers from "./Offers.ts"
import * as Opening from "./Opening.ts"
import * as Refusals from "./Refusals.ts"
import { type ClientInfo, defaults, type ServerOptions, type Verdict } from "./ServerOptions.ts"
import { isUpgraded } from "./Socket.ts"
import { WebSocket } from "./WebSocket.ts"

/**
 * Told of the WebSocket that a request has become.
 *
 * @category models
 * @since 0.1.0
 */
export type Accepted<Client> = (websocket: Client, request: Http.IncomingMessage) => void

/** By the numbers of ws, which programs see. */
const states = { Running: 0, Closing: 1, Closed: 2 } as const

type State = (typeof states)[keyof typeof states]

const tracking: unique symbol = Symbol("effect-ws/tracking")

interface Tracking {
  readonly clients: Clients<WebSocket> | undefined
  /** Listens to `close` of every client. */
  readonly untrack: (this: WebSocket) => void
  /** Whether the end of the server waits for that of the last client. */
  isAwaited: boolean
}

/**
 * A WebSocket server with the interface of ws.
 *
 * @category models
 * @since 0.1.0
 */
export class WebSocketServer extends EventEmitter {
  options: ServerOptions
  declare clients?: Set<WebSocket>
  _server: Http.Server | null = null
  _state: State = states.Running
  _removeListeners = (): void => {}
  readonly [tracking]: Tracking

  constructor(options: ServerOptions, callback?: () => void) {
    super()
    this.options = { ...defaults, ...options } as ServerOptions
    const { backlog, clientTracking, host, noServer, perMessageDeflate, port, server } = this.options
    if (
      [port ?? undefined, server || undefined, noServer || undefined].filter((way) => way !== undefined).length !== 1
    ) {
      const ways = `One and only one of the "port", "server", or "noServer" options must be specified`
      throw new TypeError(ways)
    }
    if (perMessageDeflate === true) this.options = { ...this.options, perMessageDeflate: {} }
    const clients = clientTracking ? new Clients<WebSocket>() : undefined
    clients?.showOn(this)
    this[tracking] = { clients, untrack: untracker(this), isAwaited: false }
    if (port !== null && port !== undefined) {
      this._server = http.createServer(Refusals.upgradeRequired)
      NodeUpgradeReader.readOn(this._server)
      // Not by name: a `port` that is no number is the path of a socket or named pipe
      this._server.listen(port as number, host ?? undefined, backlog ?? undefined, callback)
    } else if (server) this._server = server
    if (this._server !== null) this._removeListeners = listenTo(this._server, this)
  }

  address(): AddressInfo | string | null {
    if (this.options.noServer) throw new Error(`The server is operating in "noServer" mode`)
    return this._server === null ? null : this._server.address()
  }

  // ---- closing ----

  /** Stops accepting. Its own HTTP server is closed; clients are left to end by themselves. */
  close(callback?: (error?: Error) => void): void {
    if (this._state === states.Closed) {
      if (callback) this.once("close", () => callback(new Error("The server is not running")))
      process.nextTick(closed, this)
      return
    }
    if (callback) this.once("close", callback)
    if (this._state === states.Closing) return
    this._state = states.Closing
    const server = this._server
    this._server = null
    this._removeListeners()
    const clients = clientsOf(this)
    if (server !== null && !this.options.server) server.close(() => closed(this))
    else if (clients !== undefined && clients.size > 0) this[tracking].isAwaited = true
    else process.nextTick(closed, this)
  }

  // ---- the opening handshake ----

  /** Whether a request is this server's. */
  shouldHandle(request: Http.IncomingMessage): boolean | Promise<boolean> {
    const { path } = this.options
    return !path || request.url!.split("?", 1)[0] === path
  }

  /** Handles a request for an upgrade: refuses it, or calls back with a WebSocket. */
  handleUpgrade(request: Http.IncomingMessage, socket: Duplex, head: Buffer, callback: Accepted<WebSocket>): void {
    const start = performance.now()
    socket.on("error", destroyOnError)
    const { headers, method } = request
    const { perMessageDeflate } = this.options
    const refuse = (code: number, message: string, further?: Http.OutgoingHttpHeaders) =>
      Refusals.refuse(this, { request, socket, code, message, headers: further })

    const key = headers["sec-websocket-key"]
    const version = Number(headers["sec-websocket-version"])
    if (method !== "GET") return refuse(405, "Invalid HTTP method")
    if (headers.upgrade?.toLowerCase() !== "websocket") return refuse(400, "Invalid Upgrade header")
    if (key === undefined || !Offers.isKey(key)) return refuse(400, "Missing or invalid Sec-WebSocket-Key header")
    if (version !== 13 && version !== 8) {
      return refuse(400, "Missing or invalid Sec-WebSocket-Version header", { "Sec-WebSocket-Version": "13, 8" })
    }
    if (!this.shouldHandle(request)) return Refusals.respond(socket, 400)

    const protocols = Offers.protocolsOf(headers["sec-websocket-protocol"])
    if (protocols === undefined) return refuse(400, "Invalid Sec-WebSocket-Protocol header")
    const extensions: Record<string, PerMessageDeflate.Acceptance> = {}
    if (perMessageDeflate) {
      const deflate = Offers.chooseDeflate(headers["sec-websocket-extensions"], perMessageDeflate)
      if (Result.isFailure(deflate)) return refuse(400, "Invalid or unacceptable Sec-WebSocket-Extensions header")
      if (deflate.success !== undefined) extensions[PerMessageDeflate.name] = deflate.success
    }
    const accepted: typeof callback = (...given) => {
      tallies.server.handshakes.since(start)
      callback(...given)
    }
    const complete = () => this.completeUpgrade(extensions, key, protocols, request, socket, head, accepted)
    verify(this.options, { request, socket, version }, complete)
  }

  /** Answers a request that is accepted, on these terms. */
  completeUpgrade(
    extensions: Extensions,
    key: string,
    protocols: Set<string>,
    request: Http.IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accepted: Accepted<WebSocket>
  ): void {
    if (!socket.readable || !socket.writable) return void socket.destroy()
    if (isUpgraded(socket)) {
      throw new Error(
        "server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration"
      )
    }
    if (this._state !== states.Running) return Refusals.respond(socket, 503)
    const websocket = answer(this, { extensions, key, protocols, request, socket })
    socket.removeListener("error", destroyOnError)
    websocket.setSocket(socket, head, this.options)
    track(this, websocket)
    accepted(websocket, request)
  }
}

/** What was accepted, by the names of the extensions. */
type Extensions = Readonly<Record<string, PerMessageDeflate.Acceptance | undefined>>

// What follows are no methods: programs extend the class, and have names of their own.

/** Returns how to listen no more. */
const listenTo = (source: Http.Server, server: WebSocketServer): () => void => {
  const accepted: Accepted<WebSocket> = server.emit.bind(server, "connection")
  const listeners = {
    listening: server.emit.bind(server, "listening"),
    error: server.emit.bind(server, "error"),
    upgrade: (request: Http.IncomingMessage, socket: Duplex, head: Buffer) =>
      server.handleUpgrade(request, socket, head, accepted)
  }
  for (const [event, listener] of Object.entries(listeners)) source.on(event, listener)
  return () => {
    for (const [event, listener] of Object.entries(listeners)) source.removeListener(event, listener)
  }
}

const closed = (server: WebSocketServer): void => {
  server._state = states.Closed
  server.emit("close")
}

// ---- the opening handshake ----

/** What a valid request asks for, and with what it is answered. */
interface Terms {
  readonly extensions: Extensions
  readonly key: string
  readonly protocols: Set<string>
  readonly request: Http.IncomingMessage
  readonly socket: Duplex
}

interface Candidate {
  readonly request: Http.IncomingMessage
  readonly socket: Duplex
  readonly version: number
}

/** Asks `verifyClient`, if there is one, which may take its time. */
const verify = (options: ServerOptions, { request, socket, version }: Candidate, accept: () => void): void => {
  if (!options.verifyClient) return accept()
  const { authorized, encrypted } = request.socket as { readonly authorized?: boolean; readonly encrypted?: boolean }
  const origin = request.headers[version === 8 ? "sec-websocket-origin" : "origin"] as string
  const info = { origin, secure: !!(authorized || encrypted), req: request }
  const verdict: Verdict = (verified, code, message, headers) => {
    if (verified) accept()
    else Refusals.respond(socket, code || 401, message, headers)
  }
  if (options.verifyClient.length === 2) options.verifyClient(info, verdict)
  else verdict((options as { verifyClient(info: ClientInfo): boolean }).verifyClient(info))
}

/** Sends the 101, which listeners of `headers` may change. */
const answer = (server: WebSocketServer, { extensions, key, protocols, request, socket }: Terms): WebSocket => {
  const { options } = server
  const { WebSocket: Client = WebSocket, perMessageDeflate } = options
  const websocket = new Client(null, undefined, options as object)
  const headers = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptValue(key)}`
  ]
  const protocol = protocols.size > 0 && choose(options, protocols, request)
  if (protocol) {
    headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
    websocket._protocol = protocol
  }
  const deflate = extensions[PerMessageDeflate.name]
  if (deflate !== undefined) {
    headers.push(`Sec-WebSocket-Extensions: ${Extension.format([deflate.response])}`)
    Opening.agree(websocket, deflate.params, perMessageDeflate)
  }
  server.emit("headers", headers, request)
  socket.write(headers.join("\r\n") + "\r\n\r\n")
  return websocket
}

const choose = (options: ServerOptions, protocols: Set<string>, request: Http.IncomingMessage): string | false =>
  options.handleProtocols ? options.handleProtocols(protocols, request) : protocols.values().next().value ?? false

function destroyOnError(this: Duplex): void {
  this.destroy()
}

// ---- clients ----

/** A program may have put a set of its own there, or nothing. */
const clientsOf = (server: WebSocketServer): Clients<WebSocket> | Set<WebSocket> | undefined => {
  const { get, value } = Object.getOwnPropertyDescriptor(server, "clients") ?? {}
  return get === undefined ? value as Set<WebSocket> | null ?? undefined : server[tracking].clients
}

const track = (server: WebSocketServer, websocket: WebSocket): void => {
  const clients = clientsOf(server)
  if (clients === undefined) return
  clients.add(websocket)
  websocket.on("close", server[tracking].untrack)
}

/** One listener for all clients, instead of one for each. */
const untracker = (server: WebSocketServer) =>
  function(this: WebSocket): void {
    const clients = clientsOf(server)
    clients?.delete(this)
    if (server[tracking].isAwaited && clients?.size === 0) process.nextTick(closed, server)
  }
