/**
 * What ws takes for the arguments of `close`.
 *
 * @since 0.1.0
 */
import { Buffer } from "node:buffer"
import { isUint8Array } from "node:util/types"
import * as CloseCode from "../protocol/CloseCode.ts"
import * as CloseFrame from "../protocol/CloseFrame.ts"
import * as Payload from "./Payload.ts"

/** ws cuts fractions off. */
const isCode = (code: unknown): code is number =>
  typeof code === "number" && (code <= 1014 || code >= 3000) && code <= 4999 && CloseCode.isReceivable(Math.trunc(code))

/** Without a length it is no reason, and without a code nobody looks at it. */
const octetsOf = (reason: string | Uint8Array | null | undefined): Uint8Array => {
  if (!reason?.length) return Payload.empty
  if (Buffer.byteLength(reason) > CloseFrame.maxReasonSize) {
    throw new RangeError("The message must not be greater than 123 bytes")
  }
  if (typeof reason === "string") return Buffer.from(reason)
  if (!isUint8Array(reason)) throw new TypeError("Second argument must be a string or a Uint8Array")
  return reason
}

/**
 * The code and the reason's octets; 1005 is for a Close with neither. Throws what ws throws if they will not do.
 *
 * @category reading
 * @since 0.1.0
 */
export const read = (
  code: unknown,
  reason: string | Uint8Array | null | undefined
): { readonly code: number; readonly octets: Uint8Array } => {
  if (code === undefined) return { code: 1005, octets: Payload.empty }
  if (!isCode(code)) throw new TypeError("First argument must be a valid error code number")
  return { code: Math.trunc(code), octets: octetsOf(reason) }
}
