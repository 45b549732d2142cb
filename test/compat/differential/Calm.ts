/**
 * Waits until nothing is under way. Both ends of every connection are in this process, so that this can be known: what
 * one end has written, the other has read, and as for the ends. Then the event loop turns a few times, and nothing happens.
 */
import { subscribe } from "node:diagnostics_channel"
import type { Socket } from "node:net"
import * as Jobs from "./Jobs.ts"

/** Whether it reads, and whether it has read the end, which a paused socket tells only later. */
interface Internals {
  readonly _handle?: { readonly reading?: boolean } | null
  readonly _readableState: { readonly ended: boolean }
}

/** What a socket that is destroyed no longer tells. */
interface End {
  readonly socket: Socket & Internals
  local: number | undefined
  remote: number | undefined
  other: End | undefined
}

let ends: Array<End> = []

const add = (message: unknown): void => {
  const { socket } = message as Pick<End, "socket">
  ends.push({ socket, local: undefined, remote: undefined, other: undefined })
}

subscribe("net.client.socket", add)
subscribe("net.server.socket", add)

const locate = (end: End): void => {
  end.local ??= end.socket.localPort
  end.remote ??= end.socket.remotePort
}

const pair = (end: End): void => {
  end.other ??= ends.find(({ local, remote }) => local !== undefined && local === end.remote && remote === end.local)
}

/** A socket that is paused reads on, until it has enough. */
const isDeaf = ({ socket }: End): boolean => socket.destroyed || socket._handle?.reading === false

/** Whether everything that `from` wrote has come. */
const hasCome = (from: End, to: End): boolean => {
  if (isDeaf(to)) return true
  if (from.socket.destroyed || from.socket.writableFinished) return to.socket._readableState.ended
  return from.socket.bytesWritten === to.socket.bytesRead
}

/** Ports at which others than us are listened to, so that only one end is known. */
const foreign = new Set<number>()

export const excuse = (port: number): void => void foreign.add(port)

const isCalm = (end: End): boolean => {
  const { local, other, remote, socket } = end
  if (socket.connecting) return false
  if (other === undefined && (socket.destroyed || socket.readableEnded)) return true
  if (foreign.has(local!) || foreign.has(remote!)) return true
  return other !== undefined && hasCome(end, other)
}

const wiresAreCalm = (): boolean => {
  ends.forEach(locate)
  ends.forEach(pair)
  return ends.every(isCalm)
}

/** Changes with everything that happens to the sockets. */
const stamp = (): string =>
  ends.map(({ socket }) => `${socket.bytesRead} ${socket.bytesWritten} ${socket.readyState} ${socket.destroyed}`).join()

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** So many turns of the event loop without anything new: more of them where not all is known. */
const turns = () => foreign.size > 0 ? 500 : 8
const patience = 4000

/** Waits until it is calm, and says whether it is. `events` counts what has happened besides. */
export const come = async (events: () => number): Promise<boolean> => {
  const giveUp = performance.now() + patience
  let seen = ""
  for (let calm = 0; calm < turns();) {
    await turn()
    const now = `${events()} ${stamp()}`
    calm = now === seen && wiresAreCalm() && !Jobs.areRunning() ? calm + 1 : 0
    seen = now
    if (performance.now() > giveUp) return false
  }
  return true
}

/** What the sockets look like, for whoever wonders why it is not calm. */
export const explain = (): string =>
  ends.filter((end) => !isCalm(end)).map(({ local, other, remote, socket }) =>
    `${local}->${remote} ${socket.readyState} read ${socket.bytesRead} wrote ${socket.bytesWritten}, other ${
      other === undefined ? "unknown" : `read ${other.socket.bytesRead} ended ${other.socket.readableEnded}`
    }`
  ).join("; ")

/** Ends all connections, and forgets them. */
export const clear = async (): Promise<void> => {
  for (const { socket } of ends) {
    socket.on("error", () => {})
    socket.destroy()
  }
  await turn()
  ends = []
  foreign.clear()
}
