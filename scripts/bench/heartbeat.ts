/**
 * What a heartbeat costs an idle connection: heap, and the CPU time of a ping with its pong; beside no heartbeat, and a
 * fiber for each connection that pings. Both ends are in this process and in memory, and do the same.
 *
 * `node --expose-gc --conditions=effect-ws-source scripts/bench/heartbeat.ts`
 */
import { Effect, Exit, Schedule, Scope } from "effect"
import * as Connection from "effect-ws/Connection"
import { setTimeout as pause } from "node:timers/promises"

const pairs = 5000
const interval = "4 seconds"

const pinging = ({ ping }: Connection.Connection) =>
  Effect.forkScoped(Effect.repeat(ping(), Schedule.spaced(interval)), { startImmediately: true })

const ways = {
  none: Connection.pair(),
  heartbeat: Connection.pair({ heartbeat: { interval } }),
  fiber: Effect.tap(Connection.pair(), ([client, server]) => Effect.all([pinging(client), pinging(server)]))
}

const heap = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const cpu = (): number => {
  const { system, user } = process.cpuUsage()
  return user + system
}

const measure = async (way: keyof typeof ways) => {
  const scope = Scope.makeUnsafe("parallel")
  const before = heap()
  const made = await Effect.runPromise(Scope.provide(Effect.replicateEffect(ways[way], pairs), scope))
  await pause(100)
  const octets = (heap() - before) / (2 * pairs)
  const cpuBefore = cpu()
  await pause(5000) // all have pinged once
  const micros = (cpu() - cpuBefore) / (2 * pairs)
  const octetsAfterPing = (heap() - before) / (2 * pairs)
  for (const [client, server] of made) Effect.runSync(Effect.andThen(client.terminate, server.terminate))
  await Effect.runPromise(Scope.close(scope, Exit.void))
  return { way, octets: Math.round(octets), octetsAfterPing: Math.round(octetsAfterPing), micros }
}

await measure("none") // warms up
for (const way of ["none", "heartbeat", "fiber"] as const) console.log(await measure(way))
