/** Options of servers and clients, at random. */
import * as fc from "fast-check"
import type { Step, Value } from "../Script.ts"
import { value } from "./Calls.ts"

const bits = fc.constantFrom(8, 9, 10, 15)

const deflate = fc.oneof(
  { weight: 3, arbitrary: fc.boolean() },
  {
    weight: 3,
    arbitrary: fc.record({
      threshold: fc.constantFrom(0, 0, 10, 1024),
      serverNoContextTakeover: fc.boolean(),
      clientNoContextTakeover: fc.boolean(),
      serverMaxWindowBits: bits,
      clientMaxWindowBits: fc.oneof(bits, fc.boolean()),
      concurrencyLimit: fc.constantFrom(1, 10),
      zlibDeflateOptions: fc.record({ level: fc.constantFrom(0, 1, 9), memLevel: fc.constantFrom(1, 8) })
    }, { requiredKeys: [] })
  }
)

/** What both know. */
export const shared = {
  perMessageDeflate: deflate,
  maxPayload: fc.constantFrom(0, 4, 1023, 100_000),
  maxFragments: fc.constantFrom(0, 1, 3),
  allowSynchronousEvents: fc.boolean(),
  autoPong: fc.boolean(),
  skipUTF8Validation: fc.boolean()
}

/** Few options at once, or hardly anything would come through. */
const few = (model: { readonly [name: string]: fc.Arbitrary<unknown> }): fc.Arbitrary<Value> =>
  value(
    fc.subarray(Object.keys(model), { maxLength: Math.min(2, Object.keys(model).length) }).chain((names) =>
      fc.record(Object.fromEntries(names.map((name) => [name, model[name]])))
    )
  )

export const common = few(shared)

export const ofDeflate = few({ perMessageDeflate: deflate })

const mode = fc.oneof({ weight: 3, arbitrary: fc.constant("port") }, fc.constantFrom("server", "noServer"))

const ofServer = few({ ...shared, clientTracking: fc.boolean() })

const ofClient = few({
  ...shared,
  generateMask: fc.constantFrom({ is: "generateMask", hex: "00000000" }, { is: "generateMask", hex: "01020304" })
})

const events = ["message", "ping", "pong", "close", "error", "upgrade"]

/** A server and a client. Seldom a class is a derived one. */
export const start: fc.Arbitrary<ReadonlyArray<Step>> = fc.record({
  mode,
  ofClient,
  ofServer,
  derived: fc.option(fc.constantFrom("Sending", "Counting", "Emitting"), { freq: 8 }),
  deaf: fc.option(fc.constantFrom(...events), { freq: 12 })
}).map(({ deaf, derived, mode, ofClient, ofServer }): ReadonlyArray<Step> => [
  ["wss", ["new", ofServer, mode]],
  [
    "client",
    ...(derived === null ? [] : [["class", derived] as const]),
    ...(deaf === null ? [] : [["deaf", deaf] as const]),
    ["new", "/", [], ofClient]
  ]
])
