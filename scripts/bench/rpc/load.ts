/** The client of all servers: it speaks the protocol of `effect/rpc` in NDJSON, without the costs of an `RpcClient`. */
import { Effect, Exit, Scope } from "effect"
import { type Connection } from "effect-ws/Connection"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import type { Use } from "./cases.ts"

export type Order =
  | { readonly verb: "open"; readonly port: number; readonly use: Use }
  | { readonly verb: "exchange"; readonly use: Use; readonly milliseconds: number }
  | { readonly verb: "close" }

/** Calls, or elements, that came. Times in seconds. */
export interface Outcome {
  readonly count: number
  readonly elapsed: number
  readonly cpu: number
}

/** Chunks of a stream. */
const chunks = 64

let scope = Scope.makeUnsafe("parallel")
let connections: ReadonlyArray<Connection> = []
let nextId = 0

const open = (port: number, { compression = false, connections: count }: Use) =>
  Effect.forEach(
    Array.from({ length: count }),
    () => WebSocketClient.connect(`ws://127.0.0.1:${port}/rpc`, { compression: compression && { threshold: 0 } }),
    { concurrency: 16 }
  ).pipe(Scope.provide(scope))

const line = (message: object): string => `${JSON.stringify(message)}\n`

const requestFor = ({ chunk = 1, procedure }: Use): string => {
  const payload = procedure === "Call" ? { id: nextId } : { count: chunks * chunk, chunk }
  return line({ _tag: "Request", id: nextId++, tag: procedure, payload, headers: [] })
}

interface Response {
  readonly _tag: "Chunk" | "Exit"
  readonly requestId: number | string
  readonly values?: ReadonlyArray<unknown>
  readonly exit?: { readonly _tag: string }
}

/** One connection, until the time is over and everything is answered. */
const converse = Effect.fnUntraced(function*({ pull, sendAll }: Connection, use: Use, deadline: number) {
  let [count, open] = [0, use.depth]
  const answer = (message: string | Uint8Array): string | undefined => {
    const { _tag, exit, requestId, values = [] } = JSON.parse(String(message)) as Response
    count += values.length
    if (_tag === "Chunk") return line({ _tag: "Ack", requestId })
    if (exit?._tag !== "Success") throw new Error(`the server answered ${message}`)
    if (use.procedure === "Call") count++
    if (performance.now() < deadline) return requestFor(use)
    open--
  }
  yield* sendAll(Array.from({ length: use.depth }, () => requestFor(use)))
  const step = Effect.flatMap(pull, (batch) => sendAll(batch.map(answer).filter((it) => it !== undefined)))
  yield* Effect.repeat(step, { until: () => open === 0 })
  return count
})

const exchange = Effect.fnUntraced(function*(use: Use, milliseconds: number) {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const counts = yield* Effect.forEach(connections, (it) => converse(it, use, start + milliseconds), {
    concurrency: "unbounded"
  })
  const { system, user } = process.cpuUsage(before)
  const count = counts.reduce((sum, it) => sum + it, 0)
  return { count, elapsed: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }
})

const close = Effect.suspend(() => {
  const closing = Scope.close(scope, Exit.void)
  scope = Scope.makeUnsafe("parallel")
  connections = []
  return closing
})

const carryOut = (order: Order): Effect.Effect<unknown, unknown> => {
  switch (order.verb) {
    case "open":
      return Effect.map(open(order.port, order.use), (opened) => connections = opened)
    case "exchange":
      return exchange(order.use, order.milliseconds)
    case "close":
      return close
  }
}

process.on("message", async (order: Order) => {
  const outcome = await Effect.runPromise(carryOut(order))
  process.send?.(order.verb === "exchange" ? outcome : {})
})
process.on("disconnect", () => process.exit(0))
