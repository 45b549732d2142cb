/**
 * A message that is sent while it is being made: a fragment for each part (RFC 6455 §5.4).
 *
 * @since 0.1.0
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as Message from "../protocol/Message.ts"
import * as Opcode from "../protocol/Opcode.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type * as WebSocketError from "../WebSocketError.ts"
import * as Backpressure from "./Backpressure.ts"
import type { Driver } from "./Driver.ts"
import * as Turn from "./Turn.ts"

const empty = new Uint8Array(0)

/**
 * Sends the parts as one message, in its turn among the others. The first part's type is the message's.
 *
 * **Details**
 *
 * A part goes out when it is there; the message ends with an empty fragment. A message cannot be taken back: if the parts
 * fail, or the fiber is interrupted, the connection closes with 1011 or 1001.
 *
 * @category sending
 * @since 0.1.0
 */
export const send = <E, R>(
  driver: Driver,
  parts: Stream.Stream<Message.Message, E, R>
): Effect.Effect<void, E | WebSocketError.WebSocketError, R> =>
  Effect.suspend(() => {
    let begun = false
    const begin = () => {
      begun = true
      driver.outbox.beginStream()
    }
    return Effect.andThen(Turn.wait(driver, begin), sendParts(driver, parts)).pipe(
      Effect.onExit((exit) => Effect.sync(() => begun ? finish(driver, exit) : undefined))
    )
  })

const sendParts = <E, R>(driver: Driver, parts: Stream.Stream<Message.Message, E, R>) =>
  Effect.suspend(() => {
    let opcode: Opcode.Data | typeof Opcode.Continuation | undefined = undefined
    const write = (fin: boolean, part: Message.Message): void => {
      const payload = typeof part === "string" ? nodeBytes.encode(part) : part
      driver.outbox.frame(fin, opcode ?? Message.opcodeOf(part), payload)
      opcode = Opcode.Continuation
    }
    const writeAll = (batch: NonEmptyReadonlyArray<Message.Message>) =>
      Effect.suspend(() => {
        if (driver.closeEvent !== undefined) return Turn.failIfClosed(driver)
        for (const part of batch) write(false, part)
        return Backpressure.wait(driver)
      })
    return Effect.andThen(Stream.runForEachArray(parts, writeAll), Effect.sync(() => write(true, empty)))
  })

/** Lets the next message out, unless this one cannot be completed. */
const finish = (driver: Driver, exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isSuccess(exit)) return driver.outbox.endStream()
  if (Cause.hasInterruptsOnly(exit.cause)) return driver.abort(1001, "")
  driver.abort(1011, "")
}
