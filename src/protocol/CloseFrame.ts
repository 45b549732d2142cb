/**
 * The payload of a Close frame: nothing, or a code and a reason (RFC 6455 §5.5.1).
 *
 * @since 0.1.0
 */
import type * as Bytes from "./Bytes.ts"
import * as CloseCode from "./CloseCode.ts"
import * as Utf8 from "./Utf8.ts"
import * as Violation from "./Violation.ts"

/**
 * A code and a reason; code 1005 stands for a Close frame without one.
 *
 * @category models
 * @since 0.1.0
 */
export interface CloseFrame {
  readonly code: number
  readonly reason: string
  /** The reason's octets, where they are sent or taken as they are, UTF-8 or not. */
  readonly octets?: Uint8Array | undefined
}

/**
 * The most octets that a reason may have: a control frame's 125 without the code.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxReasonSize = 123

/**
 * The code in a payload that has one; 1005 stands for none.
 *
 * @category decoding
 * @since 0.1.0
 */
export const codeOf = (payload: Uint8Array): number => payload.length < 2 ? 1005 : (payload[0] << 8) | payload[1]

/**
 * Reads a Close frame's payload, or says which rule it breaks; whether the reason is UTF-8 counts if it is validated.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (
  bytes: Bytes.Bytes,
  payload: Uint8Array,
  validate = true
): CloseFrame | Violation.ProtocolError => {
  if (payload.length === 0) return { code: 1005, reason: "" }
  if (payload.length === 1) return Violation.error("CloseTooShort", 1)
  const code = codeOf(payload)
  if (!CloseCode.isReceivable(code)) return Violation.error("CloseCodeInvalid", code)
  const reason = payload.subarray(2)
  if (!validate) return { code, reason: bytes.decode(reason), octets: reason }
  return Utf8.isValid(reason) ? { code, reason: bytes.decode(reason) } : Violation.error("CloseReasonNotUtf8")
}

/**
 * Writes a Close frame's payload. Code 1005 gives an empty one.
 *
 * **Details**
 *
 * A reason of more than 123 octets is cut before the code point that does not fit: see `check` for refusing it.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encode = (bytes: Bytes.Bytes, { code, octets, reason }: CloseFrame): Uint8Array => {
  if (code === 1005) return new Uint8Array(0)
  const isText = octets === undefined && reason !== ""
  const payload = new Uint8Array(2 + (isText ? maxReasonSize : octets?.length ?? 0))
  payload[0] = code >> 8
  payload[1] = code
  if (isText) return payload.subarray(0, 2 + bytes.encodeInto(reason, payload, 2))
  if (octets !== undefined) payload.set(octets, 2)
  return payload
}

/**
 * Why this code and reason cannot be sent by an endpoint of this role, or `undefined` if they can.
 *
 * @category guards
 * @since 0.1.0
 */
export const check = (
  bytes: Bytes.Bytes,
  { code, reason }: CloseFrame,
  role: "client" | "server"
): string | undefined => {
  if (code === 1005) return reason === "" ? undefined : "a close reason needs a code (RFC 6455 §5.5.1)"
  if (!CloseCode.isSendable(code, role)) return `close code ${code} must not be sent by a ${role} (RFC 6455 §7.4)`
  return bytes.encode(reason).length > maxReasonSize
    ? `a close reason has at most ${maxReasonSize} octets (RFC 6455 §5.5)`
    : undefined
}
