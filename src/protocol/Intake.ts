/**
 * What makes messages of bytes. A connection needs it while it reads, and as long as something of it is half there: else
 * the next connection has it.
 *
 * @since 0.1.0
 */
import type * as Bytes from "./Bytes.ts"
import * as FrameDecoder from "./FrameDecoder.ts"
import type * as Limits from "./Limits.ts"
import type { Message } from "./Message.ts"
import * as MessageAssembler from "./MessageAssembler.ts"
import type * as Violation from "./Violation.ts"

/** What it has to know. */
interface Options {
  readonly role: "client" | "server"
  readonly compression: boolean
  readonly bytes: Bytes.Bytes
  readonly limits: Limits.Limits
  readonly validateUtf8: boolean
}

/**
 * A decoder, and an assembler of what it decodes.
 *
 * @category models
 * @since 0.1.0
 */
export class Intake {
  readonly decoder: FrameDecoder.FrameDecoder
  readonly assembler: MessageAssembler.MessageAssembler

  /** A client masks what it sends (RFC 6455 §5.1); RSV1 marks what is compressed (RFC 7692 §6). */
  constructor({ bytes, compression, limits, role, validateUtf8 }: Options) {
    const rules = { masked: role === "server", rsv1: compression }
    this.decoder = new FrameDecoder.FrameDecoder(rules, bytes, limits.maxMessageSize)
    this.assembler = new MessageAssembler.MessageAssembler(bytes, limits, validateUtf8)
  }

  /** The next message, or the rule that it breaks, if it is as simple as most are; else `decoder.next` has it. */
  plain(): Message | Violation.ProtocolError | undefined {
    const { assembler, decoder } = this
    const payload = assembler.isIdle ? decoder.plain(!assembler.asOctets) : undefined
    if (payload === undefined || typeof payload === "string") return payload
    return assembler.single(decoder.isText, payload, decoder.isAscii)
  }

  /** Whether nothing is half there. */
  get isIdle(): boolean {
    return this.decoder.isIdle && this.assembler.isIdle
  }
}
