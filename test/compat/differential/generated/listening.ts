/** Listeners come and go, and do something themselves, while the peer talks. */
import * as fc from "fast-check"
import type { Call, Script, Step, Value } from "../Script.ts"
import * as Calls from "./Calls.ts"

const type = fc.constantFrom("open", "message", "message", "message", "close", "error", "ping", "other")

const name = fc.constantFrom("a", "b", "c")

/** The first time a name is used says what it does. */
const listener = (actor: string): fc.Arbitrary<Value> =>
  fc.tuple(name, fc.boolean(), fc.option(Calls.inner, { freq: 3 })).map(([given, object, call]): Value => ({
    is: "listener",
    name: object ? `${given} (an object)` : given,
    handleEvent: object,
    steps: call === null ? [] : [[actor, call]]
  }))

const plain = (given: Value): boolean => (given as { readonly handleEvent: boolean }).handleEvent === false

const targets = (actor: string): fc.Arbitrary<Call> =>
  fc.tuple(
    fc.constantFrom("addEventListener", "addEventListener", "removeEventListener"),
    type,
    listener(actor),
    fc.constantFrom<Value>({}, { once: true })
  )

const emitters = (actor: string): fc.Arbitrary<Call> =>
  fc.tuple(fc.constantFrom("on", "on", "once", "off", "prependListener"), type, listener(actor).filter(plain))

const attributes = (actor: string): fc.Arbitrary<Call> =>
  fc.tuple(
    fc.constant("set"),
    fc.constantFrom("onopen", "onmessage", "onclose", "onerror"),
    fc.oneof({ weight: 4, arbitrary: listener(actor).filter(plain) }, fc.constantFrom<Value>(null, "text"))
  )

const questions: fc.Arbitrary<Call> = fc.oneof(
  type.map((asked): Call => ["listenerCount", asked]),
  fc.constantFrom<Call>(["get", "onmessage"], ["get", "onclose"], ["removeAllListeners", "message"], ["eventNames"])
)

const emits = fc.constantFrom<Call>(
  ["emit", "message", { is: "Buffer", text: "by hand" }, false],
  ["emit", "message", "by hand", true],
  ["emit", "other", 1],
  ["emit", "close", 1000, { is: "Buffer", text: "why" }]
)

const change = (actor: string): fc.Arbitrary<Call> =>
  fc.oneof(
    { weight: 3, arbitrary: targets(actor) },
    { weight: 2, arbitrary: emitters(actor) },
    { weight: 2, arbitrary: attributes(actor) },
    { weight: 1, arbitrary: questions },
    { weight: 1, arbitrary: emits }
  )

const talk: fc.Arbitrary<Step> = Calls.step((actor) =>
  fc.oneof({ weight: 4, arbitrary: Calls.sends(actor, Calls.inner) }, { weight: 1, arbitrary: Calls.ends })
)

const changes: fc.Arbitrary<Step> = Calls.step(change)

export const listens: fc.Arbitrary<Script> = fc.tuple(
  fc.array(change("client"), { maxLength: 3 }),
  Calls.cut,
  fc.array(fc.oneof(talk, changes), { minLength: 1, maxLength: 6 })
).map(([first, cut, steps]) => ({
  name: "listeners come and go",
  steps: [...cut, ["client", ["new"], ...first], ...steps]
}))
