/**
 * What makes messages of bytes. A connection needs it while it reads, and as long as something of it is half there: else
 * the next connection has it.
 *
 * @since 0.1.0
 */
import type * as Bytes from "./Bytes.ts"
import * as FrameDecoder from "./FrameDecoder.ts"
import * as FrameHeader from "./FrameHeader.ts"
import type * as Limits from "./Limits.ts"
import { isMessage, type Message } from "./Message.ts"
import * as MessageAssembler from "./MessageAssembler.ts"
import * as Opcode from "./Opcode.ts"

/** The first octets of frames that are messages by themselves. */
const wholeText = 0x80 | Opcode.Text
const wholeBinary = 0x80 | Opcode.Binary

/**
 * Who is given messages as they are decoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recipient {
  /** Takes a message; whether it takes the next one as well. */
  receive(message: Message, isText: boolean): boolean
}

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

  /**
   * Gives the messages ahead that are a frame each, not compressed, and lie in the first chunk, as most do: no object is
   * made for such a frame. True if the recipient stopped it, or had everything forgotten; else what comes next is for
   * `decoder.next`, such as what breaks a rule.
   */
  each(recipient: Recipient): boolean {
    const { assembler, decoder } = this
    if (!assembler.isIdle || !decoder.isBetween) return false
    const { input, maxMessageSize, rules } = decoder
    const { chunk } = input
    const size = chunk.length
    let { at } = input
    while (size - at >= 2) {
      const first = chunk[at]
      const second = chunk[at + 1]
      if ((first !== wholeText && first !== wholeBinary) || rules.masked !== (second >= 0x80)) return false
      const start = at + FrameHeader.size(second)
      if (start > size) return false
      const end = start + FrameHeader.length(chunk, at)
      if (end > size || end - start > maxMessageSize) return false
      decoder.unmask(chunk, start, end)
      const message = first === wholeBinary ? input.slice(start, end) : this.text(start, end)
      if (message === undefined) return false
      input.skip(end - at)
      if (!recipient.receive(message, first === wholeText) || input.chunk !== chunk) return true
      at = end
    }
    return false
  }

  /**
   * Gives the texts ahead that are known to be ASCII, of `memory` that is to be pushed next; how many octets they take, which
   * then need not be. What is given refers to none of it.
   */
  texts(memory: Uint8Array, recipient: Recipient): number {
    const { assembler, decoder } = this
    if (assembler.asOctets || !this.isIdle) return 0
    const { input: { ascii }, maxMessageSize, rules } = decoder
    let at = 0
    while (ascii - at >= 2 && memory[at] === wholeText && rules.masked === (memory[at + 1] >= 0x80)) {
      const start = at + FrameHeader.size(memory[at + 1])
      const end = start + FrameHeader.length(memory, at)
      if (end > ascii || end - start > maxMessageSize) break
      const text = decoder.asciiText(memory, start, end)
      at = end
      if (!recipient.receive(text, true)) break
    }
    if (at > 0) decoder.leave(at)
    return at
  }

  /** A text, or `undefined` if it is none. */
  private text(start: number, end: number): Message | undefined {
    const { assembler, decoder } = this
    const { input } = decoder
    if (end <= input.ascii) {
      return assembler.asOctets ? input.slice(start, end) : decoder.asciiText(input.chunk, start, end)
    }
    const message = assembler.single(true, input.slice(start, end))
    return isMessage(message) ? message : undefined
  }

  /** Whether nothing is half there. */
  get isIdle(): boolean {
    return this.decoder.isIdle && this.assembler.isIdle
  }
}
