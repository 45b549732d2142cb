/**
 * permessage-deflate on one connection: what is compressed, and by which contexts (RFC 7692 §6).
 *
 * @since 0.1.0
 */
import { copyLimit } from "../protocol/FrameEncoder.ts"
import * as Message from "../protocol/Message.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import type { Role } from "../protocol/Protocol.ts"
import type * as Violation from "../protocol/Violation.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { Deflater } from "../transport/ZlibDeflater.ts"
import type { Inflater } from "../transport/ZlibInflater.ts"
import type * as CompressionOptions from "./CompressionOptions.ts"

/** So small a message hardly shrinks, unless it resembles what the context remembers. */
const smallAlone = 1024
const smallInContext = 128

/** A message of so many octets harms nobody, however little it was made of. */
const harmless = 65_536

/** UTF-8 needs at most three octets for a UTF-16 code unit. */
const maxOctets = 3

/** Where texts are encoded for the time of a call. */
const scratchSize = 98_304
let scratch: Uint8Array | undefined = undefined

type Done = (payload: Uint8Array) => void

/**
 * The contexts of a connection, made when they are needed.
 *
 * @category models
 * @since 0.1.0
 */
export class Compressor {
  private readonly settings: CompressionOptions.Resolved
  private readonly outgoing: PerMessageDeflate.Direction
  private readonly incoming: PerMessageDeflate.Direction
  private readonly threshold: number
  private deflater: Deflater | undefined = undefined
  private inflater: Inflater | undefined = undefined
  private closed = false

  constructor(settings: CompressionOptions.Resolved, params: PerMessageDeflate.Params, role: Role) {
    this.settings = settings
    this.outgoing = PerMessageDeflate.outgoing(params, role)
    this.incoming = PerMessageDeflate.incoming(params, role)
    const { alone = smallAlone, inContext = smallInContext } = settings.threshold
    this.threshold = this.outgoing.noContextTakeover ? alone : inContext
  }

  /** Whether a message of so many octets is to be compressed. */
  wants(size: number): boolean {
    return size >= this.threshold
  }

  /** The octets of a message that is large enough to be compressed, valid until it is or the next message is asked for. */
  octetsOf(message: Message.Message | Message.Prepared): Uint8Array | undefined {
    if (typeof message === "string" && message.length * maxOctets < this.threshold) return undefined
    const octets = typeof message === "string" ? this.encode(message) : octetsOf(message)
    return octets.length < this.threshold ? undefined : octets
  }

  /** Where the result is there at once, the octets of a text are needed no longer than that. */
  private encode(text: string): Uint8Array {
    const { inlineLimit } = this.settings.pool
    if (text.length > inlineLimit || text.length * maxOctets > scratchSize) return nodeBytes.encode(text)
    scratch ??= nodeBytes.allocate(scratchSize)
    const length = nodeBytes.encodeInto(text, scratch, 0)
    return length > inlineLimit ? nodeBytes.encode(text) : scratch.subarray(0, length)
  }

  /**
   * Compresses a message, of which these are the octets. Calls must not overlap, here and below. `done` may be called
   * later; what it is given is for the encoder, which copies what is small.
   */
  deflate(octets: Uint8Array, message: Message.Message | Message.Prepared, done: Done): void {
    if (message instanceof Message.Prepared && this.outgoing.noContextTakeover) this.share(message, done)
    else this.deflatePart(octets, true, done)
  }

  /** Compresses a part of a message that is streamed. */
  deflatePart(octets: Uint8Array, last: boolean, done: Done): void {
    if (this.closed) return
    const keep = (payload: Uint8Array) => done(payload.length > copyLimit ? new Uint8Array(payload) : payload)
    this.deflater ??= this.settings.pool.deflater(this.outgoing, this.settings.tuning)
    if (last) this.deflater.deflate(octets, keep, true)
    else this.deflater.deflatePart(octets, keep, true)
  }

  /** Decompresses a message's payload into at most `limit` octets, valid until `done` returns if they are borrowed. */
  inflate(
    payload: Uint8Array,
    limit: number,
    done: (result: Uint8Array | Violation.ProtocolError) => void,
    borrows: boolean
  ): void {
    if (this.closed) return
    this.inflater ??= this.settings.pool.inflater(this.incoming)
    this.inflater.inflate(payload, Math.min(limit, this.limitFor(payload)), done, borrows)
  }

  /** What a payload may inflate to by its own size. */
  private limitFor({ length }: Uint8Array): number {
    const { maxRatio } = this.settings
    return maxRatio === undefined ? Infinity : Math.max(harmless, length * maxRatio)
  }

  /** Frees the contexts, and none are made from now on. What is under way does not call back, nor does what comes later. */
  close(): void {
    this.closed = true
    this.deflater?.close()
    this.inflater?.close()
  }

  /** Where messages are compressed by themselves, all connections with the same parameters send the same octets. */
  private share(message: Message.Prepared, done: Done): void {
    const { outgoing, settings: { pool, tuning } } = this
    const parameters = `${outgoing.windowBits} ${tuning.level} ${tuning.memLevel} ${tuning.strategy}`
    message.deflated(parameters, (payload, ready) => pool.deflater(outgoing, tuning).deflate(payload, ready), done)
  }
}

const octetsOf = (message: Uint8Array | Message.Prepared): Uint8Array =>
  message instanceof Message.Prepared ? message.payload : message
