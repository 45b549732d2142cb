/**
 * The operations on bytes as Node does them fastest.
 *
 * @since 0.1.0
 */
import { Buffer, isUtf8 } from "node:buffer"
import { createRequire } from "node:module"
import * as Arena from "../protocol/Arena.ts"
import type { Bytes } from "../protocol/Bytes.ts"
import * as Mask from "../protocol/Mask.ts"
import * as Memory from "./Memory.ts"
import * as WasmFrames from "./WasmFrames.ts"

interface BufferUtil {
  readonly unmask: (bytes: Uint8Array, key: Uint8Array) => void
}

/** What `toString` and `write` of a Buffer come down to; not documented, and so not taken for granted. */
interface NativeText {
  readonly latin1Slice?: (start: number, end: number) => string
  readonly utf8Slice?: (start: number, end: number) => string
  readonly utf8Write?: (text: string, at: number, length: number) => number
}

const { latin1Slice, utf8Slice, utf8Write } = Buffer.prototype as unknown as NativeText

/** The class that Buffers are made of: to make one of it takes 20 ns, and `subarray` 31. */
const View = (Buffer as { readonly [Symbol.species]?: typeof Uint8Array })[Symbol.species] ?? Uint8Array

/** Below this size our own loop by words is faster than the way into native code and back. */
const nativePays = 1536

/** `bufferutil`, if it is installed and `WS_NO_BUFFER_UTIL` does not forbid it. */
const loadBufferUtil = (): BufferUtil | undefined => {
  if (process.env["WS_NO_BUFFER_UTIL"]) return undefined
  try {
    return createRequire(import.meta.url)("bufferutil") as BufferUtil
  } catch {
    return undefined
  }
}

const octets = Buffer.alloc(4)

const nativeMask = ({ unmask }: BufferUtil): Bytes["mask"] => (bytes, start, end, key, phase) => {
  if (end - start < nativePays) return Mask.apply(bytes, start, end, key, phase)
  Mask.writeKey(Mask.rotate(key, phase), octets, 0)
  unmask(bytes.subarray(start, end), octets)
}

const bufferUtil = loadBufferUtil()

/** A Buffer over the same memory, for the methods that Uint8Array lacks. */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)

/**
 * Node's operations: `Buffer` for text, `bufferutil` for masking from 1.5 KiB on where it is installed.
 *
 * **Details**
 *
 * The environment variable `WS_NO_BUFFER_UTIL` keeps `bufferutil` out.
 *
 * @category constructors
 * @since 0.1.0
 */
export const nodeBytes: Bytes = {
  mask: bufferUtil === undefined ? Mask.apply : nativeMask(bufferUtil),
  frames: WasmFrames.frames,
  latin1: latin1Slice === undefined
    ? (bytes, start, end) => asBuffer(bytes).toString("latin1", start, end)
    : (bytes, start, end) => latin1Slice.call(asBuffer(bytes), start, end),
  isUtf8,
  decode: utf8Slice === undefined
    ? (bytes) => asBuffer(bytes).toString("utf8")
    : (bytes) => utf8Slice.call(asBuffer(bytes), 0, bytes.length),
  encode: (text) => Buffer.from(text, "utf8"),
  encodeInto: utf8Write === undefined
    ? (text, target, at) => asBuffer(target).write(text, at, "utf8")
    : (text, target, at) => utf8Write.call(asBuffer(target), text, at, target.length - at),
  allocate: Memory.allocate,
  view: (memory, offset, length) => new View(memory, offset, length)
}

/**
 * The process's memory for small outgoing frames. JavaScript runs one connection at a time, so one slab serves all.
 *
 * @category constants
 * @since 0.1.0
 */
export const nodeArena = new Arena.Arena(nodeBytes.allocate)
