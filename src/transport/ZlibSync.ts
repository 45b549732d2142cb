/**
 * Writing to a kept zlib context synchronously, which Node does not document. All of that is here: it is used only
 * where a round trip works, and everything works without it.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"
import * as Zlib from "node:zlib"

/**
 * A raw zlib stream of Node, of either kind.
 *
 * @category models
 * @since 0.1.0
 */
export type RawStream = Zlib.DeflateRaw | Zlib.InflateRaw

type WriteSync = (
  flush: number,
  input: Uint8Array,
  from: number,
  length: number,
  output: Uint8Array,
  to: number,
  room: number
) => void

type SetParams = (level: number, strategy: number) => void

/** What Node's own `deflateRawSync` and `params` use. A write leaves what room and what input are left over. */
interface Internals {
  readonly _handle: { writeSync: WriteSync; params: SetParams }
  readonly _writeState: Uint32Array
}

const { Z_SYNC_FLUSH } = Zlib.constants

/**
 * Passes the input from `from` on through the stream, into as much of `output` as it fills, and flushes.
 *
 * **Details**
 *
 * Afterwards `room` and `left` tell the rest, and the stream is destroyed if the data was corrupt.
 *
 * @category writing
 * @since 0.1.0
 */
export const write = (stream: RawStream, input: Uint8Array, from: number, output: Uint8Array): void => {
  const { _handle } = stream as unknown as Internals
  _handle.writeSync(Z_SYNC_FLUSH, input, from, input.length - from, output, 0, output.length)
}

/**
 * How many octets of the output the last `write` did not fill. If there are none, it has more to give.
 *
 * @category writing
 * @since 0.1.0
 */
export const room = (stream: RawStream): number => (stream as unknown as Internals)._writeState[0]

/**
 * How many octets of the input the last `write` did not take.
 *
 * @category writing
 * @since 0.1.0
 */
export const left = (stream: RawStream): number => (stream as unknown as Internals)._writeState[1]

/** The header of a block without compression (RFC 1951 §3.2.4). */
const blockHeader = (length: number): Uint8Array =>
  Uint8Array.of(0, length & 0xff, length >> 8, ~length & 0xff, ~length >> 8 & 0xff)

/**
 * Makes a new inflating stream as if it had given these octets, at most 32 KiB at once: they are passed through it as a
 * block without compression, in less than 1 µs. `scratch` has to be larger than they are.
 *
 * @category following
 * @since 0.1.0
 */
export const followInflated = (stream: RawStream, octets: Uint8Array, scratch: Uint8Array): void => {
  write(stream, blockHeader(octets.length), 0, scratch)
  write(stream, octets, 0, scratch)
}

/**
 * Makes a new deflating stream as if it had been given these octets, at most 32 KiB at once. `scratch` has to be larger
 * than they are.
 *
 * **Details**
 *
 * They are written at level 0, which only copies them, and zlib makes up for it when the level changes: the same as a
 * preset dictionary, but without a new stream. Of those, memory fills up with closed ones, as Node does not free the
 * dictionary of one before it is collected.
 *
 * @category following
 * @since 0.1.0
 */
export const followDeflated = (
  stream: RawStream,
  octets: Uint8Array,
  level: number,
  strategy: number,
  scratch: Uint8Array
): void => {
  const { _handle } = stream as unknown as Internals
  _handle.params(0, strategy)
  write(stream, octets, 0, scratch)
  _handle.params(level, strategy)
}

/**
 * Sets the level for what is written next. Among 4 to 9 that costs nothing: they differ in how long they search.
 *
 * @category writing
 * @since 0.1.0
 */
export const setLevel = (stream: RawStream, level: number, strategy: number): void => {
  const { _handle } = stream as unknown as Internals
  _handle.params(level, strategy)
}

// ---- testing ----

/** `_processChunk` calls `writeSync`, and `params` the handle's, as they want to be called. */
interface Callers {
  readonly _processChunk: (chunk: Uint8Array, flush: number) => Uint8Array
  flush: (kind: number, callback: () => void) => void
}

/** The arguments of Node's own calls, since a call with others than it expects ends the process. */
const observe = (): ReadonlyArray<ReadonlyArray<unknown>> => {
  const stream = Zlib.createDeflateRaw()
  const { _handle } = stream as unknown as Internals
  const { params, writeSync } = _handle
  const callers = stream as unknown as Callers
  const seen: Array<ReadonlyArray<unknown>> = []
  _handle.params = (...args) => {
    seen.push(args)
    params.apply(_handle, args)
  }
  _handle.writeSync = (...args) => {
    seen.push(args)
    writeSync.apply(_handle, args)
  }
  callers.flush = (_kind, callback) => callback()
  stream.params(1, 0, () => {})
  callers._processChunk(Buffer.from("?"), Z_SYNC_FLUSH)
  stream.close()
  return seen
}

const isExpected = ([params = [], write = []]: ReadonlyArray<ReadonlyArray<unknown>>): boolean => {
  const [flush, input, from, length, output, to, room] = write
  return params.length === 2 && params[0] === 1 && params[1] === 0 &&
    write.length === 7 && flush === Z_SYNC_FLUSH && input instanceof Uint8Array && from === 0 && length === 1 &&
    output instanceof Uint8Array && to === 0 && room === output.length
}

const pass = (stream: RawStream, input: Uint8Array): Buffer => {
  const output = Buffer.alloc(64)
  write(stream, input, 0, output)
  return left(stream) === 0 ? output.subarray(0, output.length - room(stream)) : output
}

/** Passes a text through both kinds, as new and after itself, and something corrupt. */
const roundTrip = (): boolean => {
  const [deflate, inflate] = [Zlib.createDeflateRaw(), Zlib.createInflateRaw()]
  inflate.on("error", () => {})
  const text = Buffer.from("effect-ws: 0123456789")
  const fresh = pass(deflate, text)
  const isFreshRead = pass(inflate, fresh).equals(text)
  deflate.reset()
  inflate.reset()
  followDeflated(deflate, text, 6, 0, Buffer.alloc(64))
  followInflated(inflate, text, Buffer.alloc(64))
  const following = pass(deflate, text)
  const isFollowingRead = pass(inflate, following).equals(text)
  pass(inflate, Uint8Array.of(6)) // a block of the reserved type
  deflate.close()
  return isFreshRead && isFollowingRead && following.length < fresh.length && inflate.destroyed
}

/**
 * Finds out whether this Node can be written to synchronously. It takes 2 ms the first time, so that the answer is worth
 * keeping.
 *
 * @category testing
 * @since 0.1.0
 */
export const works = (): boolean => {
  try {
    return isExpected(observe()) && roundTrip()
  } catch {
    return false
  }
}
