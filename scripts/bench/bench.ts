/** What one adapter needs in one case, running. */
import type { Adapter } from "./adapters.ts"
import type { Case } from "./cases.ts"
import type { Outcome, Task } from "./clients/meter.ts"
import type { Job } from "./job.ts"
import type { Files } from "./load/files.ts"
import { Load } from "./load/orders.ts"
import { language, Program } from "./load/program.ts"
import { measures } from "./measures.ts"
import { ask, type Server, startServer } from "./processes.ts"
import type { Cost, Sample } from "./samples.ts"

export interface Bench {
  readonly sample: (milliseconds: number) => Promise<Sample>
  readonly stop: () => void
}

/** That what is measured keeps to, where the machine has two. */
const core = 0

const stop = ({ child }: Server): void => {
  if (child.connected) child.disconnect()
}

export const start = (adapter: Adapter, it: Case, files: Files): Promise<Bench> =>
  it.measure === "client" ? startClient(adapter, it) : startServing(adapter, it, it.measure, files)

const startMeasured = ({ args = [], env, program }: Adapter, job: object): Promise<Server> =>
  startServer(program, { args: [JSON.stringify(job), ...args], env, core, flags: ["--expose-gc"] })

const startServing = async (
  adapter: Adapter,
  it: Case,
  measure: keyof typeof measures,
  files: Files
): Promise<Bench> => {
  const { compression = false, tls = false, work } = it
  const server = await startMeasured(adapter, { work, compression, tls, frameSize: files.frameSize } satisfies Job)
  const load = new Load(tls ? "Node" : language)
  return {
    sample: (milliseconds) => measures[measure]({ it, files, server, load }, milliseconds),
    stop: () => {
      load.stop()
      stop(server)
    }
  }
}

const startClient = async (adapter: Adapter, { connections, content: { size }, depth = 1 }: Case): Promise<Bench> => {
  const client = await startMeasured(adapter, {})
  const bare = new Program("bare", language)
  const { port } = await bare.hear<{ port: number }>()
  const url = `ws://127.0.0.1:${port}/${size}`
  const cpuOfBare = (): Promise<{ cpu: number }> => {
    bare.say("usage")
    return bare.hear()
  }
  return {
    sample: async (milliseconds) => {
      const before = await cpuOfBare()
      const outcome = await ask<Outcome>(client.child, { url, connections, depth, size, milliseconds } satisfies Task)
      const after = await cpuOfBare()
      return costOf(outcome, after.cpu - before.cpu)
    },
    stop: () => {
      stop(client)
      bare.stop()
    }
  }
}

const costOf = ({ elapsed, messages, system, user }: Outcome, cpuOfBare: number): Cost => ({
  figure: (user + system) / messages,
  user: user / messages,
  system: system / messages,
  rate: messages / elapsed,
  p50: NaN,
  p99: NaN,
  busy: (user + system) / 1e6 / elapsed,
  loadBusy: cpuOfBare / elapsed
})
