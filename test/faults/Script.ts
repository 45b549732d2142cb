/** What may happen to two connections that lead to each other. */
import type { TestLink } from "effect-ws/testing"
import * as fc from "fast-check"
import * as Activities from "./Activities.ts"

const directions = ["toServer", "toClient"] as const
export const sides = ["client", "server"] as const

export type Side = (typeof sides)[number]

const breaks: ReadonlyArray<TestLink.Break> = ["End", "Reset", "Silence", "WriteError"]

/** How a scope ends, and the code that the peer hears. */
export const exits = { succeeds: 1000, "is interrupted": 1001, fails: 1011, dies: 1011 } as const

const size = fc.oneof(
  { weight: 3, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 70_000 }) }
)

const work = fc.record({
  reads: fc.oneof(
    { weight: 3, arbitrary: fc.constant("reads all") },
    { weight: 2, arbitrary: fc.constantFrom(...Object.keys(Activities.readers)) }
  ),
  sends: fc.array(fc.record({ activity: fc.constantFrom(...Object.keys(Activities.senders)), size }), { maxLength: 3 })
})

const side = fc.constantFrom(...sides)
const direction = fc.constantFrom(...directions)

const step = fc.oneof(
  fc.record({ what: fc.constant("break"), direction, octets: fc.nat(3000), how: fc.constantFrom(...breaks) }),
  fc.record({ what: fc.constant("stall"), direction }),
  fc.record({ what: fc.constant("flow"), direction }),
  fc.record({ what: fc.constant("cut"), direction, chunkSize: fc.constantFrom(1, 2, 7, 100) }),
  fc.record({ what: fc.constant("delay"), direction, millis: fc.nat(100) }),
  fc.record({ what: fc.constant("inject"), direction, octets: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
  fc.record({ what: fc.constant("reset") }),
  fc.record({ what: fc.constant("interrupt"), side }),
  fc.record({ what: fc.constant("close"), side }),
  fc.record({ what: fc.constant("terminate"), side }),
  fc.record({ what: fc.constant("leave"), side, exit: fc.constantFrom(...(Object.keys(exits) as Array<Exit>)) })
)

export type Exit = keyof typeof exits
export type Step = typeof step extends fc.Arbitrary<infer A> ? A : never

export const script = fc.record({
  compression: fc.constantFrom("none", "takeover", "no takeover"),
  /** How many octets are compressed at once, and not in the thread pool. */
  inlineLimit: fc.constantFrom(100, 32_768),
  client: work,
  server: work,
  steps: fc.array(fc.tuple(fc.nat(12), step), { maxLength: 4 }),
  last: fc.constantFrom(...(Object.keys(exits) as Array<Exit>))
})

export type Script = typeof script extends fc.Arbitrary<infer A> ? A : never

/** What leaves no chance for a clean end, or is one of its own; nobody may read after an interruption. */
const isFatal = ({ what }: Step): boolean => ["break", "inject", "interrupt", "reset", "terminate"].includes(what)

const staysStalled = (steps: Script["steps"]): boolean =>
  directions.some((direction) => {
    const last = steps.map(([, step]) => step).findLast((step) => "direction" in step && isGate(step, direction))
    return last?.what === "stall"
  })

const isGate = (step: Step, direction: string): boolean =>
  (step.what === "stall" || step.what === "flow") && step.direction === direction

const isRead = ({ reads }: Script["client"]): boolean => reads === "reads all" || reads === "reads slowly"

/** What the thread pool does takes real time, while the time of the test goes on. */
const usesThreads = ({ client, compression, inlineLimit, server }: Script): boolean =>
  compression !== "none" && (inlineLimit < 1000 || [...client.sends, ...server.sends].some(({ size }) => size > 10_000))

/** Whether there is nothing that could keep the two from saying goodbye. */
export const isPeaceful = (script: Script): boolean =>
  isRead(script.client) && isRead(script.server) && !usesThreads(script) && !staysStalled(script.steps) &&
  !script.steps.some(([, step]) => isFatal(step))

/** Whether octets come to this side that its peer did not send. */
export const isLiedTo = ({ steps }: Script, side: Side): boolean =>
  steps.some(([, step]) => step.what === "inject" && step.direction === (side === "client" ? "toClient" : "toServer"))

/** The codes that may be said: those of what is asked for, and what a message that is cut adds. */
export const codesOf = ({ client, last, server, steps }: Script): ReadonlyArray<number> => {
  const asked = steps.flatMap(([, step]) =>
    step.what === "close" ? [4000] : step.what === "leave" ? [exits[step.exit]] : []
  )
  const streams = [...client.sends, ...server.sends].some(({ activity }) => activity === "streams")
  return [exits[last], 1000, ...asked, ...(streams ? [1001, 1011] : [])]
}
