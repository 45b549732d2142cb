/**
 * Puts messages together from frames (RFC 6455 §5.4) and checks text as it comes (§8.1).
 *
 * @since 0.1.0
 */
import * as Bytes from "./Bytes.ts"
import type { Frame } from "./Frame.ts"
import type * as Limits from "./Limits.ts"
import type { Message } from "./Message.ts"
import * as Opcode from "./Opcode.ts"
import * as PayloadBuffer from "./PayloadBuffer.ts"
import * as Utf8 from "./Utf8.ts"
import * as Violation from "./Violation.ts"

/** No string can be longer in V8: it would throw. */
const maxTextSize = 2 ** 29 - 24

/**
 * A message whose payload is compressed as a whole (RFC 7692 §6).
 *
 * @category models
 * @since 0.1.0
 */
export interface Compressed {
  readonly _tag: "Compressed"
  readonly text: boolean
  readonly payload: Uint8Array
}

type Output = Message | Compressed | Violation.ProtocolError

/**
 * Assembles messages from data frames or pieces of them.
 *
 * @category models
 * @since 0.1.0
 */
export class MessageAssembler {
  private readonly bytes: Bytes.Bytes
  private readonly limits: Limits.Limits
  private readonly validateUtf8: boolean
  /** Whether texts are given as octets, too, for those who decode them themselves, if at all. They are checked all the same. */
  asOctets: boolean
  /** Whether the message that was given last is a text; and the payload of each of its frames, if they are kept apart. */
  text = false
  fragments: ReadonlyArray<Uint8Array> | undefined = undefined
  /** The opcode of the message in progress; `Continuation` between messages. */
  private opcode: Opcode.Data | typeof Opcode.Continuation = Opcode.Continuation
  /** Whether the message in progress is compressed. */
  compressed = false
  private frames = 0
  /** Whether the last piece was the last of its frame. */
  private whole = true
  private pieces = 0
  private payload: PayloadBuffer.PayloadBuffer | undefined = undefined
  /** Where in the payload each frame ends, if frames are kept apart. */
  private ends: Array<number> | undefined = undefined
  /** Whether the frames of messages that come as octets are kept apart. */
  keepsFragments = false
  private validator: Utf8.Validator | undefined = undefined

  constructor(bytes: Bytes.Bytes, limits: Limits.Limits, validateUtf8 = true, asOctets = false) {
    this.bytes = bytes
    this.limits = limits
    this.validateUtf8 = validateUtf8
    this.asOctets = asOctets
  }

  /**
   * Takes a data frame; gives the message that it completes, or the rule that it breaks. A payload has to stay as it is
   * until then, or until `settle`.
   */
  accept(frame: Frame): Output | undefined {
    if (frame.fin && this.opcode === Opcode.Continuation && frame.opcode !== Opcode.Continuation) {
      if (frame.rsv1) return this.compressedOf(frame)
      return this.finish(frame.opcode === Opcode.Text, frame.payload, undefined, this.validateUtf8)
    }
    const violation = this.check(frame, this.limits.maxFragments)
    if (violation !== undefined) return violation
    const payload = this.payload ??= new PayloadBuffer.PayloadBuffer(this.bytes)
    if (payload.size + frame.payload.length > this.limits.maxMessageSize) return Violation.error("MessageTooBig")
    if (frame.payload.length > 0 && ++this.pieces > this.limits.maxChunks) return Violation.error("ChunksTooMany")
    if (frame.payload.length > 0) payload.add(frame.payload)
    if (this.keepsFragments && frame.whole) (this.ends ??= []).push(payload.size)
    return frame.fin ? this.join(payload) : undefined
  }

  /** Makes what is kept its own. Of the frame in progress `missing` octets are still to come. */
  settle(missing: number): void {
    this.payload?.settle(missing)
  }

  /** The memory for octets of a frame that are still to come, if it has a use for more than a few. */
  room(missing: number): Uint8Array | undefined {
    return this.payload?.room(missing)
  }

  /** Makes the message of a compressed one's octets. */
  inflated(text: boolean, payload: Uint8Array): Exclude<Output, Compressed> {
    return this.finish(text, payload, undefined, this.validateUtf8)
  }

  /** Checks a data frame without keeping its payload, for those who take the frames themselves. */
  observe(frame: Frame): Violation.ProtocolError | undefined {
    const violation = this.check(frame, Infinity)
    if (frame.fin) this.reset()
    return violation
  }

  /** Gives what was kept of the message in progress, as its first fragment; a compressed one is needed whole. */
  giveUp(): Frame | undefined {
    if (this.opcode === Opcode.Continuation || this.compressed) return undefined
    const payload = this.payload?.takeCopy() ?? new Uint8Array(0)
    return { fin: false, rsv1: false, opcode: this.opcode, payload, whole: this.whole }
  }

  /** Forgets the message in progress. */
  reset(): void {
    this.opcode = Opcode.Continuation
    this.compressed = false
    this.frames = 0
    this.whole = true
    this.pieces = 0
    this.payload?.clear()
    this.ends = undefined
    this.validator = undefined
  }

  /** A data frame's place in its message, and its text. */
  private check(frame: Frame, maxFragments: number): Violation.ProtocolError | undefined {
    const wanted = this.opcode === Opcode.Continuation
    if (wanted === (frame.opcode === Opcode.Continuation)) {
      return Violation.error(wanted ? "ContinuationUnexpected" : "ContinuationMissing", frame.opcode)
    }
    if (wanted) this.start(frame)
    if (this.whole && ++this.frames > maxFragments) return Violation.error("FragmentsTooMany")
    this.whole = frame.whole
    const valid = this.validator === undefined ||
      (this.validator.push(frame.payload) && (!frame.fin || this.validator.isComplete()))
    return valid ? undefined : Violation.error("TextNotUtf8")
  }

  private start(frame: Frame): void {
    this.opcode = frame.opcode as Opcode.Data
    this.compressed = frame.rsv1
    const text = this.opcode === Opcode.Text && !frame.rsv1 && this.validateUtf8
    this.validator = text ? new Utf8.Validator(this.bytes.isUtf8) : undefined
  }

  private join(gathered: PayloadBuffer.PayloadBuffer): Output {
    const { compressed, ends, opcode } = this
    const payload = gathered.take()
    const text = opcode === Opcode.Text
    this.reset()
    if (compressed) return { _tag: "Compressed", text, payload }
    return this.finish(text, payload, ends && byFrame(payload, ends), false)
  }

  /** The decoder has no limit where frames are asked for; but this message is held until it is inflated. */
  private compressedOf({ opcode, payload }: Frame): Output {
    if (payload.length > this.limits.maxMessageSize) return Violation.error("MessageTooBig")
    return { _tag: "Compressed", text: opcode === Opcode.Text, payload }
  }

  private finish(
    text: boolean,
    payload: Uint8Array,
    fragments: ReadonlyArray<Uint8Array> | undefined,
    validate: boolean
  ): Exclude<Output, Compressed> {
    this.text = text
    this.fragments = fragments
    if (!text) return payload
    if (this.asOctets) return validate && !this.bytes.isUtf8(payload) ? Violation.error("TextNotUtf8") : payload
    if (payload.length > maxTextSize) return Violation.error("MessageTooBig")
    if (!validate) return this.bytes.decode(payload)
    return Bytes.decodeUtf8(this.bytes, payload) ?? Violation.error("TextNotUtf8")
  }
}

/** The frames of a message that have a payload. */
const byFrame = (payload: Uint8Array, ends: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  ends.map((end, i) => payload.subarray(ends[i - 1] ?? 0, end)).filter(({ length }) => length > 0)
