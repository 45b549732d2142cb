/**
 * How a value of plain data is written as a message.
 *
 * @since 0.1.0
 */
import type { Message } from "../protocol/Message.ts"

interface Of<Kind extends "text" | "binary", M extends Message> {
  /** What errors call it, such as `JSON`. */
  readonly name: string
  /** The kind of messages that it is written in; those of the other kind are refused. */
  readonly kind: Kind
  /** Throws where the message cannot be parsed. Bytes are those of the connection, which stay valid. */
  readonly parse: (message: M) => unknown
  /** Throws where the value cannot be written. */
  readonly print: (value: unknown) => M
}

/**
 * A way to write values, which a schema describes, as text or binary messages, and to read them back.
 *
 * @category models
 * @since 0.1.0
 */
export type Format = Of<"text", string> | Of<"binary", Uint8Array>

/**
 * JSON in text messages (RFC 8259).
 *
 * @category formats
 * @since 0.1.0
 */
export const json: Format = { name: "JSON", kind: "text", parse: JSON.parse, print: JSON.stringify }

/**
 * Binary messages whose bytes the schema itself reads and writes.
 *
 * @category formats
 * @since 0.1.0
 */
export const bytes: Format = {
  name: "binary data",
  kind: "binary",
  parse: (message) => message,
  print: (value) => value as Uint8Array
}
