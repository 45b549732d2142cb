/**
 * Decompressing the messages of one connection (RFC 7692 §7.2.2).
 *
 * @since 0.1.0
 */
import * as Violation from "../protocol/Violation.ts"
import { DeflateContext, type Owner } from "./DeflateContext.ts"
import * as ZlibStream from "./ZlibStream.ts"

/**
 * What the peer left away, a block that ends the stream, and one octet more. A sound message has given all its octets
 * before, and leaves just that octet: otherwise it was cut short, if only in a block's header, or has something behind it.
 */
const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x03, 0x00, 0x00)

/** A small message that grows over this size starts over in the thread pool: inflating so much takes 0.4 ms. */
const inlineOutput = 524_288

/** How often a message may end its stream and go on: each time costs 30 µs, for as little as two octets. */
const maxRestarts = 64

const nothing = new Uint8Array(0)

/** The octet that follows a block with BFINAL set, for `tail` to fit behind it (RFC 7692 §7.2.3.4). */
const isPadding = (rest: Uint8Array): boolean => rest.length === 1 && rest[0] === 0

type Result = Uint8Array | Violation.ProtocolError

/** One message on its way. */
class Inflation {
  private readonly context: DeflateContext
  private readonly payload: Uint8Array
  private readonly limit: number
  private readonly borrows: boolean
  private readonly done: (result: Result) => void
  private output: ZlibStream.Output
  private pooled: boolean
  private restarts = 0
  /** How many parts of the output the context remembers. */
  private remembered = 0

  constructor(
    context: DeflateContext,
    payload: Uint8Array,
    limit: number,
    borrows: boolean,
    done: (result: Result) => void
  ) {
    this.context = context
    this.payload = payload
    this.limit = limit
    this.borrows = borrows
    this.done = done
    this.pooled = context.isLarge(payload)
    this.output = new ZlibStream.Output(this.pooled ? limit : Math.min(limit, inlineOutput), borrows)
  }

  start(): void {
    this.context.begin(this.pooled, () => this.feed(this.payload))
  }

  private feed(input: Uint8Array): void {
    this.context.pass(input, this.output, (outcome) => {
      if (outcome === input.length) this.check()
      else if (outcome === "Corrupt") this.fail("DeflateInvalid")
      else if (outcome === "Full") this.full()
      else this.ended(input.subarray(outcome))
    })
  }

  /** All input is taken: whether that was the end of the message. */
  private check(): void {
    const { size } = this.output
    this.context.pass(tail, this.output, (outcome) => {
      if (this.output.size > size) this.fail("DeflateInvalid")
      else if (outcome === tail.length - 1) this.succeed(() => this.context.finishWith(this.fresh()))
      else if (outcome === 0) this.succeed(() => this.context.finishEnded(this.fresh()))
      else this.fail("DeflateInvalid")
    })
  }

  /** The peer set BFINAL (RFC 7692 §7.2.3.4), and something follows. */
  private ended(rest: Uint8Array): void {
    if (isPadding(rest)) return this.succeed(() => this.context.finishEnded(this.fresh()))
    if (!this.pooled) return this.startOver()
    if (++this.restarts > maxRestarts) return this.fail("DeflateInvalid")
    this.context.renew(this.fresh())
    this.remembered = this.output.parts.length
    this.feed(rest)
  }

  private full(): void {
    if (this.output.size > this.limit) this.fail("MessageTooBig")
    else this.startOver()
  }

  private startOver(): void {
    this.context.undo()
    this.pooled = true
    this.output = new ZlibStream.Output(this.limit, this.borrows)
    this.start()
  }

  /** The parts that the context does not know yet. */
  private fresh(): ReadonlyArray<Uint8Array> {
    return this.remembered === 0 ? this.output.parts : this.output.parts.slice(this.remembered)
  }

  private succeed(finish: () => void): void {
    finish()
    this.done(this.output.join())
  }

  private fail(violation: Violation.Violation): void {
    this.context.undo()
    this.done(Violation.error(violation))
  }
}

/**
 * Decompresses messages one after the other. Calls must not overlap.
 *
 * **Details**
 *
 * A small message calls back before the call returns, a large one from the thread pool. The result is the caller's; if
 * `borrows` is true, it may be so only until `done` returns.
 *
 * Inflating stops at the first chunk of 64 KiB that goes over the limit.
 *
 * An empty payload is taken for an empty message, though it lacks the octet of RFC 7692 §7.2.3.6.
 *
 * **Gotchas**
 *
 * A payload must not change until its result is there. After `close` nothing calls back.
 *
 * @category models
 * @since 0.1.0
 */
export class Inflater {
  private readonly context: DeflateContext

  constructor(owner: Owner, takeover: boolean) {
    this.context = new DeflateContext(owner, takeover)
  }

  /** Decompresses a message's whole payload into at most `limit` octets: `DeflateInvalid` or `MessageTooBig` if not. */
  inflate(payload: Uint8Array, limit: number, done: (result: Result) => void, borrows = false): void {
    if (payload.length === 0) return done(nothing)
    new Inflation(this.context, payload, limit, borrows, done).start()
  }

  /** Frees the context, also while a message is under way. */
  close(): void {
    this.context.close()
  }
}
