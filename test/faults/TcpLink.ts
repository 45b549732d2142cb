/** The faults of a `TestLink`, but over real TCP: a proxy between two sockets that passes octets on, or does not. */
import { Effect, type Scope } from "effect"
import * as Connection from "effect-ws/Connection"
import type * as ConnectionOptions from "effect-ws/ConnectionOptions"
import type { TestLink } from "effect-ws/testing"
import type { Socket } from "node:net"
import * as NodeTransport from "../../src/transport/NodeTransport.ts"
import * as TcpPair from "../TcpPair.ts"

/** While its end is on the way, Node cannot reset a socket, and keeps it for good if it is asked to. */
const reset = (socket: Socket): void => {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else socket.resetAndDestroy()
}

/** Passes octets from one of the proxy's sockets to the other. */
class Pipe {
  private readonly from: Socket
  private readonly to: Socket
  private breaking: { octets: number; readonly how: TestLink.Break } | undefined = undefined
  private chunkSize: () => number = () => Infinity
  private isLost = false

  constructor(from: Socket, to: Socket) {
    this.from = from
    this.to = to
    from.on("data", (chunk: Buffer) => this.pass(chunk))
    from.on("end", () => this.isLost || to.end())
    from.on("error", () => this.isLost || reset(to))
    from.on("close", () => this.isLost || to.end())
    to.on("drain", () => from.resume())
  }

  readonly direction: TestLink.Direction = {
    set: ({ chunkSize, stalled }) =>
      Effect.sync(() => {
        if (chunkSize !== undefined) this.chunkSize = typeof chunkSize === "number" ? () => chunkSize : chunkSize
        if (stalled === true) this.from.pause()
        if (stalled === false) this.from.resume()
      }),
    breakAfter: (octets, how) =>
      Effect.sync(() => {
        this.breaking = { octets, how }
        if (octets <= 0) this.break(how)
      }),
    inject: (octets) => Effect.sync(() => void (this.isLost || this.to.write(octets)))
  }

  private pass(chunk: Buffer): void {
    if (this.isLost) return
    const passing = chunk.subarray(0, this.breaking?.octets)
    for (let at = 0; at < passing.length;) at += this.write(passing.subarray(at))
    if (this.breaking === undefined) return
    this.breaking.octets -= passing.length
    if (this.breaking.octets <= 0) this.break(this.breaking.how)
  }

  private write(rest: Buffer): number {
    const piece = rest.subarray(0, Math.max(1, this.chunkSize()))
    if (!this.to.write(piece)) this.from.pause()
    return piece.length
  }

  private break(how: TestLink.Break): void {
    if (this.isLost) return
    this.isLost = true
    if (how === "End") this.to.end()
    if (how === "Reset") reset(this.to)
    if (how === "Reset" || how === "WriteError") reset(this.from)
    if (how === "WriteError") this.to.end()
  }
}

const pairs = Effect.acquireRelease(
  Effect.promise(() => Promise.all([TcpPair.make(), TcpPair.make()])),
  (pairs) =>
    Effect.sync(() => {
      for (const socket of pairs.flat()) socket.destroy()
    })
)

/** Two sockets, and what may befall them on the way to each other. */
export const sockets = Effect.map(pairs, ([[client, left], [right, server]]) => {
  const toServer = new Pipe(left, right).direction
  const toClient = new Pipe(right, left).direction
  const link: TestLink.TestLink = {
    toServer,
    toClient,
    set: (conditions) => Effect.andThen(toServer.set(conditions), toClient.set(conditions)),
    reset: toServer.breakAfter(0, "Reset"),
    silence: Effect.andThen(toServer.breakAfter(0, "Silence"), toClient.breakAfter(0, "Silence")),
    isOver: Effect.sync(() => client.destroyed && server.destroyed)
  }
  return { client, server, link }
})

export const pair = (
  options: ConnectionOptions.ConnectionOptions
): Effect.Effect<TestLink.Pair, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { client, link, server } = yield* sockets
    const [ours, theirs] = yield* Connection.pair(options, [
      NodeTransport.fromDuplex(client),
      NodeTransport.fromDuplex(server)
    ])
    return { client: ours, server: theirs, link }
  })
