/**
 * Everything that a peer can get wrong on the wire, as one table; the error is derived from its row.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

interface Rule {
  readonly closeCode: number
  readonly section: string
  readonly text: string
}

/**
 * The rules of the wire: the code that fails the connection, where the rule stands, and what it says.
 *
 * @category registry
 * @since 0.1.0
 */
export const rules = {
  ReservedBitSet: { closeCode: 1002, section: "RFC 6455 §5.2", text: "a reserved bit needs an extension" },
  OpcodeReserved: { closeCode: 1002, section: "RFC 6455 §5.2", text: "the opcode is reserved" },
  LengthUnsupported: { closeCode: 1009, section: "RFC 6455 §5.2", text: "a payload length may be at most 2^53-1" },
  MaskMissing: { closeCode: 1002, section: "RFC 6455 §5.1", text: "a client frame must be masked" },
  MaskForbidden: { closeCode: 1002, section: "RFC 6455 §5.1", text: "a server frame must not be masked" },
  ControlFragmented: { closeCode: 1002, section: "RFC 6455 §5.5", text: "a control frame must not be fragmented" },
  ControlTooLong: { closeCode: 1002, section: "RFC 6455 §5.5", text: "a control frame carries at most 125 bytes" },
  ContinuationUnexpected: { closeCode: 1002, section: "RFC 6455 §5.4", text: "there is no message to continue" },
  ContinuationMissing: { closeCode: 1002, section: "RFC 6455 §5.4", text: "the message in progress is not finished" },
  CloseTooShort: { closeCode: 1002, section: "RFC 6455 §5.5.1", text: "a close payload has no code in one byte" },
  CloseCodeInvalid: { closeCode: 1002, section: "RFC 6455 §7.4", text: "the close code must not be on the wire" },
  CloseReasonNotUtf8: { closeCode: 1007, section: "RFC 6455 §5.5.1", text: "a close reason must be valid UTF-8" },
  TextNotUtf8: { closeCode: 1007, section: "RFC 6455 §8.1", text: "a text message must be valid UTF-8" },
  DeflateInvalid: { closeCode: 1007, section: "RFC 7692 §7.2.2", text: "the compressed data is corrupt" },
  MessageTooBig: { closeCode: 1009, section: "RFC 6455 §10.4", text: "the message is over the size limit" },
  FragmentsTooMany: { closeCode: 1008, section: "RFC 6455 §10.4", text: "the message has too many fragments" },
  ChunksTooMany: { closeCode: 1008, section: "RFC 6455 §10.4", text: "a frame arrives in too many pieces" },
  PingFlood: { closeCode: 1008, section: "RFC 6455 §10.4", text: "pings arrive faster than pongs are read" }
} as const satisfies Record<string, Rule>

/**
 * The name of a rule that a peer broke.
 *
 * @category models
 * @since 0.1.0
 */
export type Violation = keyof typeof rules

/**
 * The peer broke a rule of the protocol, and the connection was failed for it (RFC 6455 §7.1.7).
 *
 * @category errors
 * @since 0.1.0
 */
export class ProtocolError extends Data.TaggedError("ProtocolError")<{
  readonly violation: Violation
  readonly closeCode: number
  readonly section: string
  readonly message: string
  /** The number that was found, where it says more: the opcode, the length, the close code, or RSV1 to RSV3 as 4, 2, 1. */
  readonly found?: number | undefined
}> {}

/**
 * The error for a broken rule, with the number that broke it if there is one.
 *
 * **Example** (Citing the rule)
 *
 * ```ts
 * import { Violation } from "effect-ws/protocol"
 *
 * Violation.error("MaskMissing").message // => "MaskMissing: a client frame must be masked (RFC 6455 §5.1)"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export const error = (violation: Violation, found?: number): ProtocolError => {
  const { closeCode, section, text } = rules[violation]
  return new ProtocolError({ violation, closeCode, section, message: `${violation}: ${text} (${section})`, found })
}
