/**
 * What ws calls the mistakes of a peer: programs match on the codes and on the texts.
 *
 * @since 0.1.0
 */
import type { ProtocolError, Violation } from "../protocol/Violation.ts"

/**
 * The key under which an error has the code that the connection is failed with. In ws it is a symbol of this name, too.
 *
 * @category constants
 * @since 0.1.0
 */
export const statusCode: unique symbol = Symbol("status-code")

/**
 * The codes that there are. The last is zlib's, for compressed data that is corrupt.
 *
 * @category models
 * @since 0.1.0
 */
export type Code =
  | "WS_ERR_EXPECTED_FIN"
  | "WS_ERR_EXPECTED_MASK"
  | "WS_ERR_INVALID_CLOSE_CODE"
  | "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH"
  | "WS_ERR_INVALID_OPCODE"
  | "WS_ERR_INVALID_UTF8"
  | "WS_ERR_TOO_MANY_BUFFERED_PARTS"
  | "WS_ERR_UNEXPECTED_MASK"
  | "WS_ERR_UNEXPECTED_RSV_1"
  | "WS_ERR_UNEXPECTED_RSV_2_3"
  | "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH"
  | "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"
  | "Z_DATA_ERROR"

/**
 * A peer's mistake as ws reports it.
 *
 * @category models
 * @since 0.1.0
 */
export interface PeerError extends Error {
  readonly code: Code
  /** zlib's number of the error. */
  readonly errno?: number
  readonly [statusCode]: number
}

/** An error's class, code and text. */
interface Translation {
  readonly type: ErrorConstructor | RangeErrorConstructor
  readonly code: Code
  readonly text: string
  readonly errno?: number
}

const frame = (code: Code, text: string): Translation => ({
  type: RangeError,
  code,
  text: `Invalid WebSocket frame: ${text}`
})

const opcode = (found: number): Translation => frame("WS_ERR_INVALID_OPCODE", `invalid opcode ${found}`)

const controlLength = (found: number): Translation =>
  frame("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", `invalid payload length ${found}`)

/** RSV1 to RSV3 are the bits 4, 2 and 1. */
const reserved = (found: number): Translation =>
  found === 4
    ? frame("WS_ERR_UNEXPECTED_RSV_1", "RSV1 must be clear")
    : frame("WS_ERR_UNEXPECTED_RSV_2_3", "RSV2 and RSV3 must be clear")

const utf8 = (): Translation => ({
  type: Error,
  code: "WS_ERR_INVALID_UTF8",
  text: "Invalid WebSocket frame: invalid UTF-8 sequence"
})

const tooMany = (what: string): Translation => ({
  type: RangeError,
  code: "WS_ERR_TOO_MANY_BUFFERED_PARTS",
  text: `Too many ${what}`
})

/** `found` is the number that broke the rule, where there is one. */
const translations: Readonly<Record<Violation, (found: number) => Translation>> = {
  ReservedBitSet: reserved,
  OpcodeReserved: opcode,
  LengthUnsupported: () => ({
    type: RangeError,
    code: "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
    text: "Unsupported WebSocket frame: payload length > 2^53 - 1"
  }),
  MaskMissing: () => frame("WS_ERR_EXPECTED_MASK", "MASK must be set"),
  MaskForbidden: () => frame("WS_ERR_UNEXPECTED_MASK", "MASK must be clear"),
  ControlFragmented: () => frame("WS_ERR_EXPECTED_FIN", "FIN must be set"),
  ControlTooLong: controlLength,
  ContinuationUnexpected: () => opcode(0),
  ContinuationMissing: opcode,
  CloseTooShort: controlLength,
  CloseCodeInvalid: (found) => frame("WS_ERR_INVALID_CLOSE_CODE", `invalid status code ${found}`),
  CloseReasonNotUtf8: utf8,
  TextNotUtf8: utf8,
  // ws passes on the text of zlib, which is not known here
  DeflateInvalid: () => ({ type: Error, code: "Z_DATA_ERROR", text: "invalid deflate data", errno: -3 }),
  MessageTooBig: () => ({
    type: RangeError,
    code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    text: "Max payload size exceeded"
  }),
  FragmentsTooMany: () => tooMany("message fragments"),
  ChunksTooMany: () => tooMany("buffered chunks"),
  PingFlood: () => tooMany("pending pongs") // here ws drops the connection without an error
}

/**
 * The error that ws reports for a broken rule.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromViolation = ({ closeCode, found = 0, violation }: ProtocolError): PeerError => {
  const { text, type: Type, ...rest } = translations[violation](found)
  return Object.assign(new Type(text), { ...rest, [statusCode]: closeCode } as const)
}

/**
 * The error that ws throws for a malformed header, of which this is what `HeaderSyntax` says.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromSyntax = (problem: string): SyntaxError =>
  new SyntaxError(problem === "unexpected end" ? "Unexpected end of input" : problem.replace(/^u/, "U"))
