/**
 * The few operations on bytes that dominate the cost of a WebSocket. A platform may have faster ones.
 *
 * @since 0.1.0
 */
import * as Mask from "./Mask.ts"
import * as MaskedFrames from "./MaskedFrames.ts"
import * as Utf8 from "./Utf8.ts"

/**
 * What the protocol asks of the platform for bytes and text.
 *
 * **Details**
 *
 * `encodeInto` writes as much of the text as fits and returns the octets written. `decode` replaces what is not UTF-8
 * by U+FFFD and keeps a byte order mark: a text message is the text that was sent. `latin1` makes one character of each
 * octet, of which only those of ASCII count. `mask` is `Mask.apply`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Bytes {
  readonly mask: (bytes: Uint8Array, start: number, end: number, key: number, phase: number) => void
  readonly frames: MaskedFrames.MaskedFrames
  readonly latin1: (bytes: Uint8Array, start: number, end: number) => string
  readonly isUtf8: (bytes: Uint8Array) => boolean
  readonly decode: (bytes: Uint8Array) => string
  readonly encode: (text: string) => Uint8Array
  readonly encodeInto: (text: string, target: Uint8Array, at: number) => number
  readonly allocate: (size: number) => Uint8Array
  readonly view: (memory: ArrayBufferLike, offset: number, length: number) => Uint8Array
}

/** Made when they are needed: those who have their own way need none, and a realm made for tests may have none. */
let decoder: InstanceType<typeof TextDecoder> | undefined = undefined
let latin1: InstanceType<typeof TextDecoder> | undefined = undefined
let encoder: InstanceType<typeof TextEncoder> | undefined = undefined

const toText = () => decoder ??= new TextDecoder("utf-8", { ignoreBOM: true })
const toLatin1 = () => latin1 ??= new TextDecoder("latin1")
const toUtf8 = () => encoder ??= new TextEncoder()

/**
 * The operations in plain JavaScript, for any platform.
 *
 * @category constructors
 * @since 0.1.0
 */
export const portable: Bytes = {
  mask: Mask.apply,
  frames: MaskedFrames.portable,
  latin1: (bytes, start, end) => toLatin1().decode(bytes.subarray(start, end)),
  isUtf8: Utf8.isValid,
  decode: (bytes) => toText().decode(bytes),
  encode: (text) => toUtf8().encode(text),
  encodeInto: (text, target, at) => toUtf8().encodeInto(text, target.subarray(at)).written,
  allocate: (size) => new Uint8Array(size),
  view: (memory, offset, length) => new Uint8Array(memory, offset, length)
}

/**
 * Decodes a whole text, or returns `undefined` where it is not UTF-8 (RFC 6455 §8.1).
 *
 * **Details**
 *
 * Decoding comes first, and validation only if U+FFFD shows up in the result: at 64 bytes 71 ns against 121 ns for the
 * other order.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeUtf8 = (self: Bytes, bytes: Uint8Array): string | undefined => {
  const text = self.decode(bytes)
  return text.includes("\uFFFD") && !self.isUtf8(bytes) ? undefined : text
}

/**
 * Brings chunks together in one allocation. A single chunk is returned as it is.
 *
 * @category combinators
 * @since 0.1.0
 */
export const concat = (self: Bytes, chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  if (chunks.length === 1) return chunks[0]
  const whole = self.allocate(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
