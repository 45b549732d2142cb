/**
 * Pings that are sent, and the time until their pong.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as WebSocketError from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"

/** A control frame's payload has at most 125 octets (RFC 6455 §5.5). */
const maxPayload = 125

/**
 * Sends a ping and gives the round-trip time.
 *
 * @category sending
 * @since 0.1.0
 */
export const send = (
  driver: Driver,
  payload: Uint8Array | undefined,
  timeout: Duration.Input = Duration.seconds(20)
): Effect.Effect<Duration.Duration, WebSocketError.WebSocketError> =>
  Effect.timed(pong(driver, payload)).pipe(
    Effect.map(([elapsed]) => elapsed),
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(noPong(timeout)) })
  )

const pong = (driver: Driver, payload: Uint8Array | undefined): Effect.Effect<void, WebSocketError.WebSocketError> =>
  Effect.callback((resume) => {
    const error = driver.unsendable
    if (error !== undefined) return resume(Effect.fail(error))
    if (payload !== undefined && payload.length > maxPayload) return resume(Effect.fail(tooLong()))
    return Effect.sync(driver.ping(payload, (error) => resume(error === undefined ? Effect.void : Effect.fail(error))))
  })

const tooLong = () => WebSocketError.fromUsage(`a ping has at most ${maxPayload} octets (RFC 6455 §5.5)`)

const noPong = (timeout: Duration.Input) => {
  const message = `no pong within ${Duration.format(Duration.fromInputUnsafe(timeout))} (RFC 6455 §5.5.3)`
  return new WebSocketError.WebSocketError({ reason: new WebSocketError.TimeoutError({ operation: "ping", message }) })
}
