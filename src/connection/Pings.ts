/**
 * Pings that wait for their pong (RFC 6455 §5.5.3).
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as WebSocketError from "../WebSocketError.ts"

type Resume = (effect: Effect.Effect<void, WebSocketError.WebSocketError>) => void

/**
 * The pings under way, oldest first.
 *
 * @category models
 * @since 0.1.0
 */
export class Pings {
  private waiting: Array<{ readonly payload: Uint8Array; readonly resume: Resume }> = []
  private count = 0

  /** A payload that no other ping of this connection has. */
  nextPayload(): Uint8Array {
    const payload = new Uint8Array(4)
    new DataView(payload.buffer).setUint32(0, this.count++)
    return payload
  }

  /** Waits for the pong; returns how to stop waiting. */
  add(payload: Uint8Array, resume: Resume): () => void {
    const ping = { payload, resume }
    this.waiting.push(ping)
    return () => {
      this.waiting = this.waiting.filter((other) => other !== ping)
    }
  }

  /** A pong came: it answers the ping with its payload and those before, which the peer may have skipped. */
  answer(payload: Uint8Array): void {
    const index = this.waiting.findIndex((ping) => equal(ping.payload, payload))
    for (const { resume } of this.waiting.splice(0, index + 1)) resume(Effect.void)
  }

  /** No pong will come any more. */
  fail(error: WebSocketError.WebSocketError): void {
    for (const { resume } of this.waiting.splice(0)) resume(Effect.fail(error))
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, i) => octet === b[i])
