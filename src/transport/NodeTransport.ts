/**
 * Transports over Node's streams: TCP, TLS, Unix sockets, named pipes, and any other Duplex.
 *
 * @since 0.1.0
 */
import { Socket } from "node:net"
import { type Duplex, Readable } from "node:stream"
import * as SocketReads from "./SocketReads.ts"
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

const transportKey = Symbol("effect-ws/NodeTransport")

/** Its listeners are the same functions for every stream, and find their transport there. */
type Carried = Duplex & { [transportKey]: NodeTransport }

class NodeTransport implements Transport, SocketReads.Reader {
  readonly releases: boolean
  readonly duplex: Duplex
  private receiver: Receiver | undefined = undefined
  private head: Uint8Array | undefined
  private error: Error | undefined = undefined
  private ended = false

  constructor(duplex: Duplex, head: Uint8Array | undefined) {
    this.duplex = duplex
    this.head = head
    this.releases = duplex instanceof Socket
    const carried = duplex as Carried
    carried[transportKey] = this
    duplex.on("error", onError)
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
    this.receiver = receiver
    duplex.on("end", onEnd)
    duplex.on("drain", onDrain)
    duplex.on("close", onClose)
    SocketReads.begin(duplex, this)
    duplex.on("data", onData)
    if (duplex.destroyed) queueMicrotask(() => this.tellClosed())
    else if (duplex.readableEnded) queueMicrotask(() => this.tellEnd())
    if (head !== undefined && head.length > 0) receiver.onBytes(head) // last: it may throw. Nothing else is read until later
  }

  take(bytes: Uint8Array): void {
    this.receiver?.onBytes(bytes)
  }

  prepare(memory: Uint8Array, length: number): number {
    return this.receiver?.prepare?.(memory, length) ?? 0
  }

  room(): Uint8Array | undefined {
    return this.receiver?.room()
  }

  fail(error: Error): void {
    this.error = error
    this.receiver?.onFailure?.()
  }

  tellEnd(): void {
    this.receiver?.onEnd()
  }

  tellDrain(): void {
    this.receiver?.onDrain()
  }

  /**
   * What was read while nobody took it has arrived all the same. The receiver is let go of: Node puts a closure of each
   * stream among V8's old objects, so that a stream, and what it refers to, outlives the collections of young ones.
   */
  tellClosed(): void {
    const { duplex, receiver } = this
    this.receiver = undefined
    const rest: Uint8Array | null = duplex.readableLength > 0 ? duplex.read(duplex.readableLength) : null
    receiver?.onClose(this.error, rest ?? undefined)
  }

  /** Not as a socket does it, which would not notice any more that the peer has gone. */
  pause(): void {
    Readable.prototype.pause.call(this.duplex)
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
    if (this.ended) return // Node would make an error
    this.ended = true
    this.duplex.end()
  }

  destroy(): void {
    this.duplex.destroy()
  }
}

/** A stream that does not destroy itself when it fails is of no more use all the same. */
function onError(this: Carried, error: Error): void {
  this[transportKey].fail(error)
  this.destroy()
}

function onData(this: Carried, bytes: Uint8Array): void {
  let isDone = false
  try {
    this[transportKey].take(bytes)
    isDone = true
  } finally {
    if (!isDone) goOn(this)
  }
}

/** A listener threw: what is left in the stream would wait there until more comes. */
const goOn = (duplex: Duplex): void => {
  if (!duplex.isPaused()) Readable.prototype.pause.call(duplex).resume()
}

function onEnd(this: Carried): void {
  this[transportKey].tellEnd()
}

function onDrain(this: Carried): void {
  this[transportKey].tellDrain()
}

function onClose(this: Carried): void {
  this[transportKey].tellClosed()
}
