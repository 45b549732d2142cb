/**
 * ws's class `Receiver`: a `Writable` that turns what a peer sends into events.
 *
 * @since 0.1.0
 */
import type { Buffer } from "node:buffer"
import { Writable } from "node:stream"
import * as CloseFrame from "../protocol/CloseFrame.ts"
import type { Frame } from "../protocol/Frame.ts"
import { FrameDecoder } from "../protocol/FrameDecoder.ts"
import { isMessage } from "../protocol/Message.ts"
import { type Compressed, MessageAssembler } from "../protocol/MessageAssembler.ts"
import * as Opcode from "../protocol/Opcode.ts"
import * as Violation from "../protocol/Violation.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import * as Errors from "./Errors.ts"
import * as Options from "./Options.ts"
import * as Payload from "./Payload.ts"
import { PerMessageDeflate } from "./PerMessageDeflate.ts"

/**
 * The extensions that were agreed on, by their names.
 *
 * @category models
 * @since 0.1.0
 */
export interface Extensions {
  readonly [PerMessageDeflate.extensionName]?: PerMessageDeflate | undefined
}

/**
 * The options. A limit of 0, which is the default, is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiverOptions {
  readonly allowSynchronousEvents?: boolean | undefined
  readonly binaryType?: Payload.BinaryType | undefined
  readonly extensions?: Extensions | undefined
  /** Whether it receives from clients, whose frames are masked. */
  readonly isServer?: boolean | undefined
  readonly maxBufferedChunks?: number | undefined
  readonly maxFragments?: number | undefined
  readonly maxPayload?: number | undefined
  readonly skipUTF8Validation?: boolean | undefined
}

/** Called when everything that was written is used up, or with what is wrong with it. */
type Done = (error?: Error | null) => void

/**
 * Receives frames, and emits `message` with the data and whether it is binary, `ping`, `pong`, `conclude` with the
 * code and the reason of the peer's Close, and `error`.
 *
 * **Details**
 *
 * What is written belongs to the receiver: payloads are unmasked where they lie. Nothing is taken after a Close.
 *
 * @category models
 * @since 0.1.0
 */
export class Receiver extends Writable {
  private readonly synchronous: boolean
  private readonly binaryType: Payload.BinaryType
  private readonly deflate: PerMessageDeflate | undefined
  private readonly validates: boolean
  private readonly maxMessageSize: number
  private readonly decoder: FrameDecoder
  private readonly assembler: MessageAssembler

  constructor(options: ReceiverOptions = {}) {
    super()
    const limits = Options.limits(options)
    this.synchronous = options.allowSynchronousEvents ?? true
    this.binaryType = options.binaryType || "nodebuffer"
    this.deflate = options.extensions?.[PerMessageDeflate.extensionName]
    this.validates = !options.skipUTF8Validation
    this.maxMessageSize = limits.maxMessageSize
    const rules = { masked: !!options.isServer, rsv1: this.deflate !== undefined }
    this.decoder = new FrameDecoder(rules, nodeBytes, limits.maxMessageSize)
    this.assembler = new MessageAssembler(nodeBytes, limits, this.validates, true)
    this.assembler.keepsFragments = this.binaryType === "fragments"
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.decoder.push(chunk)
    this.read(done)
  }

  /** Takes frame after frame, until there is none or something has to be waited for. */
  private read(done: Done): void {
    let goesOn = true
    while (goesOn) {
      const frame = this.decoder.next()
      if (frame === undefined) return this.rest(done)
      goesOn = frame instanceof Violation.ProtocolError ? this.refuse(frame, done) : this.receive(frame, done)
    }
  }

  private rest(done: Done): void {
    this.assembler.settle(this.decoder.missing)
    done()
  }

  // Everything below says whether to go on at once; if not, it calls `done` or reads on later.

  private receive(frame: Frame, done: Done): boolean {
    switch (frame.opcode) {
      case Opcode.Continuation:
      case Opcode.Text:
      case Opcode.Binary:
        return this.take(this.assembler.accept(frame), done)
      case Opcode.Close:
        return this.conclude(frame.payload, done)
      case Opcode.Ping:
        return this.give("ping", [Payload.asBuffer(frame.payload)], done)
      case Opcode.Pong:
        return this.give("pong", [Payload.asBuffer(frame.payload)], done)
    }
  }

  private take(message: ReturnType<MessageAssembler["accept"]>, done: Done): boolean {
    if (message === undefined || typeof message === "string") return true
    if (isMessage(message)) return this.deliver(message, done)
    return message._tag === "Compressed" ? this.inflate(message, done) : this.refuse(message, done)
  }

  private deliver(payload: Uint8Array, done: Done): boolean {
    const { fragments, text } = this.assembler
    const data = text ? Payload.asBuffer(payload) : Payload.represent(this.binaryType, payload, fragments)
    return this.give("message", [data, !text], done)
  }

  private inflate({ payload, text }: Compressed, done: Done): boolean {
    this.deflate?.decompress(payload, true, (error, octets = Payload.empty) => {
      if (this.destroyed) return
      if (error) return done(error)
      const isTooBig = octets.length > this.maxMessageSize
      const message = isTooBig ? Violation.error("MessageTooBig") : this.assembler.single(text, octets)
      if (this.take(message, done)) this.read(done)
    })
    return false
  }

  /** Emits now, or in a turn of the event loop that no other event has. */
  private give(event: string, values: ReadonlyArray<unknown>, done: Done): boolean {
    if (this.synchronous) {
      this.emit(event, ...values)
      return true
    }
    setImmediate(() => {
      if (this.destroyed) return
      this.emit(event, ...values)
      this.read(done)
    })
    return false
  }

  private conclude(payload: Uint8Array, done: Done): boolean {
    const close = CloseFrame.decode(nodeBytes, payload)
    const [code, reason] = [payload.subarray(0, 2), Payload.asBuffer(payload.subarray(2))]
    if (close instanceof Violation.ProtocolError && (this.validates || close.violation !== "CloseReasonNotUtf8")) {
      return this.refuse(close, done)
    }
    this.decoder.stop()
    this.emit("conclude", "code" in close ? close.code : Payload.asBuffer(code).readUInt16BE(), reason)
    this.end()
    done()
    return false
  }

  private refuse(error: Violation.ProtocolError, done: Done): boolean {
    done(Errors.fromViolation(error))
    return false
  }
}
