/**
 * What a compat WebSocket receives: ws's `message`, `ping` and `pong` events.
 *
 * @since 0.1.0
 */
import type { EventEmitter } from "node:events"
import type { Tap, Watcher } from "../connection/Tap.ts"
import * as Payload from "./Payload.ts"

/**
 * The WebSocket that emits the events.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recipient extends EventEmitter {
  readonly binaryType: Payload.BinaryType
  /** Answers a ping. */
  _answer(payload: Buffer): void
  /** Holds the peer back, or reads on. */
  _hold(stopped: boolean): void
  /** Closes, for the peer's Close or its mistake. */
  _conclude(payload: Uint8Array): void
  /** Takes nothing to send any more. */
  _closing(): void
  /** The end is known. */
  _ended(): void
  /** TCP is gone. */
  _lost(): void
}

/**
 * The receiving half of a compat WebSocket, which also hears of the end.
 *
 * **Details**
 *
 * Events are emitted within the read in which the data came. Without `allowSynchronousEvents` each has a turn of the event
 * loop to itself, so that promises that one settles are continued before the next.
 *
 * @category models
 * @since 0.1.0
 */
export class Incoming implements Tap, Watcher {
  private readonly websocket: Recipient
  private readonly allowSynchronousEvents: boolean
  /** Events that wait for their turn of the event loop. */
  private deferred: Array<() => void> | undefined = undefined

  constructor(websocket: Recipient, allowSynchronousEvents: boolean) {
    this.websocket = websocket
    this.allowSynchronousEvents = allowSynchronousEvents
  }

  onMessage(payload: Uint8Array, text: boolean, fragments: ReadonlyArray<Uint8Array> | undefined): void {
    const { websocket } = this
    const data = text ? Payload.asBuffer(payload) : Payload.represent(websocket.binaryType, payload, fragments)
    if (this.allowSynchronousEvents) websocket.emit("message", data, !text)
    else this.defer(() => websocket.emit("message", data, !text))
  }

  onPing(octets: Uint8Array): void {
    const { websocket } = this
    const payload = Payload.asBuffer(octets)
    websocket._answer(payload)
    if (this.allowSynchronousEvents) websocket.emit("ping", payload)
    else this.defer(() => websocket.emit("ping", payload))
  }

  onPong(octets: Uint8Array): void {
    const { websocket } = this
    const payload = Payload.asBuffer(octets)
    if (this.allowSynchronousEvents) websocket.emit("pong", payload)
    else this.defer(() => websocket.emit("pong", payload))
  }

  onCloseDue(payload: Uint8Array): void {
    this.websocket._conclude(payload)
  }

  onClosing(): void {
    this.websocket._closing()
  }

  onClosed(): void {
    this.websocket._ended()
  }

  onGone(): void {
    this.websocket._lost()
  }

  /** Does something after the events that were deferred. */
  afterwards(then: () => void): void {
    if (this.deferred === undefined) then()
    else this.deferred.push(then)
  }

  private defer(event: () => void): void {
    if (this.deferred !== undefined) return void this.deferred.push(event)
    const deferred = this.deferred = [event]
    this.websocket._hold(true)
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
    this.websocket._hold(false)
  }
}
