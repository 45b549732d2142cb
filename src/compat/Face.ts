/**
 * The classes of ws under the types that programs know them by.
 *
 * @since 0.1.0
 */
import type { Buffer } from "node:buffer"
import type { EventEmitter } from "node:events"
import type { Agent, ClientRequest, ClientRequestArgs, IncomingMessage, Server as HttpServer } from "node:http"
import type { Server as HttpsServer } from "node:https"
import type { createConnection } from "node:net"
import type { Duplex, DuplexOptions } from "node:stream"
import type { SecureContextOptions } from "node:tls"
import * as Extension from "./Extension.ts"
import { PerMessageDeflate } from "./PerMessageDeflate.ts"
import { Receiver } from "./Receiver.ts"
import { Sender } from "./Sender.ts"
import type * as Settings from "./Settings.ts"
import * as Subprotocol from "./Subprotocol.ts"
import { WebSocket as CompatWebSocket } from "./WebSocket.ts"
import { WebSocketServer as CompatServer } from "./WebSocketServer.ts"
import { createWebSocketStream as streamOf } from "./WebSocketStream.ts"

// oxlint-disable typescript/no-explicit-any -- programs rely on it where ws's types have it

type RequestClass = typeof IncomingMessage

// ---- options that mention the classes ----

/**
 * Changes a client's request before it is sent, and sends it with `request.end()`.
 *
 * @category options
 * @since 0.1.0
 */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void

/**
 * The options of a client, besides those of `http.request`.
 *
 * @category options
 * @since 0.1.0
 */
export interface ClientOptions extends SecureContextOptions, Settings.ConnectionOptions {
  agent?: Agent | undefined
  checkServerIdentity?(servername: string, cert: Settings.CertMeta): boolean
  createConnection?: typeof createConnection | undefined
  family?: number | undefined
  finishRequest?: FinishRequestCallback | undefined
  followRedirects?: boolean | undefined
  /** Fills in the four octets of a masking key. */
  generateMask?(mask: Buffer): void
  /** Milliseconds that the opening handshake may take. */
  handshakeTimeout?: number | undefined
  headers?: { [name: string]: string } | undefined
  host?: string | undefined
  localAddress?: string | undefined
  maxRedirects?: number | undefined
  origin?: string | undefined
  protocol?: string | undefined
  /** The subprotocols, if they are not an argument of their own. */
  protocols?: string | Array<string> | undefined
  /** 13, or 8 for very old servers. */
  protocolVersion?: number | undefined
  rejectUnauthorized?: boolean | undefined
}

/**
 * The options of a server: exactly one of `port`, `server` and `noServer`.
 *
 * @category options
 * @since 0.1.0
 */
export interface ServerOptions<
  T extends WebSocketClass = Face,
  U extends RequestClass = RequestClass
> extends Settings.ConnectionOptions {
  backlog?: number | undefined
  clientTracking?: boolean | undefined
  handleProtocols?: (protocols: Set<string>, request: InstanceType<U>) => string | false
  host?: string | undefined
  noServer?: boolean | undefined
  path?: string | undefined
  port?: number | undefined
  server?: HttpServer<U> | HttpsServer<U> | undefined
  verifyClient?:
    | Settings.VerifyClientCallbackAsync<InstanceType<U>>
    | Settings.VerifyClientCallbackSync<InstanceType<U>>
    | undefined
  /** The class of the server's WebSockets. */
  WebSocket?: T | undefined
}

// ---- events ----

/**
 * An event without anything of its own.
 *
 * @category events
 * @since 0.1.0
 */
export interface Event {
  type: string
  target: WebSocket
}

/**
 * Something went wrong.
 *
 * @category events
 * @since 0.1.0
 */
export interface ErrorEvent extends Event {
  error: any
  message: string
}

/**
 * The connection is closed.
 *
 * @category events
 * @since 0.1.0
 */
export interface CloseEvent extends Event {
  wasClean: boolean
  code: number
  reason: string
}

/**
 * A message has come.
 *
 * @category events
 * @since 0.1.0
 */
export interface MessageEvent extends Event {
  data: Settings.Data
}

/**
 * The events that `addEventListener` knows.
 *
 * @category events
 * @since 0.1.0
 */
export interface WebSocketEventMap {
  open: Event
  error: ErrorEvent
  close: CloseEvent
  message: MessageEvent
}

/**
 * What the listeners of a WebSocket are called with.
 *
 * @category events
 * @since 0.1.0
 */
export interface WebSocketEvents {
  "close": [code: number, reason: Buffer]
  "error": [error: Error]
  "message": [data: Settings.RawData, isBinary: boolean]
  "open": []
  "ping": [data: Buffer]
  "pong": [data: Buffer]
  "redirect": [url: string, request: ClientRequest]
  "unexpected-response": [request: ClientRequest, response: IncomingMessage]
  "upgrade": [response: IncomingMessage]
}

/**
 * What the listeners of a server are called with.
 *
 * @category events
 * @since 0.1.0
 */
export interface ServerEvents<T extends WebSocketClass, U extends RequestClass> {
  close: []
  connection: [websocket: InstanceType<T>, request: InstanceType<U>]
  error: [error: Error]
  headers: [headers: Array<string>, request: InstanceType<U>]
  listening: []
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>]
}

// ---- the classes' instances ----

type AnyListener<Self> = (this: Self, ...args: Array<any>) => void

/** An EventEmitter with known events, besides which there may be any others. */
interface Emitter<Self, Events extends Record<keyof Events, Array<unknown>>> extends EventEmitter {
  on<K extends keyof Events>(event: K, listener: (this: Self, ...args: Events[K]) => void): this
  on(event: string | symbol, listener: AnyListener<Self>): this
  once<K extends keyof Events>(event: K, listener: (this: Self, ...args: Events[K]) => void): this
  once(event: string | symbol, listener: AnyListener<Self>): this
  off<K extends keyof Events>(event: K, listener: (this: Self, ...args: Events[K]) => void): this
  off(event: string | symbol, listener: AnyListener<Self>): this
  addListener<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): this
  addListener(event: string | symbol, listener: AnyListener<void>): this
  removeListener<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): this
  removeListener(event: string | symbol, listener: AnyListener<void>): this
}

type Callback = (error?: Error) => void

type Handler<E> = ((event: E) => void) | { handleEvent(event: E): void }

/** What can be sent: what `Buffer.from` takes, numbers and Blobs. */
type Payload =
  | string
  | number
  | ArrayBufferLike
  | ArrayBufferView
  | Blob
  | ReadonlyArray<any>
  | { valueOf(): string | ArrayBufferLike | Uint8Array | ReadonlyArray<number> }
  | { [Symbol.toPrimitive](hint: string): string }

/**
 * A WebSocket, of a client or of a server.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocket extends Emitter<WebSocket, WebSocketEvents>, ReadyStates {
  get binaryType(): "nodebuffer" | "arraybuffer" | "fragments"
  set binaryType(type: "nodebuffer" | "arraybuffer" | "fragments" | "blob")
  /** Octets that were sent, and that the operating system does not have yet. */
  readonly bufferedAmount: number
  readonly extensions: string
  readonly isPaused: boolean
  readonly protocol: string
  readonly readyState: 0 | 1 | 2 | 3
  readonly url: string

  onopen: ((event: Event) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  onmessage: ((event: MessageEvent) => void) | null

  send(data: Payload, callback?: Callback): void
  send(data: Payload, options: Settings.SendOptions, callback?: Callback): void
  ping(data?: any, mask?: boolean, callback?: (error: Error) => void): void
  pong(data?: any, mask?: boolean, callback?: (error: Error) => void): void
  close(code?: number, data?: string | Buffer): void
  /** Ends the connection at once, without a Close. */
  terminate(): void
  /** Stops reading. Messages that were read may still come. */
  pause(): void
  resume(): void

  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Handler<WebSocketEventMap[K]>,
    options?: Settings.EventListenerOptions
  ): void
  removeEventListener<K extends keyof WebSocketEventMap>(type: K, listener: Handler<WebSocketEventMap[K]>): void
}

/**
 * A server, whose WebSockets are of the class `T` and whose requests are of the class `U`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server<T extends WebSocketClass = WebSocketClass, U extends RequestClass = RequestClass>
  extends Emitter<Server<T>, ServerEvents<T, U>>
{
  options: ServerOptions<any, U>
  path: string
  clients: Set<InstanceType<T>>

  address(): Settings.AddressInfo | string | null
  /** Accepts no more clients. Those that there are stay; it is closed when they have gone. */
  close(callback?: Callback): void
  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    head: Buffer,
    callback: (client: InstanceType<T>, request: InstanceType<U>) => void
  ): void
  /** Whether a request is this server's. */
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>
}

/**
 * A server of plain WebSockets.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketServer extends Server {}

// ---- the classes ----

interface ReadyStates {
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
}

type StaticsOf<Class> = Pick<Class, Exclude<keyof Class, "prototype">>

/**
 * A class of WebSockets: `WebSocket`, or one that extends it.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketClass extends StaticsOf<typeof EventEmitter>, ReadyStates {
  new(address: null): WebSocket
  new(address: string | URL, options?: ClientOptions | ClientRequestArgs): WebSocket
  new(address: string | URL, protocols?: string | Array<string>, options?: ClientOptions | ClientRequestArgs): WebSocket
  readonly prototype: WebSocket
}

/**
 * The class of servers.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerClass extends StaticsOf<typeof EventEmitter> {
  new<T extends WebSocketClass = WebSocketClass, U extends RequestClass = RequestClass>(
    options?: ServerOptions<T, U>,
    callback?: () => void
  ): Server<T, U>
  readonly prototype: Server<any, any>
}

/**
 * The class with everything that ws exports as its properties.
 *
 * @category models
 * @since 0.1.0
 */
export interface Face extends WebSocketClass {
  readonly createWebSocketStream: typeof createWebSocketStream
  readonly extension: typeof extension
  readonly PerMessageDeflate: typeof PerMessageDeflate
  readonly Receiver: typeof Receiver
  readonly Sender: typeof Sender
  readonly Server: ServerClass
  readonly subprotocol: typeof subprotocol
  readonly WebSocket: Face
  readonly WebSocketServer: ServerClass
}

// ---- the values ----

/**
 * Makes a Duplex of a WebSocket: what is read are its messages, what is written becomes one message each.
 *
 * @category conversions
 * @since 0.1.0
 */
export const createWebSocketStream = streamOf as unknown as (websocket: WebSocket, options?: DuplexOptions) => Duplex

/**
 * Reads and writes `Sec-WebSocket-Extensions`.
 *
 * @category headers
 * @since 0.1.0
 */
export const extension = { format: Extension.format, parse: Extension.parse }

/**
 * Reads `Sec-WebSocket-Protocol`.
 *
 * @category headers
 * @since 0.1.0
 */
export const subprotocol = { parse: Subprotocol.parse }

/**
 * ws's class `WebSocketServer`.
 *
 * @category classes
 * @since 0.1.0
 */
export const WebSocketServer = CompatServer as unknown as ServerClass

/**
 * ws's class `WebSocket`, which has the others as its properties.
 *
 * @category classes
 * @since 0.1.0
 */
export const WebSocket: Face = Object.assign(CompatWebSocket as unknown as Face, {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server: WebSocketServer,
  subprotocol,
  WebSocket: CompatWebSocket as unknown as Face,
  WebSocketServer
})

interface Itself extends WebSocket {}
interface ServerItself extends WebSocketServer {}

/**
 * The types, as `WebSocket.RawData` and the like.
 *
 * @category models
 * @since 0.1.0
 */
export declare namespace WebSocket {
  export {
    type ClientOptions,
    type CloseEvent,
    type ErrorEvent,
    type Event,
    type Face,
    type FinishRequestCallback,
    type Itself as WebSocket,
    type MessageEvent,
    type Server,
    type ServerClass,
    type ServerEvents,
    type ServerItself as WebSocketServer,
    type ServerOptions,
    type WebSocketClass,
    type WebSocketEventMap,
    type WebSocketEvents
  }
  export type AddressInfo = Settings.AddressInfo
  export type CertMeta = Settings.CertMeta
  export type ConnectionOptions = Settings.ConnectionOptions
  export type Data = Settings.Data
  export type EventListenerOptions = Settings.EventListenerOptions
  export type PerMessageDeflateOptions = Settings.PerMessageDeflateOptions
  export type RawData = Settings.RawData
  export type SendOptions = Settings.SendOptions
  export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> =
    Settings.VerifyClientCallbackAsync<Request>
  export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> =
    Settings.VerifyClientCallbackSync<Request>
}
