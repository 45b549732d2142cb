/**
 * A pair of transports in memory, for tests without ports.
 *
 * @since 0.1.0
 */
import { MemoryLine, type Timing } from "./MemoryLine.ts"
import type { Receiver, Transport } from "./Transport.ts"

type Done = (error?: Error | null) => void

/** More than this in flight, and the writer is congested: as large as Node's default for sockets. */
const highWaterMark = 65_536

/** Where nothing takes any time. */
const instant: Timing = { now: () => 0, start: () => () => {} }

/**
 * Two transports that carry bytes to each other.
 *
 * **Details**
 *
 * Delivery is asynchronous, by microtask, and needs no clock, and so works under a `TestClock`; unless the `outgoing` line
 * of a side is given conditions that take time, for which there has to be a `timing`. A side that is paused makes the
 * other one `congested`. What happens at the end is as with TCP: who is destroyed ends its stream, and resets the
 * connection if there was something that it did not read, or if something still comes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pair = (timing: Timing = instant): readonly [MemoryTransport, MemoryTransport] => {
  const left = new MemoryTransport(timing)
  const right = new MemoryTransport(timing)
  left.peer = right
  right.peer = left
  return [left, right]
}

/**
 * One side of a pair.
 *
 * @category models
 * @since 0.1.0
 */
export class MemoryTransport implements Transport {
  readonly duplex = undefined
  readonly remoteAddress = undefined
  readonly releases = true
  /** What this side writes goes there. */
  readonly outgoing: MemoryLine
  peer!: MemoryTransport
  congested = false
  closed = false
  private receiver: Receiver | undefined = undefined
  /** Those whose octets the line holds back. */
  private waiting: Array<Done> = []
  private ended = false
  private inputEnded = false

  constructor(timing: Timing) {
    this.outgoing = new MemoryLine(timing, {
      onBytes: (chunk) => this.peer.receive(chunk),
      onEnd: () => this.peer.endInput(),
      onReset: () => {
        for (const side of [this.peer, this]) side.close(side.inputEnded ? undefined : reset())
      },
      onTaken: () => this.taken()
    })
  }

  get queued(): number {
    return this.outgoing.queued
  }

  start(receiver: Receiver): void {
    this.receiver = receiver
    this.peer.outgoing.resume()
  }

  pause(): void {
    if (!this.closed) this.peer.outgoing.pause()
  }

  resume(): void {
    this.peer.outgoing.resume()
  }

  write(chunks: ReadonlyArray<Uint8Array>, done?: Done): void {
    const problem = this.ended || this.closed ? closedError() : this.send(chunks)
    if (problem === undefined) this.congested ||= this.queued >= highWaterMark
    if (done === undefined) return
    if (this.congested && !this.closed) this.waiting.push(done)
    else queueMicrotask(() => done(problem))
  }

  end(): void {
    if (this.ended || this.closed) return
    this.ended = true
    this.outgoing.end()
    this.closeIfEnded()
  }

  destroy(): void {
    if (this.closed) return
    if (this.peer.outgoing.hasUnread) this.outgoing.abort()
    else this.outgoing.end()
    this.close(undefined)
  }

  private send(chunks: ReadonlyArray<Uint8Array>): Error | undefined {
    for (const chunk of chunks) {
      const problem = this.outgoing.write(chunk)
      if (problem === undefined) continue
      this.close(problem)
      return problem
    }
    return undefined
  }

  private receive(chunk: Uint8Array): void {
    if (this.closed) this.outgoing.abort()
    else this.receiver?.onBytes(chunk)
  }

  private endInput(): void {
    if (this.closed) return
    this.inputEnded = true
    this.receiver?.onEnd()
    this.closeIfEnded()
  }

  private close(error: Error | undefined): void {
    if (this.closed) return
    this.closed = true
    if (this.peer.closed) { for (const { outgoing } of [this, this.peer]) outgoing.stop() }
    else this.peer.outgoing.resume() // to see whether something still comes
    queueMicrotask(() => {
      this.release(error ?? closedError())
      this.receiver?.onClose(error)
    })
  }

  private closeIfEnded(): void {
    if (this.ended && this.inputEnded) this.close(undefined)
  }

  private taken(): void {
    if (this.closed || !this.congested || this.queued > 0) return
    this.congested = false
    this.release(undefined)
    this.receiver?.onDrain()
  }

  private release(error: Error | undefined): void {
    const { waiting } = this
    this.waiting = []
    for (const done of waiting) done(error)
  }
}

const closedError = (): Error => new Error("write after end")

const reset = (): Error => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
