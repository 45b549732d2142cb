/**
 * Frame encoders, which connections have in common: one needs an encoder from the first frame that it gathers to the write.
 *
 * @since 0.1.0
 */
import { FrameEncoder } from "../protocol/FrameEncoder.ts"
import type { Role } from "../protocol/Protocol.ts"
import * as MaskKey from "../transport/MaskKey.ts"
import { nodeArena, nodeBytes } from "../transport/NodeBytes.ts"

/** A broadcast has everybody gather in the same tick. */
const most = 1024

/**
 * The encoders of those who mask in the same way: with these keys (RFC 6455 §5.3), or not at all.
 *
 * @category models
 * @since 0.1.0
 */
export class Encoders {
  private readonly nextKey: (() => number) | undefined
  private readonly spare: Array<FrameEncoder> = []

  constructor(nextKey?: () => number) {
    this.nextKey = nextKey
  }

  /** An encoder in which nothing waits. */
  lend(): FrameEncoder {
    return this.spare.pop() ?? new FrameEncoder(nodeArena, nodeBytes, this.nextKey)
  }

  /** Takes back an encoder in which nothing waits. */
  takeBack(encoder: FrameEncoder): void {
    if (this.spare.length < most) this.spare.push(encoder)
  }
}

/**
 * The encoders of this process.
 *
 * @category constants
 * @since 0.1.0
 */
export const encoders: Readonly<Record<Role, Encoders>> = {
  client: new Encoders(MaskKey.next),
  server: new Encoders()
}
