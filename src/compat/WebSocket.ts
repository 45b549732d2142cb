/**
 * ws's class `WebSocket`, as a translation of our connection.
 *
 * @since 0.1.0
 */
import type { ClientRequest } from "node:http"
import type { Duplex } from "node:stream"
import type { Agreement } from "../Connection.ts"
import type { Driver } from "../connection/Driver.ts"
import * as Opcode from "../protocol/Opcode.ts"
import { place } from "../transport/Roster.ts"
import * as CloseArguments from "./CloseArguments.ts"
import { WebSocketEvents } from "./EventTarget.ts"
import * as Handshake from "./Handshake.ts"
import { Link, type Linked, linkKey } from "./Link.ts"
import * as Opening from "./Opening.ts"
import * as Options from "./Options.ts"
import type { Outgoing, SendOptions } from "./Outgoing.ts"
import * as Payload from "./Payload.ts"
import type * as PerMessageDeflate from "./PerMessageDeflate.ts"

const stateNames = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const

type State = 0 | 1 | 2 | 3

type Callback = (error?: Error | null) => void

const abnormal = { code: 1006, reason: Payload.empty }

const closedEarly = "WebSocket was closed before the connection was established"

const goOn = (websocket: WebSocket): void => websocket[linkKey]?.hold(false)

/**
 * A WebSocket with the interface of ws: `new WebSocket(address, protocols, options)`.
 *
 * **Details**
 *
 * Servers construct it with `null` for the address, and hand over the socket with `setSocket`.
 *
 * @category models
 * @since 0.1.0
 */
export class WebSocket extends WebSocketEvents implements Opening.Opening, Linked {
  declare static readonly CONNECTING: 0
  declare static readonly OPEN: 1
  declare static readonly CLOSING: 2
  declare static readonly CLOSED: 3
  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSING: 2
  declare readonly CLOSED: 3
  _req: ClientRequest | null = null
  _isServer: boolean
  _readyState: State = 0
  _protocol = ""
  _extensions: Opening.Extensions = ""
  _url: string | undefined = undefined
  _autoPong: boolean
  _closeTimeout: number
  _binaryType: Payload.BinaryType = "nodebuffer"
  _paused = false
  _errorEmitted = false
  /** Octets that were to be sent when it was too late. */
  _bufferedAmount = 0
  _pendingAutoPongs = 0
  _maxPendingAutoPongs: number;
  [place] = 0;
  [linkKey]: Link | undefined = undefined;
  [Opening.agreementKey]: PerMessageDeflate.Agreement | undefined = undefined

  constructor(
    address: string | URL | null,
    protocols?: string | ReadonlyArray<string> | Handshake.ClientOptions | undefined,
    options?: Handshake.ClientOptions
  ) {
    super()
    const own = isOptions(protocols) ? protocols : options
    // A server's are there; a client's are read later, too, and `false` is none
    const given = address === null ? options! : { ...own }
    this._isServer = address === null
    this._autoPong = !!Options.get(given, "autoPong")
    this._closeTimeout = Options.get(given, "closeTimeout") ?? 0
    this._maxPendingAutoPongs = Options.limit(Options.get(given, "maxPendingAutoPongs"))
    if (address === null) return
    const named = isOptions(protocols) ? given.protocols : protocols === undefined ? given.protocols : protocols
    const offered = named === undefined ? [] : Array.isArray(named) ? [...named] : [named]
    Handshake.start(Opening.openerOf(this, given), address, offered, given)
  }

  // ---- what it is ----

  /** The live socket. Whoever takes it into their own hands finds everything written that was sent before. */
  get _socket(): Duplex | null {
    this[linkKey]?.driver.flush()
    return this[linkKey]?.duplex ?? null
  }

  get _sender(): Outgoing | null {
    return this[linkKey]?.sender ?? null
  }

  get _closeFrameReceived(): boolean {
    return this[linkKey]?.goodbye !== undefined
  }

  get _closeCode(): number {
    return (this[linkKey]?.goodbye ?? abnormal).code
  }

  get _closeMessage(): Buffer {
    return (this[linkKey]?.goodbye ?? abnormal).reason
  }

  get _closeFrameSent(): boolean {
    return this[linkKey]?.driver.isCloseWritten === true
  }

  get readyState(): State {
    return this._readyState
  }

  /** A server's have none. */
  get url(): string {
    return this._url as string
  }

  get protocol(): string {
    return this._protocol
  }

  get extensions(): string {
    return typeof this._extensions === "string" ? this._extensions : Object.keys(this._extensions).join()
  }

  get isPaused(): boolean {
    return this._paused
  }

  get bufferedAmount(): number {
    const { outbox } = this[linkKey]?.driver ?? {}
    return outbox === undefined ? this._bufferedAmount : outbox.held + outbox.dropped + this._bufferedAmount
  }

  get binaryType(): Payload.BinaryType {
    return this._binaryType
  }

  set binaryType(type: Payload.BinaryType) {
    if (!Payload.binaryTypes.includes(type)) return
    this._binaryType = type
    this[linkKey]?.driver.protocol.keepFragments(type === "fragments")
  }

  // ---- opening ----

  /** Makes it a connection over a socket on which the handshake is done; `head` is what was read from it already. */
  setSocket(socket: Duplex, head: Uint8Array, options: Opening.SocketOptions = {}): void {
    const { allowSynchronousEvents = Options.shared.allowSynchronousEvents } = options
    if (head.length > 0) socket.unshift(head)
    const link = tie(this, Opening.drive(this, socket, options), allowSynchronousEvents)
    link.listen()
    link.driver.start() // before the program hears of it, so that what it listens to on the socket comes after our own
    this.emit("open")
  }

  // ---- receiving ----

  pause(): void {
    if (this._readyState === 0 || this._readyState === 3) return
    this._paused = true
    this[linkKey]?.hold(true)
  }

  /** What was held back comes as from a stream, not within the call: listeners may be added after it. */
  resume(): void {
    if (this._readyState === 0 || this._readyState === 3) return
    this._paused = false
    process.nextTick(goOn, this)
  }

  // ---- sending ----

  send(data: unknown, options?: Partial<SendOptions> | Callback | null, callback?: Callback): void {
    if (this._readyState === 0) throw notOpen(0)
    const given = typeof options === "object" ? options ?? undefined : undefined
    const done = typeof options === "function" ? options : callback
    const payload = typeof data === "number" ? String(data) : data
    if (this._readyState !== 1) return sendTooLate(this, payload, done)
    this._sender?.message(payload || Payload.empty, typeof payload === "string", given, done)
  }

  ping(data?: unknown, mask?: boolean | Callback, callback?: Callback): void {
    control(this, Opcode.Ping, data, mask, callback)
  }

  pong(data?: unknown, mask?: boolean | Callback, callback?: Callback): void {
    control(this, Opcode.Pong, data, mask, callback)
  }

  // ---- closing ----

  close(code?: number, data?: string | Uint8Array): void {
    if (this._readyState === 3) return
    if (this._readyState === 0) return Opening.abort(this, this._req!, closedEarly)
    if (this._readyState === 2) return
    this[linkKey]?.driver.close({ ...CloseArguments.read(code, data), reason: "" })
    this._readyState = 2
  }

  terminate(): void {
    if (this._readyState === 3) return
    if (this._readyState === 0) return Opening.abort(this, this._req!, closedEarly)
    this._readyState = 2
    this[linkKey]?.driver.destroy()
  }

  emitClose(): void {
    this[linkKey]?.settle()
    this._readyState = 3
    this.emit("close", this._closeCode, this._closeMessage)
  }
}

const tie = (websocket: WebSocket, driver: Driver, allowSynchronousEvents: boolean): Link => {
  websocket._readyState = 1
  return websocket[linkKey] = new Link(websocket, driver, allowSynchronousEvents)
}

/**
 * The face of a connection that is there.
 *
 * @category conversions
 * @since 0.1.0
 */
export const over = (driver: Driver, { extensions = [], protocol = "", role }: Agreement): WebSocket => {
  const websocket = new WebSocket(null, undefined, {})
  websocket._isServer = role === "server"
  websocket._protocol = protocol
  websocket._extensions = extensions.map(({ name }) => name).join(",")
  const link = tie(websocket, driver, true)
  process.nextTick(() => link.listen())
  return websocket
}

const control = (
  websocket: WebSocket,
  opcode: Opcode.Control,
  data: unknown,
  mask: boolean | Callback | undefined,
  callback: Callback | undefined
): void => {
  const { _isServer, _readyState } = websocket
  if (_readyState === 0) throw notOpen(0)
  const [given, masked, done] = typeof data === "function"
    ? [undefined, undefined, data as Callback]
    : typeof mask === "function"
    ? [data, undefined, mask]
    : [data, mask, callback]
  const payload = typeof given === "number" ? String(given) : given
  if (_readyState !== 1) return sendTooLate(websocket, payload, done)
  websocket._sender?.control(opcode, payload || Payload.empty, masked === undefined ? !_isServer : masked, done)
}

const sendTooLate = (websocket: WebSocket, data: unknown, callback: Callback | undefined): void => {
  websocket[linkKey]?.driver.flush() // the callbacks of what was sent come first
  if (data) websocket._bufferedAmount += Payload.lengthOf(data)
  if (callback) process.nextTick(callback, notOpen(websocket._readyState))
}

const isOptions = (value: unknown): value is Handshake.ClientOptions =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const notOpen = (state: State): Error => new Error(`WebSocket is not open: readyState ${state} (${stateNames[state]})`)

stateNames.forEach((name, value) => {
  Object.defineProperty(WebSocket, name, { enumerable: true, value })
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value })
})

for (const name of ["binaryType", "bufferedAmount", "extensions", "isPaused", "protocol", "readyState", "url"]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true })
}
