/**
 * Compressing the messages of one connection (RFC 7692 §7.2.1).
 *
 * @since 0.1.0
 */
import { DeflateContext, type Owner } from "./DeflateContext.ts"
import * as ZlibStream from "./ZlibStream.ts"

/** A flush ends with an empty block's lengths, `00 00 ff ff`, which are not sent (RFC 7692 §7.2.1). */
const tailLength = 4

/** An empty message is the header of an empty block (RFC 7692 §7.2.3.6). */
const emptyMessage = (): Uint8Array => new Uint8Array(1)

/**
 * Compresses messages one after the other. Calls must not overlap.
 *
 * **Details**
 *
 * A small message calls back before the call returns, a large one from the thread pool. The result is the caller's; if
 * `borrows` is true, it may be so only until `done` returns. A deflater without context takeover keeps nothing between
 * messages, and may serve many connections in turn.
 *
 * **Gotchas**
 *
 * A payload must not change until its result is there. After `close` nothing calls back.
 *
 * @category models
 * @since 0.1.0
 */
export class Deflater {
  private readonly context: DeflateContext

  constructor(owner: Owner, takeover: boolean) {
    this.context = new DeflateContext(owner, takeover)
  }

  /** Compresses a message, or the last part of one. */
  deflate(payload: Uint8Array, done: (result: Uint8Array) => void, borrows = false): void {
    if (payload.length === 0) {
      this.context.finish([])
      return done(emptyMessage())
    }
    this.pass(payload, borrows, (output) => {
      this.context.finish([payload])
      const flushed = output.join()
      done(flushed.subarray(0, flushed.length - tailLength))
    })
  }

  /** Compresses a part of a message of which more will come. The parts' results in a row are the message's. */
  deflatePart(payload: Uint8Array, done: (result: Uint8Array) => void, borrows = false): void {
    if (payload.length === 0) return done(payload)
    this.pass(payload, borrows, (output) => {
      this.context.pause([payload])
      done(output.join())
    })
  }

  /** Frees the context, also while a message is under way. */
  close(): void {
    this.context.close()
  }

  private pass(payload: Uint8Array, borrows: boolean, next: (output: ZlibStream.Output) => void): void {
    const { context } = this
    const output = new ZlibStream.Output(Infinity, borrows)
    context.begin(context.isLarge(payload), () => context.pass(payload, output, () => next(output)))
  }
}
