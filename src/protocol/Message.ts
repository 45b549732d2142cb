/**
 * Messages: what the peers of a connection say to each other (RFC 6455 §5.6).
 *
 * @since 0.1.0
 */
import type * as Bytes from "./Bytes.ts"
import * as FrameHeader from "./FrameHeader.ts"
import * as Opcode from "./Opcode.ts"

/**
 * A text message is a string, a binary one is bytes.
 *
 * @category models
 * @since 0.1.0
 */
export type Message = string | Uint8Array

/**
 * A message that was framed once, to be sent on many connections.
 *
 * @category models
 * @since 0.1.0
 */
export class Prepared {
  readonly opcode: Opcode.Data
  readonly payload: Uint8Array
  /** The whole frame as a server sends it. */
  readonly frame: Uint8Array

  constructor(opcode: Opcode.Data, payload: Uint8Array, frame: Uint8Array) {
    this.opcode = opcode
    this.payload = payload
    this.frame = frame
  }
}

/**
 * Frames a message for sending it many times. The bytes are copied.
 *
 * @category constructors
 * @since 0.1.0
 */
export const prepare = (bytes: Bytes.Bytes, message: Message): Prepared => {
  const payload = typeof message === "string" ? bytes.encode(message) : message
  const opcode = opcodeOf(message)
  const header = { fin: true, rsv1: false, opcode, length: payload.length, key: undefined }
  const frame = bytes.allocate(FrameHeader.sizeFor(payload.length, false) + payload.length)
  const start = FrameHeader.write(header, frame, 0)
  frame.set(payload, start)
  return new Prepared(opcode, frame.subarray(start), frame)
}

/**
 * The opcode of a message's first frame.
 *
 * @category getters
 * @since 0.1.0
 */
export const opcodeOf = (message: Message): Opcode.Data => typeof message === "string" ? Opcode.Text : Opcode.Binary
