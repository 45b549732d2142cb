/**
 * What a connection's reader is given.
 *
 * @since 0.1.0
 */
import type { Frame } from "../protocol/Frame.ts"
import * as Message from "../protocol/Message.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { Tap } from "./Tap.ts"

/**
 * A message, or a frame if frames were asked for.
 *
 * @category models
 * @since 0.1.0
 */
export type Item = Message.Message | FrameItem

/** A frame with the `length` that the inbox counts. */
interface FrameItem {
  readonly frame: Frame
  readonly length: number
}

const isFrame = (item: Item): item is FrameItem => (item as Partial<FrameItem>).frame !== undefined

/**
 * The frame; a message that was assembled before frames were asked for is one.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toFrame = (item: Item): Frame => {
  if (isFrame(item)) return item.frame
  const payload = typeof item === "string" ? nodeBytes.encode(item) : item
  return { fin: true, rsv1: false, opcode: Message.opcodeOf(item), payload, whole: true }
}

/**
 * Gives a tap what came before there was one.
 *
 * @category conversions
 * @since 0.1.0
 */
export const giveTo = (tap: Tap, item: Item): void => {
  if (typeof item === "string") return tap.onMessage(nodeBytes.encode(item), true, undefined)
  tap.onMessage(isFrame(item) ? item.frame.payload : item, false, undefined)
}
