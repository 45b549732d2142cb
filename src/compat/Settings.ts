/**
 * What programs set, and the values that they are given, by the names that ws's types have for them.
 *
 * @since 0.1.0
 */
import type { Buffer } from "node:buffer"
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http"
import type { ZlibOptions } from "node:zlib"

/**
 * The data of a message: one Buffer, or what `binaryType` asks for instead. With `"blob"` it is a `Blob`.
 *
 * @category models
 * @since 0.1.0
 */
export type RawData = Buffer | ArrayBuffer | Array<Buffer>

/**
 * The data of a message event, in which text is a string.
 *
 * @category models
 * @since 0.1.0
 */
export type Data = string | RawData

/**
 * A certificate or a key.
 *
 * @category models
 * @since 0.1.0
 */
export type CertMeta = string | Array<string> | Buffer | Array<Buffer>

/**
 * Where a server listens.
 *
 * @category models
 * @since 0.1.0
 */
export interface AddressInfo {
  address: string
  family: string
  port: number
}

/**
 * The options of `addEventListener`.
 *
 * @category options
 * @since 0.1.0
 */
export interface EventListenerOptions {
  once?: boolean | undefined
}

/**
 * The options of `send`.
 *
 * @category options
 * @since 0.1.0
 */
export interface SendOptions {
  binary?: boolean | undefined
  compress?: boolean | undefined
  fin?: boolean | undefined
  mask?: boolean | undefined
}

/**
 * The options of permessage-deflate.
 *
 * @category options
 * @since 0.1.0
 */
export interface PerMessageDeflateOptions {
  serverNoContextTakeover?: boolean | undefined
  clientNoContextTakeover?: boolean | undefined
  serverMaxWindowBits?: number | undefined
  clientMaxWindowBits?: number | undefined
  zlibDeflateOptions?: {
    flush?: number | undefined
    finishFlush?: number | undefined
    chunkSize?: number | undefined
    windowBits?: number | undefined
    level?: number | undefined
    memLevel?: number | undefined
    strategy?: number | undefined
    dictionary?: Buffer | Array<Buffer> | DataView | undefined
    info?: boolean | undefined
  } | undefined
  zlibInflateOptions?: ZlibOptions | undefined
  /** The octets from which on a message is compressed. 1024 by default. */
  threshold?: number | undefined
  /** How many messages are compressed at once. 10 by default. */
  concurrencyLimit?: number | undefined
}

/**
 * The options that clients and servers share.
 *
 * @category options
 * @since 0.1.0
 */
export interface ConnectionOptions {
  /** Whether several events may be emitted in one turn of the event loop. */
  allowSynchronousEvents?: boolean | undefined
  /** Whether pings are answered. */
  autoPong?: boolean | undefined
  /** Milliseconds that closing may take. 30 000 by default. */
  closeTimeout?: number | undefined
  /** Chunks of a frame that may be waiting. 262 144 by default. */
  maxBufferedChunks?: number | undefined
  /** Frames of one message. 16 384 by default. */
  maxFragments?: number | undefined
  /** Octets of one message. 100 MiB by default. */
  maxPayload?: number | undefined
  /** Answers to pings that may be waiting. 60 by default. */
  maxPendingAutoPongs?: number | undefined
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined
  skipUTF8Validation?: boolean | undefined
}

interface ClientInfo<Request> {
  origin: string
  secure: boolean
  req: Request
}

/**
 * Says at once whether a client is let in.
 *
 * @category options
 * @since 0.1.0
 */
export type VerifyClientCallbackSync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>
) => boolean

/**
 * Calls back with whether a client is let in, or how it is refused.
 *
 * @category options
 * @since 0.1.0
 */
export type VerifyClientCallbackAsync<Request extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<Request>,
  callback: (res: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void
) => void
