/**
 * How a compat WebSocket comes to its connection, or fails to.
 *
 * @since 0.1.0
 */
import type { EventEmitter } from "node:events"
import type { ClientRequest } from "node:http"
import type { Duplex } from "node:stream"
import { Compressor } from "../connection/Compressor.ts"
import { Driver } from "../connection/Driver.ts"
import { Encoders, encoders } from "../connection/Encoders.ts"
import * as Inbox from "../connection/Inbox.ts"
import * as Mask from "../protocol/Mask.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as Protocol from "../protocol/Protocol.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import * as NodeTransport from "../transport/NodeTransport.ts"
import * as Handshake from "./Handshake.ts"
import * as Options from "./Options.ts"
import type { Agreement, PerMessageDeflate as Deflate } from "./PerMessageDeflate.ts"

/**
 * What a socket becomes a connection with.
 *
 * @category models
 * @since 0.1.0
 */
export interface SocketOptions extends Options.SharedOptions {
  readonly generateMask?: ((mask: Buffer) => void) | undefined
}

/**
 * Where a WebSocket has what was agreed on in its handshake.
 *
 * @category models
 * @since 0.1.0
 */
export const agreementKey: unique symbol = Symbol("effect-ws/agreement")

/**
 * The names of the extensions; or, of a program that has done the handshake by hand, what ws has there.
 *
 * @category models
 * @since 0.1.0
 */
export type Extensions = string | { readonly [PerMessageDeflate.name]?: Deflate | undefined }

/**
 * As much of a WebSocket as opening it takes. What begins with an underscore is ws's.
 *
 * @category models
 * @since 0.1.0
 */
export interface Opening extends EventEmitter {
  readonly url: string
  readonly _isServer: boolean
  readonly _closeTimeout: number
  _readyState: 0 | 1 | 2 | 3
  _req: ClientRequest | null
  _url: string | undefined
  _protocol: string
  _extensions: Extensions
  [agreementKey]: Agreement | undefined
  setSocket(socket: Duplex, head: Uint8Array, options: SocketOptions): void
  emitClose(): void
}

/**
 * Settles how messages are compressed. A server does it before `setSocket`.
 *
 * @category opening
 * @since 0.1.0
 */
export const agree = (
  websocket: Pick<Opening, "_extensions" | typeof agreementKey>,
  params: PerMessageDeflate.Params | undefined,
  options: boolean | Options.PerMessageDeflateOptions | undefined
): void => {
  const settings = Options.compression(options)
  if (params === undefined || settings === undefined) return
  websocket[agreementKey] = { params, settings }
  websocket._extensions = PerMessageDeflate.name
}

/**
 * The connection on a socket on which the handshake is done.
 *
 * @category opening
 * @since 0.1.0
 */
export const drive = (websocket: Opening, socket: Duplex, options: SocketOptions): Driver => {
  const { _closeTimeout: closeTimeout, _extensions: extensions, _isServer: isServer } = websocket
  const agreement = typeof extensions === "string"
    ? websocket[agreementKey]
    : extensions[PerMessageDeflate.name]?.agreement
  const role = isServer ? "server" : "client"
  return new Driver({
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
    encoders: options.generateMask && !isServer ? new Encoders(keysOf(options.generateMask)) : encoders[role],
    compressor: agreement && new Compressor(agreement.settings, agreement.params, role),
    inboxSize: Inbox.usualSize, // for who takes the connection over: what events are made of waits nowhere
    closeTimeout,
    lingers: false, // ws has one time for both
    startTimer
  })
}

const startTimer = (milliseconds: number, callback: () => void): () => void => {
  const timer = setTimeout(callback, milliseconds)
  return () => clearTimeout(timer)
}

/** A user's masking keys. */
const keysOf = (generateMask: (mask: Buffer) => void) => {
  const key = Buffer.alloc(4)
  return (): number => {
    generateMask(key)
    return Mask.readKey(key, 0)
  }
}

/**
 * What a client's handshake tells its WebSocket.
 *
 * @category opening
 * @since 0.1.0
 */
export const openerOf = (websocket: Opening, options: Handshake.ClientOptions): Handshake.Opener => ({
  websocket,
  isConnecting: () => websocket._readyState === 0,
  setUrl: (url) => websocket._url = url,
  setRequest: (request) => websocket._req = request ?? null,
  setProtocol: (protocol) => websocket._protocol = protocol,
  open: ({ compression, head, socket }) => {
    agree(websocket, compression, options.perMessageDeflate ?? true)
    websocket.setSocket(socket, head, options)
  },
  abort: (stream, message) => abort(websocket, stream, message),
  fail: (error) => fail(websocket, error)
})

/**
 * Gives up opening, with the request or the socket.
 *
 * @category opening
 * @since 0.1.0
 */
export const abort = (websocket: Opening, stream: ClientRequest | Duplex, message: string): void => {
  websocket._readyState = 2
  const error = new Error(message)
  if (!("setHeader" in stream)) {
    stream.once("error", (cause: Error) => websocket.emit("error", cause)).once("close", () => websocket.emitClose())
    stream.destroy(error)
    return
  }
  Handshake.abandon(stream)
  stream.socket?.destroy() // it outlives a request whose answer was read
  process.nextTick(() => fail(websocket, error))
}

const fail = (websocket: Opening, error: Error): void => {
  websocket._readyState = 2
  websocket.emit("error", error)
  websocket.emitClose()
}
