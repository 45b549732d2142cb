/**
 * The load: bare sockets that send prepared frames and count what comes back, so that the server is the bottleneck.
 */
import type { Traffic } from "./cases.ts"
import { count } from "./messages.ts"
import { open, type Peer } from "./peer.ts"
import { type Script, scriptOf, verify } from "./script.ts"

/** What the load is asked to do. */
export type Task =
  | { readonly _tag: "Prepare"; readonly traffic: Traffic }
  | { readonly _tag: "Verify" | "Open"; readonly port: number; readonly traffic: Traffic }
  | { readonly _tag: "Exchange"; readonly each: number }
  | { readonly _tag: "Close" }

/** How long an exchange took, in seconds, and the octets of all payloads received since the connections were opened. */
export interface Outcome {
  readonly elapsed: number
  readonly octets: number
}

/** So many connections are opened at once. */
const atOnce = 64

let script: Script
let peers: Array<Peer> = []

const exchange = (each: number) => Promise.all(peers.map((peer) => peer.exchange(each)))

const openAll = async (port: number, traffic: Traffic): Promise<void> => {
  while (peers.length < traffic.connections) {
    const length = Math.min(atOnce, traffic.connections - peers.length)
    peers.push(...await Promise.all(Array.from({ length }, () => open(port, script, traffic))))
  }
}

/** Compares the answers to a whole cycle with what they should be. */
const verifyOne = async (port: number, traffic: Traffic): Promise<void> => {
  const payloads: Array<Buffer> = []
  const peer = await open(port, script, traffic, payloads)
  await peer.exchange(count)
  peer.close()
  verify(traffic, payloads)
}

const closeAll = (): void => {
  for (const peer of peers) peer.close()
  peers = []
}

const perform = async (task: Task): Promise<unknown> => {
  switch (task._tag) {
    case "Prepare":
      return script = await scriptOf(task.traffic)
    case "Verify":
      return verifyOne(task.port, task.traffic)
    case "Open":
      return openAll(task.port, task.traffic)
    case "Exchange":
      return exchange(task.each)
    case "Close":
      return closeAll()
  }
}

process.on("message", async (task: Task) => {
  const start = performance.now()
  await perform(task)
  const octets = peers.reduce((sum, peer) => sum + peer.octets, 0)
  process.send?.({ elapsed: (performance.now() - start) / 1000, octets } satisfies Outcome)
})
process.on("disconnect", () => process.exit(0))
