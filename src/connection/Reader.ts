/**
 * The one stream that reads a connection, as messages or as frames.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
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
  Effect.suspend(() => driver.givesFrames ? Effect.fail(notMessages()) : batches(driver) as Batches<Message.Message>)

/**
 * A stream of messages.
 *
 * @category reading
 * @since 0.1.0
 */
export const messages = (driver: Driver): Stream.Stream<Message.Message, WebSocketError.WebSocketError> =>
  stream(driver, () => driver.givesFrames ? pull(driver) : batches(driver) as Batches<Message.Message>)

/**
 * A stream of data frames, which makes the driver give these instead of messages.
 *
 * @category reading
 * @since 0.1.0
 */
export const frames = (driver: Driver): Stream.Stream<Frame, WebSocketError.WebSocketError> =>
  stream(driver, () => {
    driver.useFrames()
    return Effect.map(batches(driver), Arr.map(toFrame))
  })

/** Everything that came since the last time it was run; waits for more if there is nothing. */
const batches = (driver: Driver): Batches<Item> => {
  const { inbox } = driver
  const leave = Effect.sync(() => inbox.wait(undefined))
  const wait: Batches<Item> = Effect.callback((resume) => {
    if (inbox.hasNews()) return resume(take)
    if (inbox.isWaiting()) return resume(Effect.fail(Inbox.twoReaders()))
    inbox.wait((taken) => resume(given(taken)))
    return leave
  })
  const take = Effect.suspend(() => {
    const taken = driver.take()
    return taken === undefined ? wait : given(taken)
  })
  return take
}

const given = (taken: Inbox.Taken<Item>): Batches<Item> => {
  if (!(taken instanceof Inbox.End)) return Effect.succeed(taken)
  return taken.error === undefined ? Cause.done() : Effect.fail(taken.error)
}

/** A stream that is the connection's reader while it runs. */
const stream = <A>(driver: Driver, begin: () => Batches<A>): Stream.Stream<A, WebSocketError.WebSocketError> =>
  Stream.fromChannel(Channel.fromTransform((_upstream, scope) =>
    Effect.uninterruptible(Effect.suspend(() => {
      if (!driver.beginReading()) return Effect.fail(Inbox.twoReaders())
      return Effect.map(Scope.addFinalizer(scope, Effect.sync(() => driver.endReading())), begin)
    }))
  ))

const notMessages = () => WebSocketError.fromUsage("frames were asked for: this connection gives no messages any more")
