/**
 * permessage-deflate on one connection: what is compressed, and by which contexts (RFC 7692 §6).
 *
 * @since 0.1.0
 */
import type * as Compression from "../Compression.ts"
import * as Message from "../protocol/Message.ts"
import * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import type { Role } from "../protocol/Protocol.ts"
import type * as Violation from "../protocol/Violation.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { Deflater } from "../transport/ZlibDeflater.ts"
import type { Inflater } from "../transport/ZlibInflater.ts"

/** So small a message hardly shrinks, unless it resembles what the context remembers. */
const smallAlone = 1024
const smallInContext = 128

/** UTF-8 needs at most three octets for a UTF-16 code unit. */
const maxOctets = 3

type Done = (payload: Uint8Array) => void

/**
 * The contexts of a connection, made when they are needed.
 *
 * @category models
 * @since 0.1.0
 */
export class Compressor {
  private readonly settings: Compression.Resolved
  private readonly outgoing: PerMessageDeflate.Direction
  private readonly incoming: PerMessageDeflate.Direction
  private readonly threshold: number
  private deflater: Deflater | undefined = undefined
  private inflater: Inflater | undefined = undefined

  constructor(settings: Compression.Resolved, params: PerMessageDeflate.Params, role: Role) {
    this.settings = settings
    this.outgoing = PerMessageDeflate.outgoing(params, role)
    this.incoming = PerMessageDeflate.incoming(params, role)
    this.threshold = settings.threshold ?? (this.outgoing.noContextTakeover ? smallAlone : smallInContext)
  }

  /** The octets of a message that is large enough to be compressed. */
  octetsOf(message: Message.Message | Message.Prepared): Uint8Array | undefined {
    if (typeof message === "string" && message.length * maxOctets < this.threshold) return undefined
    const octets = octetsOf(message)
    return octets.length < this.threshold ? undefined : octets
  }

  /** Compresses a message, of which these are the octets. Calls must not overlap, here and below; `done` may be called later. */
  deflate(octets: Uint8Array, message: Message.Message | Message.Prepared, done: Done): void {
    if (message instanceof Message.Prepared && this.outgoing.noContextTakeover) this.share(message, done)
    else this.ownDeflater().deflate(octets, done)
  }

  /** Compresses a part of a message that is streamed. */
  deflatePart(octets: Uint8Array, last: boolean, done: Done): void {
    if (last) this.ownDeflater().deflate(octets, done)
    else this.ownDeflater().deflatePart(octets, done)
  }

  /** Decompresses a message's payload into at most `limit` octets. */
  inflate(payload: Uint8Array, limit: number, done: (result: Uint8Array | Violation.ProtocolError) => void): void {
    this.inflater ??= this.settings.pool.inflater(this.incoming)
    this.inflater.inflate(payload, limit, done)
  }

  /** Frees the contexts. What is under way does not call back. */
  close(): void {
    this.deflater?.close()
    this.inflater?.close()
  }

  private ownDeflater(): Deflater {
    return this.deflater ??= this.settings.pool.deflater(this.outgoing, this.settings.tuning)
  }

  /** Where messages are compressed by themselves, all connections with the same parameters send the same octets. */
  private share(message: Message.Prepared, done: Done): void {
    const { outgoing, settings: { pool, tuning } } = this
    const parameters = `${outgoing.windowBits} ${tuning.level} ${tuning.memLevel} ${tuning.strategy}`
    message.deflated(parameters, (payload, ready) => pool.deflater(outgoing, tuning).deflate(payload, ready), done)
  }
}

const octetsOf = (message: Message.Message | Message.Prepared): Uint8Array => {
  if (typeof message === "string") return nodeBytes.encode(message)
  return message instanceof Message.Prepared ? message.payload : message
}
