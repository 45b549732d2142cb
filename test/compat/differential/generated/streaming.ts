/** Streams over WebSockets, while the other side does what it wants. */
import * as fc from "fast-check"
import { type Call, type Script, type Step, step, type Value } from "../Script.ts"
import * as Calls from "./Calls.ts"
import * as Options from "./Options.ts"

const cb: Value = { is: "callback" }

const chunk: fc.Arbitrary<Value> = fc.constantFrom<Value>(
  "a",
  "text",
  { is: "Buffer", text: "octets" },
  { is: "Uint8Array", text: "octets" },
  { is: "Buffer", size: 20_000 }
)

const operations: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: chunk.map((data): Call => ["write", data, "utf8", cb]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Call>(["end", cb], ["end", "last", "utf8", cb], ["destroy"], ["destroy", {
      is: "error",
      message: "x"
    }])
  },
  { weight: 2, arbitrary: fc.constantFrom<Call>(["read"], ["pause"], ["resume"], ["inspect"], ["cork"], ["uncork"]) }
)

const options: fc.Arbitrary<Value> = fc.constantFrom<Value>(
  {},
  {},
  { allowHalfOpen: false },
  { readableHighWaterMark: 3 },
  { writableHighWaterMark: 3 },
  { objectMode: true },
  { readableObjectMode: true, readableHighWaterMark: 1 },
  { encoding: "utf8" },
  { decodeStrings: false },
  { autoDestroy: false }
)

const peer = (actor: string): fc.Arbitrary<Call> =>
  fc.oneof({ weight: 4, arbitrary: Calls.sends(actor, Calls.inner) }, { weight: 1, arbitrary: Calls.ends }, {
    weight: 1,
    arbitrary: Calls.reads
  })

const some = (who: string, calls: fc.Arbitrary<Call>): fc.Arbitrary<Step> =>
  fc.array(calls, { minLength: 1, maxLength: 3 }).map((given) => step(who, given))

const action = (actor: string): fc.Arbitrary<Step> => {
  const other = actor === "client" ? "server" : "client"
  return fc.oneof(
    { weight: 4, arbitrary: some(`${actor}Stream`, operations) },
    { weight: 3, arbitrary: some(other, peer(other)) },
    { weight: 1, arbitrary: some(actor, Calls.ends) },
    { weight: 1, arbitrary: Calls.network }
  )
}

export const streams: fc.Arbitrary<Script> = Calls.actor.chain((actor) =>
  fc.tuple(Options.start, options, fc.boolean(), fc.array(action(actor), { minLength: 1, maxLength: 6 })).map((
    [start, given, flows, steps]
  ) => ({
    name: "a stream",
    steps: [
      ...start,
      ...(flows ? [] : [[`${actor}Stream`, ["deaf", "data"]] as Step]),
      [actor, ["stream", given]],
      ...steps
    ]
  }))
)
