/** A raw peer sends frames of all kinds, right and wrong, to a server or to a client. */
import * as fc from "fast-check"
import { deflateRawSync } from "node:zlib"
import { type Call, type Script, type Step, step, type Value } from "../Script.ts"
import * as Calls from "./Calls.ts"
import * as Options from "./Options.ts"

const hex = (octets: Uint8Array): Value => ({ is: "Buffer", hex: Buffer.from(octets).toString("hex") })

/** Complete and cut characters, and what is none. */
const pieces = ["61", "c3a9", "e282ac", "f09f9880", "e2", "82", "ac", "f09f", "ff", "c0af", "eda080", "00"]

const payload: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Value>("", "a", "text", "€") },
  {
    weight: 3,
    arbitrary: fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((parts) => ({
      is: "Buffer",
      hex: parts.join("")
    }))
  },
  { weight: 1, arbitrary: fc.constantFrom(125, 126, 127, 65_535, 65_536).map((size) => ({ is: "Buffer", size })) }
)

const closePayload: fc.Arbitrary<Value> = fc.tuple(
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(1000, 1001, 3000, 4000) }, fc.integer({ min: 0, max: 5100 })),
  fc.constantFrom("", "reason", "€")
).map(([code, reason]) => hex(Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)])))

const frame = (
  opcode: number,
  data: Value,
  options: { readonly [name: string]: Value }
): Call => ["frame", opcode, data, options]

const plain: fc.Arbitrary<Call> = fc.tuple(fc.constantFrom(0, 1, 1, 2, 2, 9, 10), payload, fc.boolean()).map((
  [opcode, data, fin]
) => frame(opcode, data, { fin: fin || opcode > 8 }))

/** A message in fragments, with control frames among them. */
const fragments: fc.Arbitrary<ReadonlyArray<Call>> = fc.tuple(
  fc.constantFrom(1, 2),
  fc.array(payload, { minLength: 2, maxLength: 4 }),
  fc.option(fc.constantFrom(9, 10))
).map(([opcode, parts, control]) =>
  parts.flatMap((part, i) => [
    frame(i === 0 ? opcode : 0, part, { fin: i === parts.length - 1 }),
    ...(control === null || i > 0 ? [] : [frame(control, "among", {})])
  ])
)

const closing: fc.Arbitrary<Call> = fc.oneof(closePayload, payload).map((data) => frame(8, data, {}))

/** Anything may be wrong. */
const wild: fc.Arbitrary<Call> = fc.record({
  opcode: fc.integer({ min: 0, max: 15 }),
  data: payload,
  rsv: fc.constantFrom(0, 0, 1, 2, 4, 7),
  fin: fc.boolean(),
  masked: fc.option(fc.boolean(), { nil: undefined })
}).map(({ data, fin, masked, opcode, rsv }) =>
  frame(opcode, data, { fin, rsv, ...(masked !== undefined && { masked }) })
)

const deflated: fc.Arbitrary<Call> = fc.tuple(
  fc.constantFrom("", "text", "a".repeat(2000)),
  fc.integer({ min: 0, max: 3 })
).map((
  [text, drop]
) => {
  const octets = deflateRawSync(text, { finishFlush: 2 })
  return frame(1, hex(octets.subarray(0, octets.length - 4 - drop)), { rsv: 4 })
})

const junk: fc.Arbitrary<Call> = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((octets) => ["write", hex(octets)])

const several = (calls: fc.Arbitrary<Call>) => calls.map((call): ReadonlyArray<Call> => [call])

const frames: fc.Arbitrary<ReadonlyArray<Call>> = fc.oneof(
  { weight: 5, arbitrary: several(plain) },
  { weight: 4, arbitrary: fragments },
  { weight: 2, arbitrary: several(deflated) },
  { weight: 1, arbitrary: several(closing) },
  { weight: 1, arbitrary: several(wild) },
  { weight: 1, arbitrary: several(junk) }
)

const end: fc.Arbitrary<ReadonlyArray<Call>> = fc.constantFrom<ReadonlyArray<Call>>([], [], [["end"]], [["reset"]])

const rawSteps: fc.Arbitrary<Step> = fc.tuple(fc.array(frames, { minLength: 1, maxLength: 4 }), end).map((
  [sent, last]
) => step("raw", [...sent, last].flat()))

const answers = (actor: string): fc.Arbitrary<Step> =>
  fc.array(fc.oneof(Calls.reads, Calls.ends, Calls.sends(actor, Calls.inner)), { minLength: 1, maxLength: 2 })
    .map((calls) => step(actor, calls))

const deflate = { perMessageDeflate: true }
const extension = { "Sec-WebSocket-Extensions": "permessage-deflate" }

const against = (actor: string) => (compresses: boolean, options: Value): ReadonlyArray<Step> => {
  const all = { ...options as object, ...(compresses && deflate) }
  const fields = compresses ? extension : {}
  return actor === "server"
    ? [["wss", ["new", all]], ["raw", ["connect"]], ["raw", ["upgrade", fields]]]
    : [["raw", ["listen"]], ["client", ["new", "/", [], all]], ["raw", ["accept", fields]]]
}

const play = (actor: string): fc.Arbitrary<Script> =>
  fc.tuple(
    fc.boolean(),
    Options.common,
    Calls.cut,
    fc.array(fc.oneof({ weight: 3, arbitrary: rawSteps }, { weight: 1, arbitrary: answers(actor) }), {
      minLength: 1,
      maxLength: 4
    })
  ).map(([compresses, options, cut, steps]) => ({
    name: `a raw peer against a ${actor}`,
    steps: [...cut, ...against(actor)(compresses, options), ...steps]
  }))

export const toServer = play("server")
export const toClient = play("client")
