/**
 * Pings that wait for their pong (RFC 6455 §5.5.3).
 *
 * @since 0.1.0
 */
import type { CloseFrame } from "../protocol/CloseFrame.ts"
import * as WebSocketError from "../WebSocketError.ts"
import type { Distribution } from "./Distribution.ts"

/**
 * Told of a pong, or why none will come.
 *
 * @category models
 * @since 0.1.0
 */
export type Answered = (error?: WebSocketError.WebSocketError) => void

interface Ping {
  readonly payload: Uint8Array
  readonly answered: Answered
  readonly sent: number
}

/** Most connections never send one. */
const none: ReadonlyArray<Ping> = []

/**
 * The pings under way, oldest first.
 *
 * @category models
 * @since 0.1.0
 */
export class Pings {
  private waiting: ReadonlyArray<Ping> = none
  private count = 0

  /** A payload that no other ping of this connection has. */
  nextPayload(): Uint8Array {
    const payload = new Uint8Array(4)
    new DataView(payload.buffer).setUint32(0, this.count++)
    return payload
  }

  /** Waits for the pong; returns how to stop waiting. */
  add(payload: Uint8Array, answered: Answered): () => void {
    const ping = { payload, answered, sent: performance.now() }
    this.waiting = [...this.waiting, ping]
    return () => {
      this.waiting = this.waiting.filter((other) => other !== ping)
    }
  }

  /** A pong came: it answers the ping with its payload, whose time it tells, and those before, which the peer may skip. */
  answer(payload: Uint8Array, roundTrips: Distribution): void {
    const index = this.waiting.findIndex((ping) => equal(ping.payload, payload))
    if (index < 0) return
    roundTrips.since(this.waiting[index].sent)
    const done = this.waiting.slice(0, index + 1)
    this.waiting = this.waiting.slice(index + 1)
    for (const { answered } of done) answered()
  }

  /** No pong will come any more. The error is made if somebody waits for one. */
  fail({ code, reason }: CloseFrame, error: WebSocketError.WebSocketError | undefined): void {
    const { waiting } = this
    if (waiting.length === 0) return
    const failure = error ?? WebSocketError.fromClose(code, reason)
    this.waiting = none
    for (const { answered } of waiting) answered(failure)
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, i) => octet === b[i])
