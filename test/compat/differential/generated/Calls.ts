/** What anyone may be told, at random. */
import * as fc from "fast-check"
import * as Script from "../Script.ts"

type Call = Script.Call
type Step = Script.Step
type Value = Script.Value

/** Objects of a script are plain, whatever fast-check makes of them. */
export const value = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<Value> => arbitrary as fc.Arbitrary<Value>

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("", "a", "abc", "€", "text with a 😀") },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) }
)

const hex = fc.uint8Array({ maxLength: 12 }).map((octets) => Buffer.from(octets).toString("hex"))

const size = fc.constantFrom(125, 126, 1023, 1024, 2000, 65_536)

const octetTypes = ["Buffer", "Uint8Array", "Uint8ArrayInside", "DataView", "ArrayBuffer", "Blob"]

const special = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constantFrom(...octetTypes), hex }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constantFrom("string", "Buffer", "Blob"), size }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constantFrom("undefined", "NaN", "Date", "symbol", "value") }) }
)

const number = fc.constantFrom(0, 1, -1, 1.5, 1e21)

export const data = value(
  fc.oneof(
    { weight: 5, arbitrary: text },
    { weight: 5, arbitrary: special },
    { weight: 1, arbitrary: fc.oneof(number, fc.boolean(), fc.constant(null), fc.constant([1, 2, 3]), fc.constant({})) }
  )
)

const options = value(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.record({ binary: fc.boolean(), compress: fc.boolean(), fin: fc.boolean() }, { requiredKeys: [] })
    },
    { weight: 1, arbitrary: fc.record({ fin: fc.constant(false) }) }
  )
)

/** A callback that may do something itself. */
const callback = (actor: string, inner: fc.Arbitrary<Call>): fc.Arbitrary<Value> =>
  value(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant({ is: "callback" }) },
      { weight: 1, arbitrary: inner.map((call) => ({ is: "callback", steps: [[actor, call]] })) },
      { weight: 1, arbitrary: fc.constant({ is: "undefined" }) }
    )
  )

/** Data and control frames. */
export const sends = (actor: string, inner: fc.Arbitrary<Call>): fc.Arbitrary<Call> => {
  const done = callback(actor, inner)
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant("send"), data, options, done) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("send"), data, done) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("ping", "pong"), data, fc.constant({ is: "undefined" }), done) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom("ping", "pong"), done) }
  ) as fc.Arbitrary<Call>
}

/** What changes how one listens. */
export const reads: fc.Arbitrary<Call> = fc.oneof(
  fc.constantFrom<Call>(["pause"], ["resume"], ["get", "bufferedAmount"], ["get", "isPaused"]),
  fc.constantFrom("nodebuffer", "arraybuffer", "fragments", "blob", "none").map((
    type
  ): Call => ["set", "binaryType", type])
)

const code = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1000, 1001, 1011, 3000, 4999) },
  { weight: 1, arbitrary: fc.constantFrom(0, 999, 1005, 1006, 1016, 5000, 1000.5) }
)

const reason = fc.oneof(
  { weight: 4, arbitrary: value(text) },
  { weight: 1, arbitrary: value(fc.record({ is: fc.constantFrom("Buffer", "Uint8Array"), hex })) },
  { weight: 1, arbitrary: value(fc.record({ is: fc.constant("Buffer"), size: fc.constantFrom(123, 124) })) }
)

const closes: fc.Arbitrary<Call> = fc.oneof(
  fc.constant<Call>(["close"]),
  code.map((given): Call => ["close", given]),
  fc.tuple(code, reason).map(([given, why]): Call => ["close", given, why])
)

/** All that ends a connection. */
export const ends: fc.Arbitrary<Call> = fc.oneof(
  { weight: 5, arbitrary: closes },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Call>(
      ["terminate"],
      ["socket", "end"],
      ["socket", "resetAndDestroy"],
      ["socket", "destroy"]
    )
  }
)

/** What is done within a listener or a callback, where nothing else is waited for. */
export const inner: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: data.map((sent): Call => ["send", sent, { is: "callback" }]) },
  { weight: 2, arbitrary: ends },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Call>(["ping"], ["pause"], ["resume"], ["throw"], ["removeAllListeners", "message"])
  }
)

export const actor = fc.constantFrom("client", "server")

/** A step of an actor with some of these calls. */
export const step = (calls: (actor: string) => fc.Arbitrary<Call>): fc.Arbitrary<Step> =>
  actor.chain((who) => fc.array(calls(who), { minLength: 1, maxLength: 4 }).map((given) => Script.step(who, given)))

/** Now and then the network holds things back, or lets them go. */
export const network: fc.Arbitrary<Step> = fc.constantFrom<Step>(["network", ["hold"]], ["network", ["release"]])

/** Some scripts have everything cut into pieces. */
export const cut: fc.Arbitrary<ReadonlyArray<Step>> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1, 3, 50, 1000).map((pieces): ReadonlyArray<Step> => [["network", ["cut", pieces]]])
  }
)
