import type * as Case from "../Case.ts"
import { samples } from "../Samples.ts"
import * as Sizes from "../Sizes.ts"

const takeover = ["no_context_takeover"]

/** What the peer has to do without, by the parameters' names without their role. */
const limits: ReadonlyArray<readonly [takeover: ReadonlyArray<string>, bits: ReadonlyArray<string>]> = [
  [[], []],
  [takeover, []],
  [[], ["max_window_bits=9"]],
  [[], ["max_window_bits=15"]],
  [takeover, ["max_window_bits=9"]],
  [takeover, ["max_window_bits=15"]]
]

const format = (...params: ReadonlyArray<string>): string => ["permessage-deflate", ...params].join("; ")

const of = (role: string, params: ReadonlyArray<string>) => params.map((param) => `${role}_${param}`)

/** As a client the tester does without takeover itself, as a server it does not. */
const limited = limits.map(([takeover, bits]) => ({
  does: [...takeover, ...bits].join("; ") || "nothing asked",
  offer: format("client_no_context_takeover", "client_max_window_bits", ...of("server", [...takeover, ...bits])),
  accepted: format(...of("server", takeover), "client_no_context_takeover", ...of("server", bits)),
  answer: format(...of("client", [...takeover, ...bits]))
}))

const unacceptable = "permessage-deflate; server_no_context_takeover; server_max_window_bits=16"

const fallback = {
  does: "offers of which the second can be accepted",
  offer: `${unacceptable}, ${limited[1].offer}, ${limited[0].offer}`,
  accepted: limited[1].accepted,
  answer: "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"
}

export const cases: ReadonlyArray<Case.Case> = [...limited, fallback].flatMap(({ does, ...negotiation }, i) =>
  Sizes.cases(`13.${i + 1}`, `JSON, ${does}`, samples[0], negotiation)
)
