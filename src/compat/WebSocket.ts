/**
 * ws's class `WebSocket`, as a translation of our connection.
 *
 * @since 0.1.0
 */
import type { ClientRequest } from "node:http"
import type { Duplex } from "node:stream"
import type { Agreement } from "../Connection.ts"
import type * as CompressionOptions from "../connection/CompressionOptions.ts"
import { Compressor } from "../connection/Compressor.ts"
import * as Driver from "../connection/Driver.ts"
import { Encoders, encoders } from "../connection/Encoders.ts"
import * as Inbox from "../connection/Inbox.ts"
import * as CloseFrame from "../protocol/CloseFrame.ts"
import * as Mask from "../protocol/Mask.ts"
import * as Opcode from "../protocol/Opcode.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as Protocol from "../protocol/Protocol.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import * as NodeTransport from "../transport/NodeTransport.ts"
import * as CloseArguments from "./CloseArguments.ts"
import * as Errors from "./Errors.ts"
import { WebSocketEvents } from "./EventTarget.ts"
import * as Handshake from "./Handshake.ts"
import { Incoming, type Recipient } from "./Incoming.ts"
import * as Options from "./Options.ts"
import { Outgoing, type Owner } from "./Outgoing.ts"
import * as Payload from "./Payload.ts"
import * as Socket from "./Socket.ts"

const stateNames = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"] as const

type State = 0 | 1 | 2 | 3

type Callback = (error?: Error | null) => void

const abnormal = { code: 1006, reason: Payload.empty }

const closedEarly = "WebSocket was closed before the connection was established"

/**
 * What a socket becomes a connection with.
 *
 * @category models
 * @since 0.1.0
 */
export interface SocketOptions extends Options.SharedOptions {
  readonly generateMask?: ((mask: Buffer) => void) | undefined
}

const finish = (websocket: WebSocket): void => websocket._finish()

const goOn = (websocket: WebSocket): void => websocket._hold(false)

const startTimer = (milliseconds: number, callback: () => void): () => void => {
  const timer = setTimeout(callback, milliseconds)
  return () => clearTimeout(timer)
}

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
export class WebSocket extends WebSocketEvents implements Recipient, Owner {
  declare static readonly CONNECTING: 0
  declare static readonly OPEN: 1
  declare static readonly CLOSING: 2
  declare static readonly CLOSED: 3
  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSING: 2
  declare readonly CLOSED: 3
  _duplex: Duplex | null = null
  _req: ClientRequest | null = null
  _isServer: boolean
  _readyState: State = 0
  _protocol = ""
  _extensions = ""
  _url: string | undefined = undefined
  _autoPong: boolean
  _closeTimeout: number
  _binaryType: Payload.BinaryType = "nodebuffer"
  /** What the peer's Close said. */
  _goodbye: { readonly code: number; readonly reason: Buffer } | undefined = undefined
  _paused = false
  /** Whether `close` was called for the peer's Close, or for its mistake. */
  _concluded = false
  _errorEmitted = false
  _gone = false
  /** Octets that were to be sent when it was too late. */
  _unsent = 0
  _pendingAutoPongs = 0
  _maxPendingAutoPongs: number
  _driver: Driver.Driver | undefined = undefined
  _place = 0
  _incoming: Incoming | undefined = undefined
  _outgoing: Outgoing | undefined = undefined
  _agreement:
    | { readonly settings: CompressionOptions.Resolved; readonly params: PerMessageDeflate.Params }
    | undefined = undefined

  constructor(
    address: string | URL | null,
    protocols?: string | ReadonlyArray<string> | Handshake.ClientOptions | undefined,
    options?: Handshake.ClientOptions
  ) {
    super()
    const own = isOptions(protocols) ? protocols : options
    const given = address === null ? own ?? {} : { ...own } // a client's are read later, too, and `false` is none
    this._isServer = address === null
    this._autoPong = !!Options.get(given, "autoPong")
    this._closeTimeout = Options.get(given, "closeTimeout") ?? 0
    this._maxPendingAutoPongs = Options.limit(Options.get(given, "maxPendingAutoPongs"))
    if (address === null) return
    const named = isOptions(protocols) ? given.protocols : protocols === undefined ? given.protocols : protocols
    const offered = named === undefined ? [] : Array.isArray(named) ? [...named] : [named]
    Handshake.start(this._opener(given), address, offered, given)
  }

  // ---- what it is ----

  /** Its place in the order in which the process's connections were made. */
  get _number(): number {
    return this._driver?.number ?? 0
  }

  /** The live socket. Whoever takes it into their own hands finds everything written that was sent before. */
  get _socket(): Duplex | null {
    this._driver?.flush()
    return this._duplex
  }

  /** What sends, from the first time on that something is sent. */
  get _sender(): Outgoing | null {
    const { _driver: driver } = this
    return driver === undefined ? null : this._outgoing ??= new Outgoing(driver.outbox, this)
  }

  get _closeFrameReceived(): boolean {
    return this._goodbye !== undefined
  }

  get _closeCode(): number {
    return (this._goodbye ?? abnormal).code
  }

  get _closeMessage(): Buffer {
    return (this._goodbye ?? abnormal).reason
  }

  get _closeFrameSent(): boolean {
    return this._driver?.isCloseWritten === true
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
    return this._extensions
  }

  get isPaused(): boolean {
    return this._paused
  }

  get bufferedAmount(): number {
    const { outbox } = this._driver ?? {}
    return outbox === undefined ? this._unsent : outbox.held + outbox.dropped + this._unsent
  }

  get binaryType(): Payload.BinaryType {
    return this._binaryType
  }

  set binaryType(type: Payload.BinaryType) {
    if (!Payload.binaryTypes.includes(type)) return
    this._binaryType = type
    this._driver?.protocol.keepFragments(type === "fragments")
  }

  // ---- opening ----

  _opener(options: Handshake.ClientOptions): Handshake.Opener {
    return {
      websocket: this,
      isConnecting: () => this._readyState === 0,
      setUrl: (url) => this._url = url,
      setRequest: (request) => this._req = request ?? null,
      setProtocol: (protocol) => this._protocol = protocol,
      open: ({ compression, head, socket }) => {
        this._agree(compression, options.perMessageDeflate ?? true)
        this.setSocket(socket, head, options)
      },
      abort: (stream, message) => this._abort(stream, message),
      fail: (error) => this._fail(error)
    }
  }

  /** Settles how messages are compressed. A server does it before `setSocket`. */
  _agree(
    params: PerMessageDeflate.Params | undefined,
    options: boolean | Options.PerMessageDeflateOptions | undefined
  ): void {
    const settings = Options.compression(options)
    this._agreement = params && settings && { params, settings }
    this._extensions = this._agreement === undefined ? "" : PerMessageDeflate.name
  }

  /** Makes it a connection over a socket on which the handshake is done; `head` is what was read from it already. */
  setSocket(socket: Duplex, head: Uint8Array, options: SocketOptions = {}): void {
    const { allowSynchronousEvents = Options.shared.allowSynchronousEvents } = options
    if (head.length > 0) socket.unshift(head)
    const driver = this._drive(socket, options)
    const listen = this._adopt(driver, allowSynchronousEvents)
    listen()
    driver.start() // before the program hears of it, so that what it listens to on the socket comes after our own
    this.emit("open")
  }

  /** Makes it the face of a connection that is there; returns how to begin with what comes. */
  _adopt(driver: Driver.Driver, allowSynchronousEvents: boolean): () => void {
    this._driver = driver
    this._duplex = driver.transport.duplex ?? null
    this._readyState = 1
    const incoming = this._incoming = new Incoming(this, allowSynchronousEvents)
    if (this._duplex !== null) Socket.adopt(this._duplex, this)
    driver.protocol.keepFragments(this._binaryType === "fragments")
    return () => {
      try {
        driver.setTap(incoming)
      } finally {
        driver.watch(incoming)
      }
    }
  }

  _drive(socket: Duplex, options: SocketOptions): Driver.Driver {
    const role = this._isServer ? "server" : "client"
    const { _agreement: agreement } = this
    return new Driver.Driver({
      protocol: new Protocol.Protocol({
        role,
        limits: Options.limits(options),
        bytes: nodeBytes,
        compression: agreement !== undefined,
        validateUtf8: !Options.get(options, "skipUTF8Validation"),
        reasons: false,
        endsFirst: true
      }),
      transport: NodeTransport.fromDuplex(socket),
      encoders: options.generateMask && !this._isServer ? new Encoders(keysOf(options.generateMask)) : encoders[role],
      compressor: agreement && new Compressor(agreement.settings, agreement.params, role),
      inboxSize: Inbox.usualSize, // for who takes the connection over: what events are made of waits nowhere
      closeTimeout: this._closeTimeout,
      lingerTimeout: this._closeTimeout,
      startTimer
    })
  }

  // ---- receiving ----

  pause(): void {
    if (this._readyState === 0 || this._readyState === 3) return
    this._paused = true
    this._driver?.stop(true)
  }

  /** What was held back comes as from a stream, not within the call: listeners may be added after it. */
  resume(): void {
    if (this._readyState === 0 || this._readyState === 3) return
    this._paused = false
    process.nextTick(goOn, this)
  }

  _hold(stopped: boolean): void {
    this._driver?.stop(stopped || this._paused)
  }

  /** Answers a ping, unless too many answers wait already. */
  _answer(payload: Buffer): void {
    if (!this._autoPong || this._readyState !== 1) return
    if (++this._pendingAutoPongs > this._maxPendingAutoPongs) return this.terminate()
    this.pong(payload, !this._isServer, () => this._pendingAutoPongs--)
  }

  // ---- sending ----

  send(data: unknown, options?: Partial<SendOptions> | Callback | null, callback?: Callback): void {
    if (this._readyState === 0) throw notOpen(0)
    const [given, done] = typeof options === "function" ? [undefined, options] : [options ?? undefined, callback]
    const payload = typeof data === "number" ? String(data) : data
    if (this._readyState !== 1) return this._sendTooLate(payload, done)
    this._sender?.message(
      payload || Payload.empty,
      optionsOf(given, typeof payload !== "string", !this._isServer),
      done
    )
  }

  ping(data?: unknown, mask?: boolean | Callback, callback?: Callback): void {
    this._control(Opcode.Ping, data, mask, callback)
  }

  pong(data?: unknown, mask?: boolean | Callback, callback?: Callback): void {
    this._control(Opcode.Pong, data, mask, callback)
  }

  _control(
    opcode: Opcode.Control,
    data: unknown,
    mask: boolean | Callback | undefined,
    callback?: Callback
  ): void {
    if (this._readyState === 0) throw notOpen(0)
    const [given, masked, done] = typeof data === "function"
      ? [undefined, undefined, data as Callback]
      : typeof mask === "function"
      ? [data, undefined, mask]
      : [data, mask, callback]
    const payload = typeof given === "number" ? String(given) : given
    if (this._readyState !== 1) return this._sendTooLate(payload, done)
    this._sender?.control(opcode, payload || Payload.empty, masked === undefined ? !this._isServer : masked, done)
  }

  _sendTooLate(data: unknown, callback: Callback | undefined): void {
    this._driver?.flush() // the callbacks of what was sent come first
    if (data) this._unsent += Payload.lengthOf(data)
    if (callback) process.nextTick(callback, notOpen(this._readyState))
  }

  /** The peer gets what was sent before, and no Close. */
  _unreadable(error: Error): void {
    if (this._readyState === 3) return
    this._closing()
    this._driver?.end()
    this._emitError(error)
  }

  // ---- closing ----

  close(code?: number, data?: string | Uint8Array): void {
    if (this._readyState === 3) return
    if (this._readyState === 0) return this._abort(this._req!, closedEarly)
    if (this._readyState === 2) return
    this._driver?.close({ ...CloseArguments.read(code, data), reason: "" })
    this._readyState = 2
  }

  terminate(): void {
    if (this._readyState === 3) return
    if (this._readyState === 0) return this._abort(this._req!, closedEarly)
    this._readyState = 2
    this._driver?.destroy()
  }

  _closing(): void {
    if (this._readyState < 2) this._readyState = 2
  }

  _conclude(payload: Uint8Array): void {
    const isGoodbye = this._driver!.protocol.state === "Exchanged"
    this._closeFor(CloseFrame.codeOf(payload), isGoodbye ? Payload.asBuffer(payload.subarray(2)) : undefined)
  }

  /** Closes for the peer's Close, or for its mistake, without a reason: once, and so that a subclass may send before it. */
  _closeFor(code: number, reason: Buffer | undefined): void {
    if (this._concluded) return
    this._concluded = true
    if (reason !== undefined) this._goodbye = { code, reason }
    this.close(code === 1005 ? undefined : code, reason)
  }

  /** The end is known, for which no Close may have been due any more. */
  _ended(): void {
    const { event, octets } = this._driver!.ending
    const { clean, code, error, reason } = event!
    const violation = error?.reason._tag === "ProtocolError" ? error.reason : undefined
    if (violation !== undefined) this._closeFor(violation.closeCode, undefined)
    else if (clean) this._closeFor(code, Payload.asBuffer(octets ?? Buffer.from(reason)))
    this._closing()
    if (violation !== undefined) {
      const translated = Errors.fromViolation(violation)
      this._incoming?.afterwards(() => this._emitError(translated))
    }
    if (this._gone) this._finish()
  }

  /** TCP is gone; what came before may still be on its way out of the thread pool. */
  _lost(): void {
    this._closing()
    this._gone = true
    if (this._duplex !== null) Socket.leave(this._duplex)
    if (this._driver?.ending.event === undefined) return
    // Where the end comes unannounced, ws has those hear of it first who listen to the socket
    if (this._concluded || this._duplex?.readableEnded !== false) this._finish()
    else process.nextTick(finish, this)
  }

  _finish(): void {
    this._incoming?.afterwards(() => this.emitClose())
  }

  /** The peer may break a rule after a Blob could not be read: one error is enough. */
  _emitError(error: Error): void {
    if (this._errorEmitted) return
    this._errorEmitted = true
    this.emit("error", error)
  }

  emitClose(): void {
    this._outgoing?.settle()
    this._readyState = 3
    this.emit("close", this._closeCode, this._closeMessage)
  }

  // ---- failing to open ----

  _fail(error: Error): void {
    this._readyState = 2
    this.emit("error", error)
    this.emitClose()
  }

  _abort(stream: ClientRequest | Duplex, message: string): void {
    this._readyState = 2
    const error = new Error(message)
    if (!("setHeader" in stream)) {
      stream.once("error", (cause: Error) => this.emit("error", cause)).once("close", () => this.emitClose())
      stream.destroy(error)
      return
    }
    Handshake.abandon(stream)
    stream.socket?.destroy() // it outlives a request whose answer was read
    process.nextTick(() => this._fail(error))
  }
}

/**
 * The face of a connection that is there.
 *
 * @category conversions
 * @since 0.1.0
 */
export const over = (driver: Driver.Driver, { extensions = [], protocol = "", role }: Agreement): WebSocket => {
  const websocket = new WebSocket(null)
  websocket._isServer = role === "server"
  websocket._protocol = protocol
  websocket._extensions = extensions.map(({ name }) => name).join(",")
  process.nextTick(websocket._adopt(driver, true))
  return websocket
}

type SendOptions = Parameters<Outgoing["message"]>[1]

/** What is given counts, even if it is `undefined`. Copying `given` by its names would cost more than the frame. */
const optionsOf = (given: Partial<SendOptions> | undefined, binary: boolean, mask: boolean): SendOptions => {
  if (typeof given !== "object") return { binary, compress: true, fin: true, mask }
  return {
    binary: "binary" in given ? given.binary! : binary,
    compress: "compress" in given ? given.compress! : true,
    fin: "fin" in given ? given.fin! : true,
    mask: "mask" in given ? given.mask! : mask
  }
}

const isOptions = (value: unknown): value is Handshake.ClientOptions =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const notOpen = (state: State): Error => new Error(`WebSocket is not open: readyState ${state} (${stateNames[state]})`)

/** A user's masking keys. */
const keysOf = (generateMask: (mask: Buffer) => void) => {
  const key = Buffer.alloc(4)
  return (): number => {
    generateMask(key)
    return Mask.readKey(key, 0)
  }
}

stateNames.forEach((name, value) => {
  Object.defineProperty(WebSocket, name, { enumerable: true, value })
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true, value })
})

for (const name of ["binaryType", "bufferedAmount", "extensions", "isPaused", "protocol", "readyState", "url"]) {
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true })
}
