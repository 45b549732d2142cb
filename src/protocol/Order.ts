/**
 * What a protocol has its connection do.
 *
 * @since 0.1.0
 */
import type { Bytes } from "./Bytes.ts"
import * as CloseFrame from "./CloseFrame.ts"
import type * as CloseHandshake from "./CloseHandshake.ts"
import type { Frame } from "./Frame.ts"
import * as Opcode from "./Opcode.ts"
import type { ProtocolError } from "./Violation.ts"

/**
 * How a connection ended. `error` is the rule that the peer broke, if it did.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ended extends CloseFrame.CloseFrame {
  readonly clean: boolean
  readonly error: ProtocolError | undefined
}

/**
 * What a connection has to do.
 *
 * **Details**
 *
 * - `Fragment`: deliver a data frame (only if frames were asked for); of a compressed message there is one
 * - `Ping`, `Pong`: the peer sent one; a ping is answered by a `Write` of its own
 * - `Write`: send this control frame, before data that is not yet framed
 * - `Inflate`: decompress this, and give the result to `inflated` (RFC 7692 §6.2), which keeps it unless it is `transient`
 * - `Closed`: the end is known; nothing is delivered any more
 * - `EndWrite`: end the writing side of the transport, after what was written
 * - `Destroy`: drop the transport
 *
 * @category models
 * @since 0.1.0
 */
export type Order =
  | { readonly _tag: "Fragment"; readonly frame: Frame }
  | { readonly _tag: "Ping"; readonly payload: Uint8Array }
  | { readonly _tag: "Pong"; readonly payload: Uint8Array }
  | ControlWrite
  | { readonly _tag: "Inflate"; readonly payload: Uint8Array; readonly transient: boolean }
  | { readonly _tag: "Closed"; readonly ended: Ended }
  | { readonly _tag: "EndWrite" }
  | { readonly _tag: "Destroy" }

/**
 * The order to send a control frame.
 *
 * @category models
 * @since 0.1.0
 */
export interface ControlWrite {
  readonly _tag: "Write"
  readonly opcode: Opcode.Control
  readonly payload: Uint8Array
}

/**
 * The close that stands for a connection that ended without one (RFC 6455 §7.1.5).
 *
 * @category constants
 * @since 0.1.0
 */
export const abnormal: CloseFrame.CloseFrame = { code: 1006, reason: "" }

/**
 * What an action of the closing handshake comes to. `close` is the Close that is sent or was received.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofAction = (
  bytes: Bytes,
  action: CloseHandshake.Action,
  close: CloseFrame.CloseFrame,
  error: ProtocolError | undefined
): Order => {
  switch (action) {
    case "writeClose":
    case "echoClose":
      return { _tag: "Write", opcode: Opcode.Close, payload: CloseFrame.encode(bytes, close) }
    case "reportClean":
      return { _tag: "Closed", ended: { ...close, clean: true, error } }
    case "reportAbnormal":
      return { _tag: "Closed", ended: { ...abnormal, clean: false, error } }
    case "endWrite":
      return { _tag: "EndWrite" }
    case "destroy":
      return { _tag: "Destroy" }
  }
}
