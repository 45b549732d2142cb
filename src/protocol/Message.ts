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
 * Whether it is a message, where it could be something with a tag as well.
 *
 * **Details**
 *
 * Not by its class: programs may run in a realm whose `Uint8Array` is not the one of Buffers, such as Jest's for browsers.
 * It costs less, too.
 *
 * @category guards
 * @since 0.1.0
 */
export const isMessage = <A extends { readonly _tag: string }>(value: Message | A): value is Message =>
  (value as Partial<A>)._tag === undefined

type Deflate = (payload: Uint8Array, done: (payload: Uint8Array) => void) => void

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
  private compressed: Map<string, Uint8Array | Array<(payload: Uint8Array) => void>> | undefined = undefined

  constructor(opcode: Opcode.Data, payload: Uint8Array, frame: Uint8Array) {
    this.opcode = opcode
    this.payload = payload
    this.frame = frame
  }

  /** Gives the payload as these parameters compress it: `deflate` does so for the first who asks, and all wait for it. */
  deflated(parameters: string, deflate: Deflate, done: (payload: Uint8Array) => void): void {
    const compressed = this.compressed ??= new Map()
    const known = compressed.get(parameters)
    if (known instanceof Uint8Array) return done(known)
    if (known !== undefined) return void known.push(done)
    const waiting = [done]
    compressed.set(parameters, waiting)
    deflate(this.payload, (payload) => {
      compressed.set(parameters, payload)
      for (const next of waiting) next(payload)
    })
  }
}

/**
 * Whether it is something that can be sent.
 *
 * @category guards
 * @since 0.1.0
 */
export const isSendable = (value: unknown): value is Message | Prepared =>
  typeof value === "string" || value instanceof Uint8Array || value instanceof Prepared

/**
 * Frames a message for sending it many times. The bytes are copied.
 *
 * @category constructors
 * @since 0.1.0
 */
export const prepare = (bytes: Bytes.Bytes, message: Message): Prepared =>
  prepareOctets(bytes, opcodeOf(message), typeof message === "string" ? bytes.encode(message) : message)

/**
 * Frames a message of either type, given by its octets, for sending it many times. The bytes are copied.
 *
 * @category constructors
 * @since 0.1.0
 */
export const prepareOctets = (bytes: Bytes.Bytes, opcode: Opcode.Data, payload: Uint8Array): Prepared => {
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
export const opcodeOf = (message: Message | Prepared): Opcode.Data => {
  if (typeof message === "string") return Opcode.Text
  return message instanceof Prepared ? message.opcode : Opcode.Binary
}
