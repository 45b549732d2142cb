/** Two sides talk, and then end it in some way. */
import * as fc from "fast-check"
import type { Call, Script, Step } from "../Script.ts"
import * as Calls from "./Calls.ts"
import * as Options from "./Options.ts"

const speak = (actor: string): fc.Arbitrary<Call> =>
  fc.oneof({ weight: 4, arbitrary: Calls.sends(actor, Calls.inner) }, { weight: 1, arbitrary: Calls.reads })

const act = (actor: string): fc.Arbitrary<Call> =>
  fc.oneof({ weight: 2, arbitrary: speak(actor) }, { weight: 1, arbitrary: Calls.ends })

const said = (calls: (actor: string) => fc.Arbitrary<Call>): fc.Arbitrary<Step> =>
  fc.oneof({ weight: 6, arbitrary: Calls.step(calls) }, { weight: 1, arbitrary: Calls.network })

const steps = (calls: (actor: string) => fc.Arbitrary<Call>, maxLength: number) =>
  fc.array(said(calls), { minLength: 1, maxLength })

/** Nothing ends before its time. */
export const talks: fc.Arbitrary<Script> = fc.tuple(Options.start, Calls.cut, steps(speak, 6)).map((
  [start, cut, talk]
) => ({
  name: "two talk",
  steps: [...cut, ...start, ...talk]
}))

/** It ends somewhere in between, and they go on all the same. */
export const endings: fc.Arbitrary<Script> = fc.tuple(
  Options.start,
  Calls.cut,
  fc.array(said(speak), { maxLength: 2 }),
  steps(act, 5),
  fc.array(fc.constantFrom<Step>(["wss", ["close", { is: "callback" }]], ["wss", ["get", "clients"]]), { maxLength: 1 })
).map(([start, cut, talk, end, server]) => ({
  name: "two talk and end it",
  steps: [...cut, ...start, ...talk, ...server, ...end]
}))

/** It ends before it has begun. */
export const beginnings: fc.Arbitrary<Script> = fc.tuple(
  fc.array(fc.oneof(act("client"), Calls.ends), { minLength: 1, maxLength: 3 }),
  fc.boolean(),
  fc.array(said(act), { maxLength: 2 })
).map(([calls, held, rest]) => ({
  name: "a client acts while it is connecting",
  steps: held
    ? [["network", ["hold"]], ["client", ["new"]], ["client", ...calls], ["network", ["release"]], ...rest]
    : [["client", ["new"], ...calls], ...rest]
}))
