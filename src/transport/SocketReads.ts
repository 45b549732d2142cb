/**
 * Reading from Node's sockets into memory of our own. By itself Node allocates 64 KiB for each read, and cuts it down to
 * what came.
 *
 * @since 0.1.0
 */
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import * as Memory from "./Memory.ts"
import * as WasmFrames from "./WasmFrames.ts"

/**
 * Takes what was read.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reader {
  /** Sees what was read where it lies, and may change it; how much it has taken. Of the rest it takes a copy next. */
  readonly prepare: (memory: Uint8Array, length: number) => number
  /** Takes bytes, which are its own from now on. */
  readonly take: (bytes: Uint8Array) => void
  /** Where to read next, if it has memory that waits for just these bytes. */
  readonly room: () => Uint8Array | undefined
}

/** What the sockets of Node 22 to 26 keep, by symbols that the option `onread` shows. */
interface Keys {
  readonly buffer: symbol
  readonly callback: symbol
  readonly generate: symbol
}

type Readable = Socket & {
  readonly _handle?: { readonly useUserBuffer?: (buffer: Uint8Array) => number } | null
  [key: symbol]: unknown
}

/**
 * Every socket reads into this memory. What was read is copied out of it at once, also if it fills it: memory that the
 * processor has in its cache is worth the copy, and no socket has any that waits for the next read.
 *
 * A ping-pong of 64 bytes costs 8.1 µs with it, against 9.6 µs.
 */
const shared = WasmFrames.reads

/** Where the socket that is being served reads next; Node asks for it within the same read. */
let next: Uint8Array = shared
const generate = (): Uint8Array => next

const ignore = () => true

/** Node documents the option `onread` of a socket that is made, and not how to set it later: so it is found out. */
const findKeys = (): Keys | undefined => {
  const buffer = new Uint8Array(1)
  const callback = ignore
  const [plain, generating] = [buffer, generate].map((buffer) => new Socket({ onread: { buffer, callback } } as object))
  const symbols = Object.getOwnPropertySymbols(plain)
  const keyOf = (socket: Socket, value: unknown) => symbols.find((key) => (socket as Readable)[key] === value)
  const keys = { buffer: keyOf(plain, buffer), callback: keyOf(plain, callback), generate: keyOf(generating, generate) }
  return Object.values(keys).includes(undefined) ? undefined : keys as Keys
}

const keys = findKeys()
const readerKey = Symbol("effect-ws/SocketReads")

/**
 * Called by Node as a method of the socket; false stops reading. The stream gets the bytes as usual while it pauses, holds
 * some already, or has another listener.
 */
function onRead(this: Readable, count: number, buffer: Buffer): boolean {
  const reader = this[readerKey] as Reader
  const isDirect = this.readableFlowing === true && this.readableLength === 0 && this.listenerCount("data") === 1
  const taken = isDirect && buffer === shared ? reader.prepare(shared, count) : 0
  const bytes = isDirect && buffer !== shared ? buffer.subarray(0, count) : copy(buffer, taken, count)
  next = shared
  if (!isDirect) return this.push(bytes)
  let isDone = false
  try {
    reader.take(bytes)
    isDone = true
  } finally {
    if (!isDone) this._handle?.useUserBuffer?.(this[keys!.buffer] = shared) // Node would read into the same memory again
  }
  next = reader.room() ?? shared
  return true
}

const copy = (buffer: Buffer, start: number, end: number): Buffer => {
  const bytes = Memory.allocate(end - start)
  bytes.set(buffer.subarray(start, end))
  return bytes
}

/**
 * Has a socket read into memory of our own from its next read on, where this Node has a way to do so. Its one listener
 * to `data` is the reader's.
 *
 * @category reading
 * @since 0.1.0
 */
export const begin = (duplex: Duplex, reader: Reader): void => {
  const socket = duplex as Readable
  if (keys === undefined || !(duplex instanceof Socket) || socket._handle?.useUserBuffer === undefined) return
  socket[readerKey] = reader
  socket[keys.buffer] = shared
  socket[keys.callback] = onRead
  socket[keys.generate] = generate
  socket._handle.useUserBuffer(shared)
}
