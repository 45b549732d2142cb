/**
 * A pair of transports in memory, for tests without ports.
 *
 * @since 0.1.0
 */
import type { Receiver, Transport } from "./Transport.ts"

/** More than this in flight, and the writer is congested: as large as Node's default for sockets. */
const highWaterMark = 65_536

/**
 * Two transports that carry bytes to each other.
 *
 * **Details**
 *
 * Delivery is asynchronous, by microtask, so that no test depends on re-entrance; it needs no clock, and so works under
 * a `TestClock`. A side that is paused makes the other one `congested`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pair = (): readonly [Transport, Transport] => {
  const left = new MemoryTransport()
  const right = new MemoryTransport()
  left.peer = right
  right.peer = left
  return [left, right]
}

class MemoryTransport implements Transport {
  readonly duplex = undefined
  readonly remoteAddress = undefined
  readonly releases = true
  peer: MemoryTransport | undefined = undefined
  queued = 0
  congested = false
  private receiver: Receiver | undefined = undefined
  /** What the peer wrote and this side has not taken; `undefined` in it is the end. */
  private readonly inbox: Array<Uint8Array | undefined> = []
  private paused = false
  private scheduled = false
  private ended = false
  private inputEnded = false
  private closed = false

  start(receiver: Receiver): void {
    this.receiver = receiver
    this.schedule()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.schedule()
  }

  write(chunks: ReadonlyArray<Uint8Array>, done?: (error?: Error | null) => void): void {
    const problem = this.ended || this.closed ? new Error("write after end") : undefined
    if (done !== undefined) queueMicrotask(() => done(problem))
    if (problem !== undefined) return
    for (const chunk of chunks) {
      this.queued += chunk.length
      this.peer?.inbox.push(new Uint8Array(chunk))
    }
    this.congested ||= this.queued >= highWaterMark
    this.peer?.schedule()
  }

  end(): void {
    if (this.ended || this.closed) return
    this.ended = true
    this.peer?.inbox.push(undefined)
    this.peer?.schedule()
    this.closeIfEnded()
  }

  destroy(): void {
    if (this.closed) return
    this.peer?.reset()
    this.close(undefined)
  }

  private reset(): void {
    if (this.closed) return
    if (!this.ended || !this.inputEnded) queueMicrotask(() => this.close(this.inputEnded ? undefined : reset()))
  }

  private close(error: Error | undefined): void {
    if (this.closed) return
    this.closed = true
    this.inbox.length = 0
    queueMicrotask(() => this.receiver?.onClose(error))
  }

  private closeIfEnded(): void {
    if (this.ended && this.inputEnded) this.close(undefined)
  }

  private schedule(): void {
    if (this.scheduled || this.paused || this.receiver === undefined || this.inbox.length === 0) return
    this.scheduled = true
    queueMicrotask(() => this.deliver())
  }

  private deliver(): void {
    this.scheduled = false
    while (!this.paused && !this.closed && this.inbox.length > 0) this.take(this.inbox.shift())
  }

  private take(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      this.inputEnded = true
      this.receiver?.onEnd()
      return this.closeIfEnded()
    }
    this.peer?.taken(chunk.length)
    this.receiver?.onBytes(chunk)
  }

  private taken(count: number): void {
    this.queued -= count
    if (!this.congested || this.queued > 0) return
    this.congested = false
    this.receiver?.onDrain()
  }
}

const reset = (): Error => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
