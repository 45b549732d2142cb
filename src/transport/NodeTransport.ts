/**
 * Transports over Node's streams: TCP, TLS, Unix sockets, named pipes, and any other Duplex.
 *
 * @since 0.1.0
 */
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { Receiver, Transport } from "./Transport.ts"

/**
 * A transport over a Duplex that is open. `head` is what was read from it already.
 *
 * **Details**
 *
 * The Duplex is the transport's from now on: it sees to its errors, and switches off a socket's idle time-out and
 * Nagle's algorithm.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromDuplex = (duplex: Duplex, head?: Uint8Array): Transport => new NodeTransport(duplex, head)

const writeAfterEnd = (): Error => Object.assign(new Error("write after end"), { code: "ERR_STREAM_WRITE_AFTER_END" })

class NodeTransport implements Transport {
  readonly releases: boolean
  readonly duplex: Duplex
  private head: Uint8Array | undefined
  private error: Error | undefined = undefined
  private ended = false

  constructor(duplex: Duplex, head: Uint8Array | undefined) {
    this.duplex = duplex
    this.head = head
    this.releases = duplex instanceof Socket
    duplex.on("error", (error) => this.error = error)
    const socket = duplex as Partial<Socket>
    socket.setTimeout?.(0)
    socket.setNoDelay?.(true)
  }

  get remoteAddress(): string | undefined {
    return (this.duplex as Partial<Socket>).remoteAddress
  }

  get queued(): number {
    return this.duplex.writableLength
  }

  get congested(): boolean {
    return this.duplex.writableNeedDrain
  }

  start(receiver: Receiver): void {
    const { duplex, head } = this
    this.head = undefined
    duplex.on("end", receiver.onEnd)
    duplex.on("drain", receiver.onDrain)
    duplex.once("close", () => this.closed(receiver))
    if (head !== undefined && head.length > 0) receiver.onBytes(head)
    duplex.on("data", receiver.onBytes)
    if (duplex.destroyed) queueMicrotask(() => receiver.onClose(this.error))
  }

  /** What was read while nobody took it has arrived all the same. */
  private closed(receiver: Receiver): void {
    const { duplex } = this
    const rest: Uint8Array | null = duplex.readableLength > 0 ? duplex.read(duplex.readableLength) : null
    if (rest !== null) receiver.onBytes(rest)
    receiver.onClose(this.error)
  }

  pause(): void {
    this.duplex.pause()
  }

  resume(): void {
    this.duplex.resume()
  }

  write(chunks: ReadonlyArray<Uint8Array>, done?: (error?: Error | null) => void): void {
    const { duplex } = this
    const last = chunks.length - 1
    if (this.ended) return done && queueMicrotask(() => done(writeAfterEnd()))
    if (last > 0) duplex.cork()
    for (let i = 0; i < last; i++) duplex.write(chunks[i])
    duplex.write(chunks[last], done)
    if (last > 0) duplex.uncork()
  }

  end(): void {
    this.ended = true
    this.duplex.end()
  }

  destroy(): void {
    this.duplex.destroy()
  }
}
