/** All cases, by the groups of the public Autobahn catalogue; our own come last. */
import type { Case } from "./Case.ts"
import * as Framing from "./cases/1-framing.ts"
import * as AutoFragmentation from "./cases/10-auto-fragmentation.ts"
import * as Pings from "./cases/2-pings.ts"
import * as ReservedBits from "./cases/3-reserved-bits.ts"
import * as Opcodes from "./cases/4-opcodes.ts"
import * as Fragmentation from "./cases/5-fragmentation.ts"
import * as Utf8 from "./cases/6-utf8.ts"
import * as Close from "./cases/7-close.ts"
import * as Limits from "./cases/9-limits.ts"
import * as Own from "./cases/own.ts"

const groups = [Framing, Pings, ReservedBits, Opcodes, Fragmentation, Utf8, Close, Limits, AutoFragmentation, Own]

export const cases: ReadonlyArray<Case> = groups.flatMap(({ cases }) => cases)

/** Those about permessage-deflate, which is not connected yet: to be `cases/12-deflate.ts` and `13-parameters.ts`. */
export const later = [
  "12.1 to 12.5: echoes five kinds of data in 18 sizes, compressed as first offered",
  "13.1 to 13.7: echoes the same sizes, compressed by each set of parameters"
]
