/** What is measured of one server. */
import type { ChildProcess } from "node:child_process"
import { setTimeout } from "node:timers/promises"
import { ask, type Server, usageOf } from "../processes.ts"
import type { Churn, Exchange, Idle, Traffic } from "./cases.ts"
import type { Outcome, Task } from "./load.ts"

/** What a server leaves to do when its connections are gone is not to count in the next measurement. */
const settling = 300

const tell = (load: ChildProcess, task: Task): Promise<Outcome> => ask(load, task)

export const prepare = (load: ChildProcess, traffic: Traffic): Promise<Outcome> =>
  tell(load, { _tag: "Prepare", traffic })

/** Fails if the server does not answer as it should. */
export const verify = (server: Server, load: ChildProcess, traffic: Traffic): Promise<Outcome> =>
  tell(load, { _tag: "Verify", port: server.port, traffic })

/** Runs with all connections open, each of which has had so many messages. */
const withOpen = async <A>(
  server: Server,
  load: ChildProcess,
  traffic: Traffic,
  each: number,
  run: (opened: Outcome) => Promise<A>
): Promise<A> => {
  await tell(load, { _tag: "Open", port: server.port, traffic })
  const result = await run(await tell(load, { _tag: "Exchange", each }))
  await tell(load, { _tag: "Close" })
  await setTimeout(settling)
  return result
}

/** Per message: CPU in microseconds, octets on the wire without headers; and messages per second. */
export interface Cost {
  readonly cpu: number
  readonly octets: number
  readonly rate: number
}

export const cost = (server: Server, load: ChildProcess, it: Exchange): Promise<Cost> =>
  withOpen(server, load, it, it.depth, async (opened) => {
    const before = await usageOf(server)
    const { elapsed, octets } = await tell(load, { _tag: "Exchange", each: it.messages / it.connections })
    const cpu = (await usageOf(server)).cpu - before.cpu
    return { cpu: cpu / it.messages, octets: (octets - opened.octets) / it.messages, rate: it.messages / elapsed }
  })

/** In octets: resident memory of an idle connection, of the process with all of them, and before garbage was collected. */
export interface Footprint {
  readonly each: number
  readonly total: number
  readonly uncollected: number
}

export const footprint = async (server: Server, load: ChildProcess, it: Idle): Promise<Footprint> => {
  const before = await usageOf(server, { collect: true })
  return withOpen(server, load, it, it.each, async () => {
    await setTimeout(it.rest)
    const uncollected = await usageOf(server)
    await usageOf(server, { collect: true }) // memory that is found to be free is given back later
    await setTimeout(settling)
    const after = await usageOf(server, { collect: true })
    const each = (after.memory - before.memory) / it.connections
    return { each, total: after.memory, uncollected: uncollected.memory }
  })
}

/** The resident memory, in octets, at regular times after the warm-up. */
export const growth = (server: Server, load: ChildProcess, it: Churn, duration: number) =>
  withOpen(server, load, it, it.depth, async () => {
    const samples: Array<number> = []
    const start = performance.now()
    for (let due = it.warmUp; due <= it.warmUp + duration; due += it.every) {
      while (performance.now() - start < due) await tell(load, { _tag: "Exchange", each: it.depth * 8 })
      samples.push((await usageOf(server)).memory)
    }
    return samples
  })
