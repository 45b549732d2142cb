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

/** A message of which not all is there. */
class Progress {
  readonly opcode: Opcode.Data
  readonly compressed: boolean
  readonly validator: Utf8.Validator | undefined
  frames = 0
  /** Whether the last piece was the last of its frame. */
  whole = true
  /** How many of the frame in progress came. */
  pieces = 0
  payload: PayloadBuffer.PayloadBuffer | undefined = undefined
  /** Where in the payload each frame ends, if frames are kept apart. */
  ends: Array<number> | undefined = undefined

  constructor(opcode: Opcode.Data, compressed: boolean, validator: Utf8.Validator | undefined) {
    this.opcode = opcode
    this.compressed = compressed
    this.validator = validator
  }
}

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
  /** Whether the frames of messages that come as octets are kept apart. */
  keepsFragments = false
  private progress: Progress | undefined = undefined

  constructor(bytes: Bytes.Bytes, limits: Limits.Limits, validateUtf8 = true, asOctets = false) {
    this.bytes = bytes
    this.limits = limits
    this.validateUtf8 = validateUtf8
    this.asOctets = asOctets
  }

  /** Whether no message is in progress. */
  get isIdle(): boolean {
    return this.progress === undefined
  }

  /** Whether the message in progress is compressed. */
  get compressed(): boolean {
    return this.progress?.compressed === true
  }

  /**
   * Takes a data frame; gives the message that it completes, or the rule that it breaks. A payload has to stay as it is
   * until then, or until `settle`.
   */
  accept(frame: Frame): Output | undefined {
    if (frame.fin && this.progress === undefined && frame.opcode !== Opcode.Continuation) {
      if (frame.rsv1) return this.compressedOf(frame)
      return this.single(frame.opcode === Opcode.Text, frame.payload)
    }
    const progress = this.check(frame, this.limits.maxFragments)
    return progress instanceof Progress ? this.gather(progress, frame) : progress
  }

  /** Makes a message of octets that are all of it, of one frame or inflated; or gives the rule that they break. */
  single(text: boolean, payload: Uint8Array): Message | Violation.ProtocolError {
    return this.finish(text, payload, undefined, this.validateUtf8)
  }

  private gather(progress: Progress, frame: Frame): Output | undefined {
    const { length } = frame.payload
    const payload = progress.payload ??= new PayloadBuffer.PayloadBuffer(this.bytes)
    if (payload.size + length > this.limits.maxMessageSize) return Violation.error("MessageTooBig")
    if (length > 0 && ++progress.pieces > this.limits.maxChunks) return Violation.error("ChunksTooMany")
    if (length > 0) payload.add(frame.payload)
    if (this.keepsFragments && frame.whole) (progress.ends ??= []).push(payload.size)
    return frame.fin ? this.join(progress, payload) : undefined
  }

  /** Makes what is kept its own. Of the frame in progress `missing` octets are still to come. */
  settle(missing: number): void {
    this.progress?.payload?.settle(missing)
  }

  /** The memory for octets of a frame that are still to come, if it has a use for more than a few. */
  room(missing: number): Uint8Array | undefined {
    return this.progress?.payload?.room(missing)
  }

  /** Checks a data frame without keeping its payload, for those who take the frames themselves. */
  observe(frame: Frame): Violation.ProtocolError | undefined {
    const progress = this.check(frame, Infinity)
    if (frame.fin) this.reset()
    return progress instanceof Progress ? undefined : progress
  }

  /** Gives what was kept of the message in progress, as its first fragment; a compressed one is needed whole. */
  giveUp(): Frame | undefined {
    const { progress } = this
    if (progress === undefined || progress.compressed) return undefined
    const { opcode, whole } = progress
    return { fin: false, rsv1: false, opcode, payload: progress.payload?.takeCopy() ?? new Uint8Array(0), whole }
  }

  /** Forgets what it holds of messages. */
  reset(): void {
    this.progress = undefined
    this.fragments = undefined
  }

  /** A data frame's place in its message, and its text. */
  private check(frame: Frame, maxFragments: number): Progress | Violation.ProtocolError {
    const wanted = this.progress === undefined
    if (wanted === (frame.opcode === Opcode.Continuation)) {
      return Violation.error(wanted ? "ContinuationUnexpected" : "ContinuationMissing", frame.opcode)
    }
    const progress = this.progress ??= this.begin(frame)
    if (progress.whole) {
      progress.pieces = 0
      if (++progress.frames > maxFragments) return Violation.error("FragmentsTooMany")
    }
    progress.whole = frame.whole
    const { validator } = progress
    const valid = validator === undefined || (validator.push(frame.payload) && (!frame.fin || validator.isComplete()))
    return valid ? progress : Violation.error("TextNotUtf8")
  }

  private begin({ opcode, rsv1 }: Frame): Progress {
    const isText = opcode === Opcode.Text && !rsv1 && this.validateUtf8
    return new Progress(opcode as Opcode.Data, rsv1, isText ? new Utf8.Validator(this.bytes.isUtf8) : undefined)
  }

  private join({ compressed, ends, opcode }: Progress, gathered: PayloadBuffer.PayloadBuffer): Output {
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
  ): Message | Violation.ProtocolError {
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
