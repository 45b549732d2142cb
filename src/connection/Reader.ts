/**
 * The one stream that reads a connection, as messages or as frames.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Frame } from "../protocol/Frame.ts"
import type * as Message from "../protocol/Message.ts"
import * as WebSocketError from "../WebSocketError.ts"
import type { Driver } from "./Driver.ts"
import * as Inbox from "./Inbox.ts"
import { type Item, toFrame } from "./Item.ts"

type Batches<A> = Pull.Pull<Arr.NonEmptyReadonlyArray<A>, WebSocketError.WebSocketError>

/**
 * What is pulled as messages, if frames were not asked for before.
 *
 * @category reading
 * @since 0.1.0
 */
export const pull = (driver: Driver): Batches<Message.Message> =>
  Effect.suspend(() => driver.givesFrames ? Effect.fail(notMessages()) : messagesOf(driver))

/**
 * A stream of messages.
 *
 * @category reading
 * @since 0.1.0
 */
export const messages = (driver: Driver): Stream.Stream<Message.Message, WebSocketError.WebSocketError> =>
  stream(driver, (driver) => driver.givesFrames ? pull(driver) : messagesOf(driver))

/**
 * A stream of data frames, which makes the driver give these instead of messages.
 *
 * @category reading
 * @since 0.1.0
 */
export const frames = (driver: Driver): Stream.Stream<Frame, WebSocketError.WebSocketError> =>
  stream(driver, (driver) => {
    driver.useFrames()
    return Effect.map(new Next(driver), Arr.map(toFrame))
  })

const messagesOf = (driver: Driver) => new Next(driver) as Batches<Message.Message>

/** Everything that came since the last time it was run; waits for more if there is nothing. */
class Next extends Effectable.Class<Arr.NonEmptyReadonlyArray<Item>, WebSocketError.WebSocketError | Cause.Done>
  implements Inbox.Waiter<Item>
{
  private readonly driver: Driver
  private resume: ((batch: Batches<Item>) => void) | undefined = undefined
  private readonly leave = Effect.sync(() => this.driver.inbox.wait(undefined))
  private readonly wait: Batches<Item> = Effect.callback((resume) => this.begin(resume))

  constructor(driver: Driver) {
    super()
    this.driver = driver
  }

  asEffect(): Batches<Item> {
    const taken = this.driver.take()
    return taken === undefined ? this.wait : given(taken)
  }

  private begin(resume: (batch: Batches<Item>) => void) {
    const { inbox } = this.driver
    if (inbox.hasNews()) return resume(this)
    if (inbox.isWaiting()) return resume(Effect.fail(Inbox.twoReaders()))
    this.resume = resume
    inbox.wait(this)
    return this.leave
  }

  onTaken(taken: Inbox.Taken<Item>): void {
    this.resume?.(given(taken))
  }
}

const given = (taken: Inbox.Taken<Item>): Batches<Item> => {
  if (!(taken instanceof Inbox.End)) return Effect.succeed(taken)
  return taken.error === undefined ? Cause.done() : Effect.fail(taken.error)
}

/** A stream that is the connection's reader while it runs. */
const stream = <A>(
  driver: Driver,
  begin: (driver: Driver) => Batches<A>
): Stream.Stream<A, WebSocketError.WebSocketError> =>
  Stream.fromChannel(Channel.fromTransform((_upstream, scope) =>
    Effect.suspend(() => {
      let reads = false
      const end = Effect.sync(() => reads ? driver.endReading() : undefined)
      return Effect.flatMap(Scope.addFinalizer(scope, end), () => {
        if (!driver.beginReading()) return Effect.fail(Inbox.twoReaders())
        reads = true
        return Effect.succeed(begin(driver))
      })
    })
  ))

const notMessages = () => WebSocketError.fromUsage("frames were asked for: this connection gives no messages any more")
