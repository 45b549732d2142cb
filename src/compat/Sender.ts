/**
 * ws's class `Sender`: writes messages and control frames to any `Duplex`.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"
import type { Duplex } from "node:stream"
import { Turns } from "../connection/Turns.ts"
import * as CloseFrame from "../protocol/CloseFrame.ts"
import * as FrameHeader from "../protocol/FrameHeader.ts"
import * as Mask from "../protocol/Mask.ts"
import * as Opcode from "../protocol/Opcode.ts"
import * as MaskKey from "../transport/MaskKey.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import * as CloseArguments from "./CloseArguments.ts"
import * as Payload from "./Payload.ts"
import { PerMessageDeflate } from "./PerMessageDeflate.ts"
import type { Extensions } from "./Receiver.ts"

type Callback = ((error?: Error | null) => void) | undefined

/** Fills in the four octets of a masking key. */
type GenerateMask = (mask: Buffer) => void

/**
 * What a frame is made with.
 *
 * @category models
 * @since 0.1.0
 */
export interface FrameOptions {
  readonly fin?: boolean | undefined
  readonly opcode?: number | undefined
  readonly rsv1?: boolean | undefined
  readonly mask?: boolean | undefined
  /** Memory for the masking key. */
  readonly maskBuffer?: Buffer | undefined
  readonly generateMask?: GenerateMask | undefined
  /** Whether the data must not be changed. It never is. */
  readonly readOnly?: boolean | undefined
}

/**
 * The options of a message, or of a part of one.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendOptions {
  readonly binary?: boolean | undefined
  readonly compress?: boolean | undefined
  readonly fin?: boolean | undefined
  readonly mask?: boolean | undefined
}

/** One frame that is to be sent. */
interface Job {
  readonly frame: Pick<FrameOptions, "fin" | "opcode" | "rsv1" | "mask">
  readonly compresses: boolean
  readonly size: number
  readonly callback: Callback
  /** Its turn will not come, or came to nothing. */
  readonly drop: () => void
}

const keyOf = ({ generateMask, mask, maskBuffer = Buffer.allocUnsafe(4) }: FrameOptions): number | undefined => {
  if (!mask) return undefined
  if (generateMask === undefined) return MaskKey.next()
  generateMask(maskBuffer)
  return Mask.readKey(maskBuffer, 0)
}

/**
 * Sends frames, in the order of the calls, whether or not they are compressed or read from a Blob.
 *
 * @category models
 * @since 0.1.0
 */
export class Sender {
  /** Told when something cannot be sent, such as a Blob that cannot be read. Nothing is sent after it. */
  onerror: (error: Error) => void = () => {}
  private readonly socket: Duplex
  private readonly deflate: PerMessageDeflate | undefined
  private readonly generateMask: GenerateMask | undefined
  private readonly turns = new Turns()
  /** Whether the next frame is a message's first; if not, whether the message is compressed. */
  private isFirst = true
  private compresses = false
  /** Why nothing is sent any more. */
  private failure: Error | undefined = undefined

  constructor(socket: Duplex, extensions: Extensions = {}, generateMask?: GenerateMask) {
    this.socket = socket
    this.deflate = extensions[PerMessageDeflate.extensionName]
    this.generateMask = generateMask
  }

  /** Makes a frame, as buffers that belong in a row. */
  static frame(data: string | Uint8Array, options: FrameOptions): Array<Buffer> {
    const payload = Payload.toOctets(data)
    const key = keyOf(options)
    const { fin = false, opcode = Opcode.Continuation, rsv1 = false } = options
    const size = FrameHeader.sizeFor(payload.length, key !== undefined)
    const bytes = Buffer.allocUnsafe(key === undefined ? size : size + payload.length)
    FrameHeader.write({ fin, rsv1, opcode: opcode as Opcode.Opcode, length: payload.length, key }, bytes, 0)
    if (key === undefined) return payload.length === 0 ? [bytes] : [bytes, Payload.asBuffer(payload)]
    bytes.set(payload, size)
    nodeBytes.mask(bytes, size, bytes.length, key, 0)
    return [bytes]
  }

  /** Octets of messages that wait to be compressed, or for one that is. */
  get bufferedBytes(): number {
    return this.turns.size
  }

  /** Sends a message or, with `fin` false, a part of one. */
  send(data: unknown, options: SendOptions, callback?: Callback): void {
    const payload = Payload.isBlob(data) ? data : Payload.toOctets(data)
    const frame = this.place(options, Payload.lengthOf(payload))
    this.inOrder(payload, frame, this.compresses, callback)
  }

  /** Sends a ping. */
  ping(data: unknown, mask: boolean, callback?: Callback): void {
    this.control(Opcode.Ping, data, mask, callback)
  }

  /** Sends a pong. */
  pong(data: unknown, mask: boolean, callback?: Callback): void {
    this.control(Opcode.Pong, data, mask, callback)
  }

  /** Sends a Close, with a code and a reason or with nothing. */
  close(code: number | undefined, data: string | Uint8Array | undefined, mask: boolean, callback?: Callback): void {
    this.inOrder(closePayload(code, data), { fin: true, opcode: Opcode.Close, rsv1: false, mask }, false, callback)
  }

  /** Sends bytes that are framed already, at once. */
  sendFrame(list: ReadonlyArray<Uint8Array>, callback?: Callback): void {
    const { socket } = this
    socket.cork()
    for (const bytes of list.slice(0, -1)) socket.write(bytes)
    socket.write(list.at(-1) ?? Payload.empty, callback)
    socket.uncork()
  }

  private control(opcode: Opcode.Control, data: unknown, mask: boolean, callback: Callback): void {
    const payload = Payload.isBlob(data) ? data : Payload.toOctets(data)
    if (Payload.lengthOf(payload) > 125) throw new RangeError("The data size must not be greater than 125 bytes")
    this.inOrder(payload, { fin: true, opcode, rsv1: false, mask }, false, callback)
  }

  /** The place of a frame in its message. */
  private place({ binary, compress, fin, mask }: SendOptions, size: number): Job["frame"] {
    const { isFirst } = this
    if (isFirst) this.compresses = compress === true && this.deflate?.isWorthIt(size) === true
    this.isFirst = fin === true
    const opcode = isFirst ? binary === true ? Opcode.Binary : Opcode.Text : Opcode.Continuation
    return { fin, opcode, rsv1: isFirst && this.compresses, mask }
  }

  private inOrder(payload: Uint8Array | Blob, frame: Job["frame"], compresses: boolean, callback: Callback): void {
    const size = Payload.lengthOf(payload)
    const drop = () => callback?.(this.failure)
    const job = { frame, compresses, size, callback, drop }
    const run = () => Payload.isBlob(payload) ? this.read(payload, job) : this.pass(payload, job)
    if (this.failure === undefined) this.turns.inOrder({ size, run, drop })
    else process.nextTick(drop)
  }

  private read(blob: Blob, job: Job): void {
    this.turns.begin(job)
    blob.arrayBuffer().then(
      (buffer) => this.goOn("the blob was being read", () => this.pass(new Uint8Array(buffer), job)),
      (error: Error) => this.fail(error)
    )
  }

  private pass(octets: Uint8Array, job: Job): void {
    if (!job.compresses || this.deflate === undefined) return this.write(octets, job)
    this.turns.begin(job)
    this.deflate.compress(octets, job.frame.fin === true, (error, result = Payload.empty) => {
      if (error) this.fail(error)
      else this.goOn("data was being compressed", () => this.write(result, job))
    })
  }

  /** What took its time is done, and what waited goes on, if the socket is still there. */
  private goOn(what: string, next: () => void): void {
    if (this.socket.destroyed) this.drop(new Error(`The socket was closed while ${what}`))
    else this.turns.end(next)
  }

  private write(octets: Uint8Array, { callback, frame }: Job): void {
    this.sendFrame(Sender.frame(octets, { ...frame, generateMask: this.generateMask }), callback)
  }

  private fail(error: Error): void {
    this.drop(error)
    this.onerror(error)
  }

  private drop(failure: Error): void {
    this.failure = failure
    this.turns.abandon()
  }
}

const closePayload = (code: number | undefined, data: string | Uint8Array | undefined): Uint8Array => {
  const given = CloseArguments.read(code, data)
  return CloseFrame.encode(nodeBytes, { ...given, reason: "" })
}
