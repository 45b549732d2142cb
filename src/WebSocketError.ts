/**
 * The one error of the library: a wrapper whose `reason` says what happened.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as CloseCode from "./protocol/CloseCode.ts"
import { ProtocolError } from "./protocol/Violation.ts"

/**
 * The peer broke a rule of the protocol, and the connection was failed for it (RFC 6455 §7.1.7).
 *
 * @category reasons
 * @since 0.1.0
 */
export { ProtocolError }

/**
 * The opening handshake failed (RFC 6455 §4).
 *
 * **Details**
 *
 * `status` and `headers` are those of the server's answer, if there was one; `body` is the start of its body, at most 16
 * KiB of it, as text.
 *
 * @category reasons
 * @since 0.1.0
 */
export class HandshakeError extends Data.TaggedError("HandshakeError")<{
  readonly message: string
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}> {}

/**
 * The connection is closed, or closing, with this code and reason (RFC 6455 §7.1.5, §7.1.6).
 *
 * **Details**
 *
 * Code 1006 means that it ended without a closing handshake.
 *
 * @category reasons
 * @since 0.1.0
 */
export class CloseError extends Data.TaggedError("CloseError")<{
  readonly code: number
  readonly closeReason: string
  readonly message: string
}> {}

/**
 * The transport failed: the connection could not be made, or broke.
 *
 * @category reasons
 * @since 0.1.0
 */
export class TransportError extends Data.TaggedError("TransportError")<{
  readonly cause: unknown
  readonly message: string
}> {}

/**
 * The peer did not answer in time.
 *
 * @category reasons
 * @since 0.1.0
 */
export class TimeoutError extends Data.TaggedError("TimeoutError")<{
  readonly operation: "handshake" | "ping"
  readonly message: string
}> {}

/**
 * The peer was silent for too long, and the connection was failed for it: see `Heartbeat`.
 *
 * **Details**
 *
 * It `missed` a pong, with nothing else that would show it to be there, or data. `after` is how long it was waited for;
 * `closeCode` is what it was told, in case that it listens.
 *
 * @category reasons
 * @since 0.1.0
 */
export class HeartbeatError extends Data.TaggedError("HeartbeatError")<{
  readonly missed: "pong" | "data"
  readonly after: Duration.Duration
  readonly closeCode: number
  readonly message: string
}> {}

/**
 * The library was asked for something that cannot be, such as a close code that must not be sent.
 *
 * @category reasons
 * @since 0.1.0
 */
export class UsageError extends Data.TaggedError("UsageError")<{
  readonly message: string
}> {}

/**
 * The peer sent a message that is not what was agreed on: see `Codec`.
 *
 * @category reasons
 * @since 0.1.0
 */
export class DecodeError extends Data.TaggedError("DecodeError")<{
  /**
   * `Kind`: text where binary messages are spoken, or the other way round. `Syntax`: it cannot be parsed. `Value`: it does
   * not fit the schema.
   */
  readonly problem: "Kind" | "Syntax" | "Value"
  /** Where in the value it is, if that is the problem. */
  readonly path: ReadonlyArray<PropertyKey>
  /** The message as it came. */
  readonly received: string | Uint8Array
  /** The schema's issue, or the parser's error. */
  readonly cause: unknown
  readonly message: string
}> {}

/**
 * A value was to be sent that the schema does not take, or that cannot be written: see `Codec`. Nothing was sent.
 *
 * @category reasons
 * @since 0.1.0
 */
export class EncodeError extends Data.TaggedError("EncodeError")<{
  /** Where in the value it is, if the schema does not take it. */
  readonly path: ReadonlyArray<PropertyKey>
  readonly value: unknown
  /** The schema's issue, or the writer's error. */
  readonly cause: unknown
  readonly message: string
}> {}

/**
 * Everything that can go wrong.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  | HandshakeError
  | ProtocolError
  | CloseError
  | TransportError
  | TimeoutError
  | HeartbeatError
  | UsageError
  | DecodeError
  | EncodeError

/**
 * The error of every operation; pick the reason apart with `Effect.catchReason`.
 *
 * **Example** (Catching one reason)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as WebSocketError from "effect-ws/WebSocketError"
 *
 * const program = Effect.fail(WebSocketError.fromClose(1008, "too fast")).pipe(
 *   Effect.catchReason("WebSocketError", "CloseError", (reason) => Effect.succeed(reason.message))
 * )
 *
 * Effect.runSync(program) // => "1008 Policy Violation: too fast"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class WebSocketError extends Data.TaggedError("WebSocketError")<{ readonly reason: Reason }> {
  override readonly message: string = this.reason.message
}

/**
 * The error for a connection that is closed.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromClose = (code: number, closeReason: string): WebSocketError => {
  const title = [code, CloseCode.nameOf(code)].filter((part) => part !== undefined).join(" ")
  const message = closeReason === "" ? title : `${title}: ${closeReason}`
  return new WebSocketError({ reason: new CloseError({ code, closeReason, message }) })
}

/**
 * The error for a broken transport.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromTransport = (cause: unknown): WebSocketError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new WebSocketError({ reason: new TransportError({ cause, message }) })
}

/**
 * The error for a mistake of the caller.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromUsage = (message: string): WebSocketError =>
  new WebSocketError({ reason: new UsageError({ message }) })
