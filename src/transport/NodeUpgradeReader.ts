/**
 * Reading requests to upgrade before Node's HTTP server does, whose parser, and what it sets up for a connection, are a
 * tenth of a handshake.
 *
 * @since 0.1.0
 */
import { AsyncResource } from "node:async_hooks"
import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"
import * as UpgradeHead from "../protocol/UpgradeHead.ts"
import { http } from "./NodeModules.ts"
import { type Member, place, Roster } from "./Roster.ts"

/** Milliseconds after which those who say nothing are the HTTP server's, which has its own time-out for them. */
const patience = ({ headersTimeout }: Server): number => headersTimeout > 0 ? Math.min(headersTimeout / 10, 1000) : 1000

const readerKey = Symbol("effect-ws/NodeUpgradeReader")

/** A socket that has said nothing yet. Its listeners are the same functions for all, and find the reader there. */
type Silent = Socket & Member & { [readerKey]: NodeUpgradeReader }

class NodeUpgradeReader {
  private readonly server: Server
  private readonly accept: (socket: Socket) => void
  /** The one in which the server listens, and connections come: what Node's server tells of them, it tells there. */
  private context: AsyncResource | undefined = undefined
  private readonly silent = new Roster<Silent>()
  private timer: NodeJS.Timeout | undefined = undefined
  private retired = false

  constructor(server: Server) {
    const [accept] = server.listeners("connection")
    const { closeAllConnections } = server
    this.server = server
    this.accept = (socket) => void accept.call(server, socket)
    server.off("connection", accept as () => void)
    server.on("connection", (socket: Silent) => this.begin(socket))
    server.closeAllConnections = () => {
      this.handOver()
      closeAllConnections.call(server)
    }
  }

  private begin(socket: Silent): void {
    if (this.retired || !this.isUsual() || socket.readableFlowing !== null) return this.accept(socket)
    this.context ??= new AsyncResource("effect-ws/NodeUpgradeReader")
    socket[readerKey] = this
    socket[place] = 0
    this.silent.add(socket)
    this.timer ??= setTimeout(() => this.handOver(), patience(this.server))
    this.timer.unref?.() // a realm made for tests may have timers that are numbers
    socket.on("error", onError)
    socket.on("end", onEnd)
    socket.on("data", onData)
  }

  retire(): void {
    this.retired = true
    this.handOver()
  }

  private handOver(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    for (const socket of Array.from(this.silent)) {
      this.leave(socket)
      if (!socket.destroyed) this.context?.runInAsyncScope(this.accept, undefined, socket)
    }
  }

  /** Leaves the socket as if nobody had read from it. */
  private leave(socket: Silent): void {
    this.silent.delete(socket)
    socket.off("data", onData)
    socket.off("end", onEnd)
    socket.off("error", onError)
    ;(socket as { readableFlowing: boolean | null }).readableFlowing = null
  }

  read(socket: Silent, bytes: Buffer): void {
    this.context?.runInAsyncScope(this.take, this, socket, bytes)
  }

  private take(socket: Silent, bytes: Buffer): void {
    this.leave(socket)
    const isOurs = this.isUsual() && this.server.listenerCount("upgrade") > 0
    const head = isOurs ? UpgradeHead.read(bytes.toString("latin1", 0, this.maxSize)) : undefined
    if (head === undefined) {
      socket.unshift(bytes)
      this.accept(socket)
    } else this.server.emit("upgrade", requestOf(socket, head), socket, bytes.subarray(head.size))
  }

  /**
   * Whether the program has not set what only the HTTP server knows to heed, and does nothing itself with sockets, which
   * would read twice what is handed back.
   */
  private isUsual(): boolean {
    const { server } = this
    return server.maxHeadersCount === null && server.timeout === 0 && server.listenerCount("connection") === 1
  }

  private get maxSize(): number {
    return (this.server as Server & { readonly maxHeaderSize?: number }).maxHeaderSize ?? http.maxHeaderSize
  }

  /** The HTTP server has no half-open connections either. */
  end(socket: Silent): void {
    this.leave(socket)
    socket.on("error", onError)
    socket.end()
  }

  fail(socket: Silent, error: Error): void {
    this.leave(socket)
    socket.on("error", ignore)
    if (!this.server.emit("clientError", error, socket)) socket.destroy()
  }
}

type Request = IncomingMessage & {
  upgrade?: boolean
  /** What Node makes `headersDistinct` of, if it is asked for. */
  _addHeaderLines?(rawHeaders: Array<string>, count: number): void
}

/** A request as Node's parser leaves it, when it is an upgrade's. */
const requestOf = (socket: Socket, { headers, rawHeaders, target }: UpgradeHead.UpgradeHead): IncomingMessage => {
  const request: Request = new http.IncomingMessage(socket)
  request.httpVersionMajor = request.httpVersionMinor = 1
  request.httpVersion = "1.1"
  request.method = "GET"
  request.url = target
  request._addHeaderLines?.(rawHeaders, rawHeaders.length)
  request.headers = headers
  request.complete = true
  request.upgrade = true
  request._read = endNow
  return request
}

/** There is no body: that is said when somebody reads, since nearly nobody does. */
function endNow(this: IncomingMessage): void {
  this.push(null)
}

function onData(this: Silent, bytes: Buffer): void {
  this[readerKey].read(this, bytes)
}

function onEnd(this: Silent): void {
  this[readerKey].end(this)
}

function onError(this: Silent, error: Error): void {
  this[readerKey].fail(this, error)
}

const ignore = (): void => {}

/**
 * Takes the connections of an HTTP server of our own, without TLS, for their first read. Returns how to leave that to the
 * server again, with those that have said nothing yet.
 *
 * **Details**
 *
 * A plain request to upgrade that comes in one read makes the server emit `upgrade`, just as it does by itself. Whatever
 * else comes, or does not come, is handed to the server.
 *
 * @category handshake
 * @since 0.1.0
 */
export const readOn = (server: Server): () => void => {
  if (server.listenerCount("connection") !== 1) return ignore // there is somebody besides the server itself
  const reader = new NodeUpgradeReader(server)
  return () => reader.retire()
}
