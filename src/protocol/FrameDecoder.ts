/**
 * Takes frames, or pieces of them, out of bytes (RFC 6455 §5.2).
 *
 * @since 0.1.0
 */
import * as AsciiTexts from "./AsciiTexts.ts"
import * as ByteQueue from "./ByteQueue.ts"
import type * as Bytes from "./Bytes.ts"
import type { Frame } from "./Frame.ts"
import * as FrameHeader from "./FrameHeader.ts"
import * as Mask from "./Mask.ts"
import * as MaskedFrames from "./MaskedFrames.ts"
import * as Opcode from "./Opcode.ts"
import * as Violation from "./Violation.ts"

/**
 * Decodes frames from chunks that are pushed in.
 *
 * **Details**
 *
 * `next` returns a frame, a piece of a data frame, the rule that the peer broke, or `undefined` for want of bytes. A
 * frame is refused from its first two octets where these suffice, and nothing is decoded after it. Payloads are unmasked
 * where they lie: pushed chunks belong to the decoder. A control frame is always given whole.
 *
 * **Example** (Decoding the RFC's fragmented "Hello")
 *
 * ```ts
 * import { Bytes, FrameDecoder } from "effect-ws/protocol"
 *
 * const decoder = new FrameDecoder.FrameDecoder({ masked: false, rsv1: false }, Bytes.portable)
 * decoder.push(Buffer.from("010348656c80026c6f", "hex"))
 * const payloads: Array<string> = []
 * for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) {
 *   payloads.push("payload" in frame ? Bytes.portable.decode(frame.payload) : frame.message)
 * }
 * payloads // => ["Hel", "lo"]
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export class FrameDecoder {
  readonly rules: FrameHeader.Rules
  /** The most octets of a message: a frame that goes beyond is refused. */
  maxMessageSize: number
  private readonly bytes: Bytes.Bytes
  /** What was pushed, and not yet decoded. */
  readonly input: ByteQueue.ByteQueue
  private readonly texts: AsciiTexts.AsciiTexts
  /** The octets of a header, or of a control frame, that is split over two reads. */
  private split: Uint8Array | undefined = undefined
  private splitLength = 0
  /** The data frame in progress: its payload's length and how much of it came; `length` is -1 between frames. */
  private length = -1
  private received = 0
  private key = 0
  private first = 0
  private messageSize = 0
  private stopped = false

  constructor(rules: FrameHeader.Rules, bytes: Bytes.Bytes, maxMessageSize = Infinity) {
    this.rules = rules
    this.bytes = bytes
    this.input = new ByteQueue.ByteQueue(bytes)
    this.texts = new AsciiTexts.AsciiTexts(bytes)
    this.maxMessageSize = maxMessageSize
  }

  /** Adds bytes, which belong to the decoder from now on. */
  push(chunk: Uint8Array): void {
    if (!this.stopped) this.input.push(chunk)
  }

  /** The first `length` octets are what is pushed next, and can still be changed: its whole frames are unmasked there. */
  prepare(memory: Uint8Array, length: number): void {
    const { missing } = this // of 53 bits, and WebAssembly looks at 32 of them
    if (missing < length && this.isDry && this.split === undefined) this.unmaskFrames(memory, missing, length)
  }

  /** Forgets what has not been decoded, and takes nothing more. */
  stop(): void {
    this.reset()
    this.stopped = true
  }

  /** Forgets everything, as if it were new. */
  reset(): void {
    this.stopped = false
    this.input.clear()
    this.texts.clear()
    this.split = undefined
    this.splitLength = 0
    this.length = -1
    this.messageSize = 0
  }

  /** Whether no frame is half there. */
  get isBetween(): boolean {
    return this.length < 0 && this.split === undefined
  }

  /** Whether no frame is half there, and none waits. */
  get isIdle(): boolean {
    return this.isBetween && this.isDry
  }

  /** Lets messages be of any size, where nobody holds them. */
  liftLimit(): void {
    this.maxMessageSize = Infinity
  }

  /** How many octets of the data frame in progress are still to come. */
  get missing(): number {
    return this.length < 0 ? 0 : this.length - this.received
  }

  /** Whether everything that was pushed is decoded. */
  get isDry(): boolean {
    return this.input.available() === 0
  }

  /** The next frame, or what there is of it. */
  next(): Frame | Violation.ProtocolError | undefined {
    if (this.length >= 0) return this.piece()
    return this.split === undefined ? this.direct() : this.joined()
  }

  /** The next frame's header lies in the first chunk, at least in part. */
  private direct(): Frame | Violation.ProtocolError | undefined {
    const { at, chunk } = this.input
    const available = chunk.length - at
    if (available < 2) return available === 0 ? undefined : this.joined()
    const second = chunk[at + 1]
    const violation = FrameHeader.check(chunk[at], second, this.rules)
    if (violation !== undefined) return this.refuse(violation, FrameHeader.culprit(violation, chunk[at], second))
    const size = FrameHeader.size(second)
    if (available < size) return this.joined()
    const length = FrameHeader.length(chunk, at)
    if (available - size >= length) return this.whole(chunk, at, size, length)
    return (chunk[at] & 0x8) === 0 ? this.begin(chunk, at, size) : this.joined()
  }

  /** The whole frame lies in the first chunk. */
  private whole(chunk: Uint8Array, at: number, size: number, length: number): Frame | Violation.ProtocolError {
    const first = chunk[at]
    if ((first & 0x8) === 0 && this.grow(first, length) > this.maxMessageSize) return this.refuse("MessageTooBig")
    this.unmask(chunk, at + size, at + size + length)
    const payload = this.consume(at + size, length)
    const opcode = (first & 0x0f) as Opcode.Opcode
    return { fin: first >= 0x80, rsv1: (first & 0x40) !== 0, opcode, payload, whole: true }
  }

  /** Takes a payload that lies in the first chunk. */
  private consume(start: number, length: number): Uint8Array {
    const payload = this.input.slice(start, start + length)
    this.input.skip(start + length - this.input.at)
    return payload
  }

  /** A text that is known to be ASCII, of the first chunk or of what will be that. */
  asciiText(chunk: Uint8Array, start: number, end: number): string {
    return this.texts.cut(chunk, start, end, this.input.ascii)
  }

  /** So much of what was prepared is not pushed. */
  leave(count: number): void {
    this.input.unmasked -= count
    this.input.ascii -= count
    this.texts.clear()
  }

  /** The next payload, which lies in the first chunk: small ones are unmasked together with those behind them. */
  unmask(chunk: Uint8Array, start: number, end: number): void {
    const { input } = this
    if (!this.rules.masked || end <= input.unmasked) return
    if (end - start < MaskedFrames.small) this.unmaskFrames(chunk, input.at, chunk.length)
    if (end <= input.unmasked) return
    this.bytes.mask(chunk, start, end, Mask.readKey(chunk, start - 4), 0)
    input.unmasked = end
  }

  private unmaskFrames(bytes: Uint8Array, start: number, end: number): void {
    const { frames } = this.bytes
    this.input.unmasked = frames.mask(bytes, start, end)
    this.input.ascii = frames.isAscii ? this.input.unmasked : 0
    this.texts.clear()
  }

  /** Brings together, octet by octet, a header or a control frame that is split over reads. */
  private joined(): Frame | Violation.ProtocolError | undefined {
    const split = this.split ??= new Uint8Array(FrameHeader.maxSize + 125)
    for (let left = this.input.available(); left > 0; left = this.input.available()) {
      split[this.splitLength++] = this.input.chunk[this.input.at]
      this.input.skip(1)
      if (this.splitLength < 2) continue
      const violation = this.splitLength > 2 ? undefined : FrameHeader.check(split[0], split[1], this.rules)
      if (violation !== undefined) return this.refuse(violation, FrameHeader.culprit(violation, split[0], split[1]))
      if (this.splitLength === this.sizeAtOnce(split[0], split[1])) return this.beginJoined(split)
    }
    return undefined
  }

  /** How much has to be there before anything is consumed: the header, or the whole of a control frame. */
  private sizeAtOnce(first: number, second: number): number {
    const size = FrameHeader.size(second)
    return (first & 0x8) === 0 ? size : size + (second & 0x7f)
  }

  private beginJoined(split: Uint8Array): Frame | Violation.ProtocolError | undefined {
    this.split = undefined
    this.splitLength = 0
    const size = FrameHeader.size(split[1])
    if ((split[0] & 0x8) === 0) return this.begin(split, 0, size)
    const payload = split.subarray(size, size + (split[1] & 0x7f))
    if (this.rules.masked) this.bytes.mask(payload, 0, payload.length, Mask.readKey(split, size - 4), 0)
    return { fin: true, rsv1: false, opcode: (split[0] & 0x0f) as Opcode.Opcode, payload, whole: true }
  }

  /** The header is whole: in the first chunk, or brought together in `bytes`. */
  private begin(bytes: Uint8Array, at: number, size: number): Frame | Violation.ProtocolError | undefined {
    const length = FrameHeader.length(bytes, at)
    if (length === Infinity) return this.refuse("LengthUnsupported")
    this.first = bytes[at]
    if ((this.first & 0x8) === 0 && this.grow(this.first, length) > this.maxMessageSize) {
      return this.refuse("MessageTooBig")
    }
    this.key = this.rules.masked ? Mask.readKey(bytes, at + size - 4) : 0
    this.length = length
    this.received = 0
    if (bytes === this.input.chunk) this.input.skip(size)
    return this.piece()
  }

  /** What is there of the payload, unmasked. */
  private piece(): Frame | undefined {
    const left = this.length - this.received
    if (left > 0 && this.input.available() === 0) return undefined
    const payload = this.input.take(left)
    if (this.rules.masked) this.bytes.mask(payload, 0, payload.length, this.key, this.received)
    const opcode = this.received === 0 ? this.first & 0x0f : Opcode.Continuation
    const rsv1 = this.received === 0 && (this.first & 0x40) !== 0
    this.received += payload.length
    const whole = this.received === this.length
    if (whole) this.length = -1
    return { fin: whole && this.first >= 0x80, rsv1, opcode: opcode as Opcode.Opcode, payload, whole }
  }

  /** The size of the message in progress with this frame, known before its payload is there. */
  private grow(first: number, length: number): number {
    const size = (first & 0x0f) === Opcode.Continuation ? this.messageSize + length : length
    this.messageSize = first >= 0x80 ? 0 : size
    return size
  }

  private refuse(violation: Violation.Violation, found?: number): Violation.ProtocolError {
    this.stop()
    return Violation.error(violation, found)
  }
}
