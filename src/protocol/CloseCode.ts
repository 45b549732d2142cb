/**
 * Close codes: the registry of RFC 6455 §7.4 and IANA, and who may use which.
 *
 * @since 0.1.0
 */

/** One registered code; `wire` is false for the codes that are never in a Close frame (§7.4.1). */
interface Registration {
  readonly name: string
  readonly wire: boolean
  readonly clientOnly?: boolean
}

/**
 * IANA's WebSocket Close Code Number Registry.
 *
 * @category registry
 * @since 0.1.0
 */
export const registry = {
  1000: { name: "Normal Closure", wire: true },
  1001: { name: "Going Away", wire: true },
  1002: { name: "Protocol Error", wire: true },
  1003: { name: "Unsupported Data", wire: true },
  1004: { name: "Reserved", wire: false },
  1005: { name: "No Status Received", wire: false },
  1006: { name: "Abnormal Closure", wire: false },
  1007: { name: "Invalid Frame Payload Data", wire: true },
  1008: { name: "Policy Violation", wire: true },
  1009: { name: "Message Too Big", wire: true },
  1010: { name: "Mandatory Extension", wire: true, clientOnly: true },
  1011: { name: "Internal Error", wire: true },
  1012: { name: "Service Restart", wire: true },
  1013: { name: "Try Again Later", wire: true },
  1014: { name: "Bad Gateway", wire: true },
  1015: { name: "TLS Handshake", wire: false },
  3000: { name: "Unauthorized", wire: true },
  3003: { name: "Forbidden", wire: true },
  3008: { name: "Timeout", wire: true }
} as const satisfies Record<number, Registration>

const find = (code: number): Registration | undefined => (registry as Record<number, Registration>)[code]

/**
 * Whether a Close frame from the peer may carry this code (RFC 6455 §7.4.2).
 *
 * @category guards
 * @since 0.1.0
 */
export const isReceivable = (code: number): boolean => (code >= 3000 && code <= 4999) || find(code)?.wire === true

/**
 * Whether an endpoint of this role may send this code. Code 1010 is the client's alone (RFC 6455 §7.4.1).
 *
 * @category guards
 * @since 0.1.0
 */
export const isSendable = (code: number, role: "client" | "server"): boolean =>
  Number.isInteger(code) && isReceivable(code) && !(find(code)?.clientOnly === true && role === "server")

/**
 * Whether a close with this code is the expected end of a conversation: 1000, 1001, or a Close without a code (1005).
 *
 * @category guards
 * @since 0.1.0
 */
export const isNormal = (code: number): boolean => code === 1000 || code === 1001 || code === 1005

/**
 * The registered name of a code, or `undefined` for codes that have none.
 *
 * **Example** (Naming a code)
 *
 * ```ts
 * import { CloseCode } from "effect-ws/protocol"
 *
 * CloseCode.nameOf(1009) // => "Message Too Big"
 * CloseCode.nameOf(4321) // => undefined
 * ```
 *
 * @category getters
 * @since 0.1.0
 */
export const nameOf = (code: number): string | undefined => find(code)?.name
