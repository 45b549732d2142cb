/**
 * What is to be sent: encoded in order, gathered, and written once per read or tick.
 *
 * @since 0.1.0
 */
import { copyLimit, type FrameEncoder } from "../protocol/FrameEncoder.ts"
import * as Message from "../protocol/Message.ts"
import * as Opcode from "../protocol/Opcode.ts"
import type { Transport } from "../transport/Transport.ts"
import type { Compressor } from "./Compressor.ts"
import type { Encoders } from "./Encoders.ts"
import type { Tally } from "./Tally.ts"
import { Turns } from "./Turns.ts"
import { Waiters } from "./Waiters.ts"

/** Not that of the moment: what a program sends does not wait for the clock of its fake timers. */
const { queueMicrotask } = globalThis

/**
 * From this many gathered bytes on a write does not wait for the end of the tick. So what is not copied is written at once:
 * programs for ws may use their memory again when `send` returns.
 *
 * @category constants
 * @since 0.1.0
 */
export const flushMark = copyLimit + 1

/**
 * Told when a message is written, or why it is not.
 *
 * @category models
 * @since 0.1.0
 */
export type Receipt = (error?: Error | null) => void

/**
 * A data frame with everything said.
 *
 * @category models
 * @since 0.1.0
 */
export interface DataFrame {
  readonly fin: boolean
  readonly opcode: Opcode.Data | typeof Opcode.Continuation
  readonly payload: Uint8Array
  /** Whether it is, or is a part of, a compressed message. */
  readonly compress: boolean
  /** The masking key; by default as is due. */
  readonly key: number | "None" | undefined
}

/**
 * The connection that sends, which is told when the transport starts and stops to take bytes.
 *
 * @category models
 * @since 0.1.0
 */
export interface Owner {
  readonly encoders: Encoders
  readonly transport: Transport
  readonly compressor: Compressor | undefined
  readonly tally: Tally
  /** Whether it reads, and flushes after that. */
  readonly isActive: boolean
  onWritable(writable: boolean): void
}

/**
 * The sending half of a connection.
 *
 * **Details**
 *
 * Messages go out in the order of the calls. While a message is under way that is streamed, or compressed in the thread
 * pool, what comes after it waits for its turn. Gathering costs a single message nothing: the flush is at the end of the
 * same tick.
 *
 * @category models
 * @since 0.1.0
 */
export class Outbox {
  private readonly owner: Owner
  /** Has what is gathered, if there is something. */
  private encoder: FrameEncoder | undefined = undefined
  private scheduled = false
  /** Whether the transport held on to what it was given last, as TLS and slow peers do. */
  private holds = false
  /** Since when senders should wait for the transport, as `performance.now()` told. */
  congestedSince: number | undefined = undefined
  private abandoned = false
  private queue: Turns | undefined = undefined
  /** Told when what was gathered is written. */
  private receipts: Array<Receipt> | undefined = undefined
  private writable: Waiters | undefined = undefined

  constructor(owner: Owner) {
    this.owner = owner
  }

  private get transport(): Transport {
    return this.owner.transport
  }

  get compressor(): Compressor | undefined {
    return this.owner.compressor
  }

  /** Who waits for a turn. */
  get turns(): Turns {
    return this.queue ??= new Turns()
  }

  /** Whether a message may go out now, with none before it that waits. */
  get isFree(): boolean {
    return this.queue === undefined || this.queue.isFree
  }

  /** Whether a message is under way that others have to wait for. */
  get isBusy(): boolean {
    return this.queue?.isBusy === true
  }

  /** Octets of messages whose turn never came. */
  get dropped(): number {
    return this.queue?.dropped ?? 0
  }

  private get gathered(): number {
    return this.encoder?.size ?? 0
  }

  private get waiting(): number {
    return this.queue?.size ?? 0
  }

  /** Bytes that are accepted, and not taken by the operating system. */
  get size(): number {
    return this.gathered + this.transport.queued + this.waiting
  }

  /** Those of them that wait for something: what is only gathered leaves with this tick. */
  get held(): number {
    const { duplex, queued } = this.transport
    return queued > 0 || (duplex?.writableCorked ?? 0) > 0 ? this.size : this.waiting
  }

  /** Whether a sender should wait for the transport. */
  get isCongested(): boolean {
    return this.congestedSince !== undefined
  }

  /** Whether what was not sent by now never will be. */
  get isAbandoned(): boolean {
    return this.abandoned
  }

  /** Whether nothing can reach the peer any more. */
  get isBroken(): boolean {
    return this.abandoned || this.transport.duplex?.destroyed === true
  }

  /** Sends a message, whose turn it has to be. Others wait for it if compressing takes its time. */
  message(message: Message.Message | Message.Prepared, compress: boolean): void {
    const octets = compress ? this.compressor?.octetsOf(message) : undefined
    if (octets === undefined) this.whole(message)
    else this.deflated(octets, message)
  }

  /** Sends a message as it is, whose turn it has to be. */
  whole(message: Message.Message | Message.Prepared, receipt?: Receipt): void {
    const encoder = this.borrowed()
    if (typeof message === "string") encoder.text(message)
    else if (message instanceof Uint8Array) encoder.binary(message)
    else encoder.prepared(message)
    this.owner.tally.messagesOut++
    this.written(receipt)
  }

  /** Sends a message of octets of either type as it is, whose turn it has to be. */
  octets(opcode: Opcode.Data, payload: Uint8Array, receipt?: Receipt): void {
    this.borrowed().frame(true, false, opcode, payload)
    this.owner.tally.messagesOut++
    this.written(receipt)
  }

  private deflated(octets: Uint8Array, message: Message.Message | Message.Prepared): void {
    this.turns.begin({ size: octets.length, drop: ignore })
    this.compressor?.deflate(octets, message, (payload) => {
      if (this.abandoned) return
      this.frame(true, Message.opcodeOf(message), payload, true)
      this.turns.end()
    })
  }

  /** Sends a data frame, whose turn it has to be, too. `drop` is told if the connection ends while it is compressed. */
  data(frame: DataFrame, receipt: Receipt | undefined, drop: () => void): void {
    const { compressor } = this
    if (!frame.compress || compressor === undefined) return this.encode(frame, frame.payload, receipt)
    this.turns.begin({ size: frame.payload.length, drop })
    compressor.deflatePart(frame.payload, frame.fin, (payload) => {
      if (this.abandoned) return
      this.encode(frame, payload, receipt)
      this.turns.end()
    })
  }

  private encode({ compress, fin, key, opcode }: DataFrame, payload: Uint8Array, receipt: Receipt | undefined): void {
    this.borrowed().frame(fin, compress && opcode !== Opcode.Continuation, opcode, payload, key)
    if (fin) this.owner.tally.messagesOut++
    this.written(receipt)
  }

  /** Sends bytes that are framed already. */
  framed(bytes: Uint8Array, receipt?: Receipt): void {
    this.borrowed().framed(bytes)
    this.written(receipt)
  }

  /** Sends a frame; `rsv1` marks the first one of a compressed message (RFC 7692 §6). */
  frame(fin: boolean, opcode: Opcode.Opcode, payload: Uint8Array, rsv1 = false): void {
    this.borrowed().frame(fin, rsv1, opcode, payload)
    if (fin && !Opcode.isControl(opcode)) this.owner.tally.messagesOut++
    this.written()
  }

  /** Sends a control frame, between whatever else is under way. */
  control(opcode: Opcode.Control, payload: Uint8Array, key?: DataFrame["key"], receipt?: Receipt): void {
    this.borrowed().frame(true, false, opcode, payload, key)
    this.written(receipt)
  }

  /** Whether the caller has to see to the flush, and later than usual: false if somebody does so already. */
  takeOverFlush(): boolean {
    if (this.scheduled || this.owner.isActive) return false
    return this.scheduled = true
  }

  /** Writes what was gathered. */
  flush(): void {
    this.scheduled = false
    const { encoder, receipts, transport } = this
    if (encoder === undefined || encoder.size === 0) return
    this.encoder = this.receipts = undefined
    this.owner.tally.octetsOut += encoder.size
    const copy = this.holds || transport.queued > 0 || !transport.releases
    transport.write(encoder.take(copy), receipts && tell(receipts))
    this.holds = transport.queued > 0
    if (!copy) encoder.settle(!this.holds)
    this.owner.encoders.takeBack(encoder)
    if (transport.congested && !this.isCongested) {
      this.congestedSince = performance.now()
      this.owner.onWritable(false)
    }
  }

  /** The transport has taken everything. */
  drained(): void {
    this.endCongestion()
    this.owner.onWritable(true)
    this.writable?.call()
  }

  /** Calls back when senders need not wait any more; returns how to call that off. */
  whenWritable(callback: () => void): () => void {
    return (this.writable ??= new Waiters()).add(callback)
  }

  /** Nothing will be sent any more: what waits for its turn is dropped, and waiters are called. */
  abandon(): void {
    this.abandoned = true
    this.queue?.abandon()
    this.endCongestion()
    this.writable?.call()
  }

  private endCongestion(): void {
    if (this.congestedSince !== undefined) this.owner.tally.congestedTime += performance.now() - this.congestedSince
    this.congestedSince = undefined
  }

  private borrowed(): FrameEncoder {
    return this.encoder ??= this.owner.encoders.lend()
  }

  private written(receipt?: Receipt): void {
    if (receipt !== undefined) this.expect(receipt)
    if (this.gathered >= flushMark) this.flush()
    else if (!this.scheduled && !this.owner.isActive) this.schedule()
  }

  private expect(receipt: Receipt): void {
    if (this.receipts === undefined) this.receipts = [receipt]
    else this.receipts.push(receipt)
  }

  private schedule(): void {
    this.scheduled = true
    queueMicrotask(() => this.flush())
  }
}

const tell = (receipts: ReadonlyArray<Receipt>): Receipt => (error) => receipts.forEach((receipt) => receipt(error))

const ignore = (): void => {}
