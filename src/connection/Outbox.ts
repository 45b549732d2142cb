/**
 * What is to be sent: encoded in order, gathered, and written once per read or tick.
 *
 * @since 0.1.0
 */
import type * as FrameEncoder from "../protocol/FrameEncoder.ts"
import * as Message from "../protocol/Message.ts"
import type * as Opcode from "../protocol/Opcode.ts"
import type { Transport } from "../transport/Transport.ts"
import type { Compressor } from "./Compressor.ts"
import { Waiters } from "./Waiters.ts"

/** From this many gathered bytes on a write does not wait for the end of the tick. */
const flushMark = 65_536

/**
 * The sending half of a connection.
 *
 * **Details**
 *
 * Messages go out in the order of the calls. While a message is under way that is streamed, or compressed in the thread
 * pool, what comes after it waits for its turn in `jobs`. Gathering costs a single message nothing: the flush is at the end of the same tick.
 *
 * @category models
 * @since 0.1.0
 */
export class Outbox {
  private readonly encoder: FrameEncoder.FrameEncoder
  private readonly transport: Transport
  private readonly compressor: Compressor | undefined
  /** Told when the transport starts and stops to take bytes. */
  private readonly onWritable: (writable: boolean) => void
  private scheduled = false
  private corked = false
  /** Whether the transport held on to what it was given last, as TLS and slow peers do. */
  private holds = false
  private congested = false
  private streaming = false
  /** Octets of the message that is being compressed. */
  private deflating = 0
  private abandoned = false
  private jobs: Array<() => void> | undefined = undefined
  private readonly writable = new Waiters()

  constructor(
    encoder: FrameEncoder.FrameEncoder,
    transport: Transport,
    compressor: Compressor | undefined,
    onWritable: (writable: boolean) => void
  ) {
    this.encoder = encoder
    this.transport = transport
    this.compressor = compressor
    this.onWritable = onWritable
  }

  /** Bytes that are accepted, and not taken by the operating system. */
  get size(): number {
    return this.encoder.size + this.transport.queued + this.deflating
  }

  /** Whether a sender should wait for the transport. */
  get isCongested(): boolean {
    return this.congested
  }

  /** Whether a message is under way that others have to wait for. */
  get isStreaming(): boolean {
    return this.streaming
  }

  /** Whether what was not sent by now never will be. */
  get isAbandoned(): boolean {
    return this.abandoned
  }

  /** Whether a message may go out now, with none before it that waits. */
  get isFree(): boolean {
    return !this.streaming && this.jobs === undefined
  }

  /** Sends a message now, for which the outbox has to be free. It is not, afterwards, if compressing takes its time. */
  message(message: Message.Message | Message.Prepared, compress: boolean): void {
    const octets = compress ? this.compressor?.octetsOf(message) : undefined
    if (octets !== undefined) return this.deflated(octets, message)
    if (typeof message === "string") this.encoder.text(message)
    else if (message instanceof Uint8Array) this.encoder.binary(message)
    else this.encoder.prepared(message)
    this.written()
  }

  private deflated(octets: Uint8Array, message: Message.Message | Message.Prepared): void {
    let isLater = false
    this.streaming = true
    this.deflating = octets.length
    this.compressor?.deflate(octets, message, (payload) => {
      if (this.abandoned) return
      this.deflating = 0
      this.frame(true, Message.opcodeOf(message), payload, true)
      if (isLater) this.endStream()
      else this.streaming = false
    })
    isLater = true
  }

  /** Sends a frame; `rsv1` marks the first one of a compressed message (RFC 7692 §6). */
  frame(fin: boolean, opcode: Opcode.Opcode, payload: Uint8Array, rsv1 = false): void {
    this.encoder.frame(fin, rsv1, opcode, payload)
    this.written()
  }

  /** Runs a job in its turn: at once, or after the streamed message that is under way and the jobs before. */
  inOrder(job: () => void): void {
    if (this.isFree) return job()
    this.jobs ??= []
    this.jobs.push(job)
  }

  /** A streamed message begins, in its turn: everything but control frames waits until `endStream`. */
  beginStream(): void {
    this.streaming = true
  }

  endStream(): void {
    this.streaming = false
    while (!this.streaming && this.jobs !== undefined && this.jobs.length > 0) this.jobs.shift()?.()
    if (this.jobs?.length === 0) this.jobs = undefined
  }

  /** Gathers until `uncork`, which writes. */
  cork(): void {
    this.corked = true
  }

  uncork(): void {
    this.corked = false
    this.flush()
  }

  /** Writes what was gathered. */
  flush(): void {
    this.scheduled = false
    if (this.encoder.size === 0) return
    const { encoder, transport } = this
    const copy = this.holds || transport.queued > 0 || !transport.releases
    transport.write(encoder.take(copy))
    this.holds = transport.queued > 0
    if (!copy) encoder.settle(!this.holds)
    if (transport.congested && !this.congested) {
      this.congested = true
      this.onWritable(false)
    }
  }

  /** The transport has taken everything. */
  drained(): void {
    this.congested = false
    this.onWritable(true)
    this.writable.call()
  }

  /** Calls back when senders need not wait any more; returns how to call that off. */
  whenWritable(callback: () => void): () => void {
    return this.writable.add(callback)
  }

  /** Nothing will be sent any more: jobs are dropped and waiters called. */
  abandon(): void {
    this.abandoned = true
    this.deflating = 0
    this.jobs = undefined
    this.streaming = false
    this.congested = false
    this.writable.call()
  }

  private written(): void {
    if (this.encoder.size >= flushMark) this.flush()
    else if (!this.scheduled && !this.corked) this.schedule()
  }

  private schedule(): void {
    this.scheduled = true
    queueMicrotask(() => this.flush())
  }
}
