/**
 * The one stream that reads a connection, as messages or as frames.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Frame } from "../protocol/Frame.ts"
import * as Message from "../protocol/Message.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { WebSocketError } from "../WebSocketError.ts"
import type { Driver, Item } from "./Driver.ts"
import * as Inbox from "./Inbox.ts"

type Batches<A> = Pull.Pull<Arr.NonEmptyReadonlyArray<A>, WebSocketError>

/**
 * A stream of what is pulled, which is the connection's reader while it runs.
 *
 * @category reading
 * @since 0.1.0
 */
export const stream = <A>(driver: Driver, pull: Batches<A>, begin = () => {}): Stream.Stream<A, WebSocketError> =>
  Stream.fromChannel(Channel.fromTransform((_upstream, scope) =>
    Effect.suspend(() => {
      if (!driver.beginReading()) return Effect.fail(Inbox.twoReaders())
      begin()
      return Effect.as(Scope.addFinalizer(scope, Effect.sync(() => driver.endReading())), pull)
    })
  ))

/**
 * A stream of data frames, which makes the driver give these instead of messages.
 *
 * @category reading
 * @since 0.1.0
 */
export const frames = (driver: Driver): Stream.Stream<Frame, WebSocketError> =>
  stream(driver, Effect.map(driver.pull, Arr.map(toFrame)), () => driver.useFrames())

/** A message that was assembled before frames were asked for is one frame. */
const toFrame = (item: Item): Frame => {
  if (typeof item !== "string" && !(item instanceof Uint8Array)) return item.frame
  const payload = typeof item === "string" ? nodeBytes.encode(item) : item
  return { fin: true, rsv1: false, opcode: Message.opcodeOf(item), payload, whole: true }
}
