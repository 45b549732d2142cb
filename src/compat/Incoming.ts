/**
 * What a compat WebSocket receives: ws's `message`, `ping` and `pong` events.
 *
 * @since 0.1.0
 */
import type { EventEmitter } from "node:events"
import type { Tap } from "../connection/Tap.ts"
import * as Payload from "./Payload.ts"

/**
 * What decides how events are given.
 *
 * @category models
 * @since 0.1.0
 */
export interface IncomingOptions {
  readonly allowSynchronousEvents: boolean
  /** Answers a ping. */
  readonly onPing: (payload: Buffer) => void
  /** Takes nothing to send any more. */
  readonly onClosing: () => void
  /** Holds the peer back, or reads on. */
  readonly stop: (stopped: boolean) => void
}

type Emitter = EventEmitter & { readonly binaryType: Payload.BinaryType }

/**
 * The receiving half of a compat WebSocket.
 *
 * **Details**
 *
 * Events are emitted within the read in which the data came. Without `allowSynchronousEvents` each has a turn of the event
 * loop to itself, so that promises that one settles are continued before the next.
 *
 * @category models
 * @since 0.1.0
 */
export class Incoming implements Tap {
  private readonly websocket: Emitter
  private readonly options: IncomingOptions
  /** Events that wait for their turn of the event loop. */
  private deferred: Array<() => void> | undefined = undefined

  constructor(websocket: Emitter, options: IncomingOptions) {
    this.websocket = websocket
    this.options = options
  }

  onMessage(payload: Uint8Array, text: boolean, fragments: ReadonlyArray<Uint8Array> | undefined): void {
    const { websocket } = this
    const data = text ? Payload.asBuffer(payload) : Payload.represent(websocket.binaryType, payload, fragments)
    if (this.options.allowSynchronousEvents) websocket.emit("message", data, !text)
    else this.defer(() => websocket.emit("message", data, !text))
  }

  onPing(octets: Uint8Array): void {
    const { options, websocket } = this
    const payload = Payload.asBuffer(octets)
    options.onPing(payload)
    if (options.allowSynchronousEvents) websocket.emit("ping", payload)
    else this.defer(() => websocket.emit("ping", payload))
  }

  onPong(octets: Uint8Array): void {
    const { options, websocket } = this
    const payload = Payload.asBuffer(octets)
    if (options.allowSynchronousEvents) websocket.emit("pong", payload)
    else this.defer(() => websocket.emit("pong", payload))
  }

  onClosing(): void {
    this.options.onClosing()
  }

  /** Does something after the events that were deferred. */
  afterwards(then: () => void): void {
    if (this.deferred === undefined) then()
    else this.deferred.push(then)
  }

  private defer(event: () => void): void {
    if (this.deferred !== undefined) return void this.deferred.push(event)
    const deferred = this.deferred = [event]
    this.options.stop(true)
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
    this.options.stop(false)
  }
}
