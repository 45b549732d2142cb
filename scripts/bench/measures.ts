/** What is measured of one server in one round. */
import { setTimeout } from "node:timers/promises"
import type { Case } from "./cases.ts"
import { push } from "./job.ts"
import type { Files } from "./load/files.ts"
import type { Load, Outcome } from "./load/orders.ts"
import { type Server, usageOf } from "./processes.ts"
import type { Usage } from "./report.ts"
import type { Cost, Footprint, Growth, Sample } from "./samples.ts"

/** Who is measured with what. */
export interface Setting {
  readonly server: Server
  readonly load: Load
  readonly it: Case
  readonly files: Files
}

/** What a server leaves to do when its connections are gone is not to count in the next measurement. */
const settling = 100

const costOf = (before: Usage, after: Usage, { cpu, elapsed, messages, p50, p99 }: Outcome): Cost => ({
  figure: (after.cpu - before.cpu) / messages,
  user: (after.user - before.user) / messages,
  system: (after.system - before.system) / messages,
  rate: messages / elapsed,
  p50,
  p99,
  busy: (after.cpu - before.cpu) / 1e6 / elapsed,
  loadBusy: cpu / elapsed
})

const addressOf = ({ files: { request }, it: { tls = false }, server: { port } }: Setting) => ({ port, request, tls })

const open = (setting: Setting, connections = setting.it.connections): Promise<Outcome> =>
  setting.load.order("open", { ...addressOf(setting), connections })

const close = async ({ load }: Setting): Promise<void> => {
  await load.order("close")
  await setTimeout(settling)
}

const repliesTo = { echo: 1, count: 0, broadcast: 1, push: push.burst * push.bursts } as const

const exchange = async (setting: Setting, milliseconds: number): Promise<Cost> => {
  const { files: { message }, it: { compression = false, content, depth = 1, work }, load, server } = setting
  const order = { message, milliseconds, depth, broadcast: work === "broadcast", replies: repliesTo[work] }
  await open(setting)
  const before = await usageOf(server)
  const outcome = await load.order("exchange", order)
  const after = await usageOf(server)
  await close(setting)
  const expected = outcome.messages * content.size
  if (!compression && outcome.received !== expected) throw new Error(`${outcome.received} octets, not ${expected}`)
  return costOf(before, after, outcome)
}

/** Fails unless the server counts every message, be it a little later. */
const counted = async (server: Server, messages: number): Promise<Usage> => {
  for (let attempts = 0; attempts < 100; attempts++) {
    const usage = await usageOf(server)
    if (usage.messages === messages) return usage
    await setTimeout(10)
  }
  throw new Error(`the server did not count ${messages} messages`)
}

const ingest = async (setting: Setting, milliseconds: number): Promise<Cost> => {
  const { files: { message }, load, server } = setting
  await open(setting)
  const before = await usageOf(server)
  const outcome = await load.order("ingest", { message, milliseconds })
  const after = await counted(server, before.messages + outcome.messages)
  await close(setting)
  return costOf(before, after, { ...outcome, p50: NaN, p99: NaN })
}

const handshakes = async (setting: Setting, milliseconds: number): Promise<Cost> => {
  const { it: { connections }, load, server } = setting
  const before = await usageOf(server)
  const outcome = await load.order("handshakes", { ...addressOf(setting), connections, milliseconds })
  const after = await usageOf(server)
  await setTimeout(settling)
  return costOf(before, after, outcome)
}

/** Memory that is found to be free is given back a little later. */
const collected = async (server: Server): Promise<Usage> => {
  await usageOf(server, { collect: true })
  await setTimeout(300)
  return usageOf(server, { collect: true })
}

/** When thousands of connections have come and gone, code is compiled, and the young generation has grown. */
const visitOften = (setting: Setting): Promise<Cost> =>
  handshakes({ ...setting, it: { ...setting.it, connections: 16 } }, 500)

const visitOnce = async (setting: Setting): Promise<void> => {
  await open(setting, 16)
  await close(setting)
}

/** The connections say a message each in the end, so that those are counted that are there. */
const memory = async (setting: Setting): Promise<Footprint> => {
  const { files: { message }, it: { connections, isFresh = false }, load, server } = setting
  await (isFresh ? visitOnce(setting) : visitOften(setting))
  const before = await collected(server)
  await open(setting)
  const after = await collected(server)
  await load.order("exchange", { message, milliseconds: 0, depth: 1, replies: 1 })
  await close(setting)
  return {
    figure: (after.memory - before.memory) / connections,
    heap: (after.heap - before.heap) / connections
  }
}

/** So many octets the peer sends at most. */
const most = 128 * 2 ** 20

const stall = async (setting: Setting): Promise<Growth> => {
  const { files: { message }, load, server } = setting
  await visitOften(setting)
  const before = await collected(server)
  await open(setting)
  const { octets } = await load.order("stall", { message, milliseconds: 20_000, octets: most })
  const after = await collected(server)
  await close(setting)
  return { figure: after.memory - before.memory, taken: octets }
}

export const measures = { exchange, ingest, handshakes, memory, stall } satisfies Readonly<
  Record<string, (setting: Setting, milliseconds: number) => Promise<Sample>>
>
