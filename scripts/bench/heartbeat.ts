/**
 * What a heartbeat costs an idle connection: heap beside none, and beside a fiber that pings; and the CPU time of a ping
 * with its pong. Both ends are in this process, in memory, and only one of them has the heartbeat.
 *
 * `node --expose-gc --conditions=effect-ws-source scripts/bench/heartbeat.ts`
 */
import { Effect, Schedule, Scope } from "effect"
import * as Connection from "effect-ws/Connection"
import * as Heartbeat from "effect-ws/Heartbeat"
import { setTimeout as pause } from "node:timers/promises"

const count = 10_000
const interval = "3 seconds"

const ways = {
  none: () => Effect.void,
  heartbeat: (connection: Connection.Connection) => Effect.orDie(Heartbeat.start(connection, { interval })),
  fiber: (connection: Connection.Connection) =>
    Effect.forkScoped(Effect.repeat(connection.ping(), Schedule.spaced(interval)))
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
  const start = (connection: Connection.Connection) => Scope.provide(ways[way](connection), scope)
  const pairs = await Effect.runPromise(Scope.provide(Effect.replicateEffect(Connection.pair(), count), scope))
  await pause(100)
  const before = heap()
  const cpuBefore = cpu()
  await Effect.runPromise(Effect.forEach(pairs, ([client]) => start(client), { discard: true }))
  const atFirst = heap()
  await pause(6000) // every connection has pinged once
  const pinged = heap()
  const used = cpu() - cpuBefore
  for (const [client, server] of pairs) Effect.runSync(Effect.andThen(client.terminate, server.terminate))
  await Effect.runPromise(Scope.close(scope, await Effect.runPromiseExit(Effect.void)))
  return { way, octets: (atFirst - before) / count, octetsAfterPing: (pinged - before) / count, micros: used / count }
}

await measure("none") // warms up
for (const way of ["none", "heartbeat", "fiber", "none", "heartbeat", "fiber"] as const) console.log(await measure(way))
