/**
 * Lets through what could be decoded, and ends the connection, or not, over what could not.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import type { Connection } from "../Connection.ts"
import type { Reconnecting } from "../Reconnect.ts"
import * as WebSocketError from "../WebSocketError.ts"

type Problem = WebSocketError.DecodeError["problem"]

type Closing = Pick<Connection | Reconnecting, "close">

type Batches<A> = Pull.Pull<Arr.NonEmptyReadonlyArray<A>, WebSocketError.WebSocketError>

/**
 * What happens with a message that cannot be decoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /**
   * `"fail"` closes the connection and fails `messages` with a `DecodeError`, after the messages before; `"skip"` goes on
   * without it. Default `"fail"`. Does not concern `results`, which have it.
   */
  readonly onInvalid?: "fail" | "skip" | undefined
  /**
   * The close code for each problem. Default 1003 for text instead of binary or the other way round, 1007 for what cannot
   * be parsed, 1008 for what does not fit the schema (RFC 6455 §7.4.1).
   */
  readonly closeCodes?: { readonly [P in Problem]?: number | undefined } | undefined
}

const refusals = {
  Kind: { code: 1003, reason: "the wrong kind of message" },
  Syntax: { code: 1007, reason: "a message that cannot be parsed" },
  Value: { code: 1008, reason: "a message that does not fit the schema" }
} as const satisfies Record<Problem, { readonly code: number; readonly reason: string }>

/**
 * The values of the results. What came before one that cannot be decoded is pulled first.
 *
 * @category reading
 * @since 0.1.0
 */
export const values = <A>(
  results: Batches<Result.Result<A, WebSocketError.DecodeError>>,
  connection: Closing,
  { closeCodes = {}, onInvalid = "fail" }: Options
): Batches<A> => {
  let invalid: WebSocketError.DecodeError | undefined = undefined
  const next: Batches<A> = Effect.suspend(() =>
    invalid === undefined ? Effect.flatMap(results, take) : refuse(connection, invalid, closeCodes)
  )
  const take = (batch: ReadonlyArray<Result.Result<A, WebSocketError.DecodeError>>): Batches<A> => {
    const taken: Array<A> = []
    for (const result of batch) {
      if (Result.isSuccess(result)) taken.push(result.success)
      else if (onInvalid === "fail") {
        invalid = result.failure
        break
      }
    }
    return Arr.isArrayNonEmpty(taken) ? Effect.succeed(taken) : next
  }
  return next
}

/** Starts the closing handshake, without waiting for its end, and fails. */
const refuse = (
  connection: Closing,
  error: WebSocketError.DecodeError,
  closeCodes: NonNullable<Options["closeCodes"]>
) => {
  const { code, reason } = refusals[error.problem]
  const close = connection.close(closeCodes[error.problem] ?? code, reason)
  const fail = Effect.fail(new WebSocketError.WebSocketError({ reason: error }))
  return Effect.andThen(Effect.raceFirst(close, Effect.void), fail)
}
