import type { Tester } from "./Tester.ts"

/** The negotiation of compression (RFC 7692 §7.1), as `Sec-WebSocket-Extensions`; an empty string is no such header. */
export interface Negotiation {
  /** What the tester offers as a client. */
  readonly offer: string
  /** What the server has to answer to that. */
  readonly accepted: string
  /** What the tester answers as a server. */
  readonly answer: string
}

/** One case of the catalogue: its number, what is sent, and what has to come back. */
export interface Case {
  readonly id: string
  readonly does: string
  readonly run: (tester: Tester) => Promise<void>
  readonly negotiation: Negotiation
}

const nothing: Negotiation = { offer: "", accepted: "", answer: "" }

/** As it is first offered: with context takeover, and windows that are not limited. */
export const plain: Negotiation = {
  offer: "permessage-deflate; client_max_window_bits",
  accepted: "permessage-deflate",
  answer: "permessage-deflate"
}

export const make = (
  id: string,
  does: string,
  run: (tester: Tester) => Promise<void>,
  negotiation: Negotiation = nothing
): Case => ({ id, does, run, negotiation })
