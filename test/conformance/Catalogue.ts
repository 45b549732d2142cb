/** All cases, by the groups of the public Autobahn catalogue; our own come last. */
import type { Case } from "./Case.ts"
import * as Framing from "./cases/1-framing.ts"
import * as AutoFragmentation from "./cases/10-auto-fragmentation.ts"
import * as Deflate from "./cases/12-deflate.ts"
import * as Parameters from "./cases/13-parameters.ts"
import * as Pings from "./cases/2-pings.ts"
import * as ReservedBits from "./cases/3-reserved-bits.ts"
import * as Opcodes from "./cases/4-opcodes.ts"
import * as Fragmentation from "./cases/5-fragmentation.ts"
import * as Utf8 from "./cases/6-utf8.ts"
import * as Close from "./cases/7-close.ts"
import * as Limits from "./cases/9-limits.ts"
import * as Own from "./cases/own.ts"

const protocol = [Framing, Pings, ReservedBits, Opcodes, Fragmentation, Utf8, Close, Limits, AutoFragmentation]

const groups = [...protocol, Deflate, Parameters, Own]

export const cases: ReadonlyArray<Case> = groups.flatMap(({ cases }) => cases)
