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
import * as WebSocketError from "../WebSocketError.ts"
import * as Backpressure from "./Backpressure.ts"
import type { Compressor } from "./Compressor.ts"
import type { Driver } from "./Driver.ts"
import * as Turn from "./Turn.ts"

const empty = new Uint8Array(0)

type Sent = Effect.Effect<void, WebSocketError.WebSocketError>

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
  parts: Stream.Stream<Message.Message, E, R>,
  options?: Backpressure.SendOptions
): Effect.Effect<void, E | WebSocketError.WebSocketError, R> =>
  Effect.suspend(() => {
    let begun = false
    const begin = () => {
      begun = true
      driver.outbox.turns.begin({ size: 0, drop: () => {} })
    }
    const writer = new Writer(driver, options?.compress === false ? undefined : driver.compressor)
    const sendParts = Effect.andThen(Stream.runForEachArray(parts, (batch) => writer.parts(batch, 0)), writer.end)
    return Effect.andThen(Turn.wait(driver, begin), sendParts).pipe(
      Effect.onExit((exit) => Effect.sync(() => begun ? finish(driver, exit) : undefined))
    )
  })

/** Writes the fragments of one message. */
class Writer {
  private readonly driver: Driver
  private readonly compressor: Compressor | undefined
  private opcode: Opcode.Data | typeof Opcode.Continuation | undefined = undefined

  constructor(driver: Driver, compressor: Compressor | undefined) {
    this.driver = driver
    this.compressor = compressor
  }

  /** Writes parts, waiting wherever compressing one takes its time, and then for the transport. */
  parts(batch: NonEmptyReadonlyArray<Message.Message>, from: number): Sent {
    return Effect.suspend(() => {
      if (this.cut !== undefined) return this.cut
      for (let i = from; i < batch.length; i++) {
        const later = this.part(batch[i])
        if (later !== undefined) return Effect.andThen(later, this.parts(batch, i + 1))
      }
      return Backpressure.wait(this.driver)
    })
  }

  readonly end: Sent = Effect.suspend(() => this.cut ?? this.write(true, empty) ?? Effect.void)

  /** Why the rest will not arrive, if it will not. */
  private get cut(): Effect.Effect<never, WebSocketError.WebSocketError> | undefined {
    const { ending, outbox } = this.driver
    const { unsendable } = ending
    return outbox.isAbandoned && unsendable !== undefined ? Effect.fail(unsendable) : undefined
  }

  private part(part: Message.Message): Sent | undefined {
    if (typeof part !== "string" && !(part instanceof Uint8Array)) return Effect.fail(noPart())
    this.opcode ??= Message.opcodeOf(part)
    return this.write(false, typeof part === "string" ? nodeBytes.encode(part) : part)
  }

  /** Writes a fragment, now or, compressed in the thread pool, before the result is done. */
  private write(fin: boolean, octets: Uint8Array): Sent | undefined {
    if (this.compressor === undefined) return this.frame(fin, octets)
    let isWritten = false
    let resume: ((effect: Effect.Effect<void>) => void) | undefined = undefined as typeof resume
    this.compressor.deflatePart(octets, fin, (compressed) => {
      isWritten = true
      this.frame(fin, compressed)
      resume?.(Effect.void)
    })
    if (isWritten) return undefined
    return Effect.callback((done) => {
      if (isWritten) return done(Effect.void)
      resume = done
      return Effect.sync(this.driver.ending.onClosed(() => done(Turn.failIfClosed(this.driver))))
    })
  }

  private frame(fin: boolean, payload: Uint8Array): undefined {
    const { driver: { outbox }, opcode = Opcode.Binary } = this
    const isFirst = opcode !== Opcode.Continuation
    this.opcode = Opcode.Continuation
    if (!outbox.isAbandoned) outbox.frame(fin, opcode, payload, isFirst && this.compressor !== undefined)
  }
}

const noPart = () => WebSocketError.fromUsage("a part of a message is a string or a Uint8Array")

/** Lets the next message out, unless this one cannot be completed. */
const finish = (driver: Driver, exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isSuccess(exit)) return driver.outbox.turns.end()
  if (Cause.hasInterruptsOnly(exit.cause)) return driver.abort(1001, "")
  driver.abort(1011, "")
}
