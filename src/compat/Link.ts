/**
 * What ties a compat WebSocket to its connection: ws's `message`, `ping` and `pong` events, its errors, and its end.
 *
 * @since 0.1.0
 */
import type { Duplex } from "node:stream"
import type { Driver } from "../connection/Driver.ts"
import type { Tap, Watcher } from "../connection/Tap.ts"
import * as CloseFrame from "../protocol/CloseFrame.ts"
import * as Emit from "./Emit.ts"
import * as Errors from "./Errors.ts"
import { Outgoing, type Owner } from "./Outgoing.ts"
import * as Payload from "./Payload.ts"
import * as Socket from "./Socket.ts"

/**
 * Where a WebSocket has its link: no name, for programs and subclasses have names of their own there.
 *
 * @category models
 * @since 0.1.0
 */
export const linkKey: unique symbol = Symbol("effect-ws/link")

/**
 * As much of a WebSocket as its link needs. What begins with an underscore is ws's.
 *
 * @category models
 * @since 0.1.0
 */
export interface Linked extends Emit.Emitter {
  readonly binaryType: Payload.BinaryType
  readonly _isServer: boolean
  readonly _autoPong: boolean
  readonly _maxPendingAutoPongs: number
  readonly _paused: boolean
  _pendingAutoPongs: number
  _readyState: 0 | 1 | 2 | 3
  _errorEmitted: boolean
  pong(payload: Buffer, mask: boolean, callback: () => void): void
  close(code: number | undefined, reason: Buffer | undefined): void
  terminate(): void
  emitClose(): void
}

const finish = (link: Link): void => link.finish()

/**
 * A WebSocket's hold on its connection, from when it is open.
 *
 * **Details**
 *
 * Events are emitted within the read in which the data came. Without `allowSynchronousEvents` each has a turn of the event
 * loop to itself, so that promises that one settles are continued before the next.
 *
 * @category models
 * @since 0.1.0
 */
export class Link implements Tap, Watcher, Owner {
  readonly driver: Driver
  readonly duplex: Duplex | null
  /** What the peer's Close said. */
  goodbye: { readonly code: number; readonly reason: Buffer } | undefined = undefined
  private readonly websocket: Linked
  private readonly allowSynchronousEvents: boolean
  private outgoing: Outgoing | undefined = undefined
  /** Events that wait for their turn of the event loop. */
  private deferred: Array<() => void> | undefined = undefined
  /** Whether `close` was called for the peer's Close, or for its mistake. */
  private isConcluded = false
  private isGone = false

  constructor(websocket: Linked, driver: Driver, allowSynchronousEvents: boolean) {
    this.websocket = websocket
    this.driver = driver
    this.duplex = driver.transport.duplex ?? null
    this.allowSynchronousEvents = allowSynchronousEvents
    if (this.duplex !== null) Socket.adopt(this.duplex, this)
    driver.protocol.keepFragments(websocket.binaryType === "fragments")
  }

  /** Begins with what comes; the end may be there already. */
  listen(): void {
    try {
      this.driver.setTap(this)
    } finally {
      this.driver.watch(this)
    }
  }

  // ---- receiving ----

  onMessage(payload: Uint8Array, text: boolean, fragments: ReadonlyArray<Uint8Array> | undefined): void {
    const { websocket } = this
    const data = text ? Payload.asBuffer(payload) : Payload.represent(websocket.binaryType, payload, fragments)
    if (this.allowSynchronousEvents) Emit.message(websocket, data, !text)
    else this.defer(() => Emit.message(websocket, data, !text))
  }

  onPing(octets: Uint8Array): void {
    const { websocket } = this
    const payload = Payload.asBuffer(octets)
    this.answer(payload)
    if (this.allowSynchronousEvents) websocket.emit("ping", payload)
    else this.defer(() => websocket.emit("ping", payload))
  }

  onPong(octets: Uint8Array): void {
    const { websocket } = this
    const payload = Payload.asBuffer(octets)
    if (this.allowSynchronousEvents) websocket.emit("pong", payload)
    else this.defer(() => websocket.emit("pong", payload))
  }

  /** Answers a ping, unless too many answers wait already. */
  private answer(payload: Buffer): void {
    const { websocket } = this
    if (!websocket._autoPong || websocket._readyState !== 1) return
    if (++websocket._pendingAutoPongs > websocket._maxPendingAutoPongs) return websocket.terminate()
    websocket.pong(payload, !websocket._isServer, () => websocket._pendingAutoPongs--)
  }

  /** Holds the peer back, or reads on if the WebSocket is not paused. */
  hold(stopped: boolean): void {
    this.driver.stop(stopped || this.websocket._paused)
  }

  // ---- each event in a turn of its own ----

  private defer(event: () => void): void {
    if (this.deferred !== undefined) return void this.deferred.push(event)
    const deferred = this.deferred = [event]
    this.hold(true)
    setImmediate(() => this.next(deferred))
  }

  private next(deferred: Array<() => void>): void {
    try {
      deferred[0]()
    } finally {
      deferred.shift()
      if (deferred.length > 0) setImmediate(() => this.next(deferred))
      else this.rest()
    }
  }

  private rest(): void {
    this.deferred = undefined
    this.hold(false)
  }

  private afterwards(then: () => void): void {
    if (this.deferred === undefined) then()
    else this.deferred.push(then)
  }

  // ---- sending ----

  get isServer(): boolean {
    return this.websocket._isServer
  }

  /** What sends, from the first time on that something is sent. */
  get sender(): Outgoing {
    return this.outgoing ??= new Outgoing(this.driver.outbox, this)
  }

  /** Calls the callbacks of what will not be sent any more. */
  settle(): void {
    this.outgoing?.settle()
  }

  /** The peer gets what was sent before, and no Close. */
  onUnreadable(error: Error): void {
    if (this.websocket._readyState === 3) return
    this.onClosing()
    this.driver.end()
    this.emitError(error)
  }

  // ---- the end ----

  onCloseDue(payload: Uint8Array): void {
    const isGoodbye = this.driver.protocol.state === "Exchanged"
    const reason = payload.length > 2 ? Payload.asBuffer(payload.subarray(2)) : Payload.empty
    this.closeFor(CloseFrame.codeOf(payload), isGoodbye ? reason : undefined)
  }

  onClosing(): void {
    if (this.websocket._readyState < 2) this.websocket._readyState = 2
  }

  /** The end is known, for which no Close may have been due any more. */
  onClosed(): void {
    const { event, octets } = this.driver.ending
    const { clean, code, error, reason } = event!
    const violation = error?.reason._tag === "ProtocolError" ? error.reason : undefined
    if (violation !== undefined) this.closeFor(violation.closeCode, undefined)
    else if (clean && !this.isConcluded) this.closeFor(code, Payload.asBuffer(octets ?? Buffer.from(reason)))
    this.onClosing()
    if (violation !== undefined) {
      const translated = Errors.fromViolation(violation)
      this.afterwards(() => this.emitError(translated))
    }
    if (this.isGone) this.finish()
  }

  /** TCP is gone; what came before may still be on its way out of the thread pool. */
  onGone(): void {
    this.onClosing()
    this.isGone = true
    if (this.duplex !== null) Socket.leave(this.duplex)
    if (this.driver.ending.event === undefined) return
    // Where the end comes unannounced, ws has those hear of it first who listen to the socket
    if (this.isConcluded || this.duplex?.readableEnded !== false) this.finish()
    else process.nextTick(finish, this)
  }

  finish(): void {
    this.afterwards(() => this.websocket.emitClose())
  }

  /** Closes for the peer's Close, or for its mistake, without a reason: once, and so that a subclass may send before it. */
  private closeFor(code: number, reason: Buffer | undefined): void {
    if (this.isConcluded) return
    this.isConcluded = true
    if (reason !== undefined) this.goodbye = { code, reason }
    this.websocket.close(code === 1005 ? undefined : code, reason)
  }

  /** The peer may break a rule after a Blob could not be read: one error is enough. */
  private emitError(error: Error): void {
    if (this.websocket._errorEmitted) return
    this.websocket._errorEmitted = true
    this.websocket.emit("error", error)
  }
}
