/** A connection that compresses, and at its other end a bare stream that a test writes to as it wants. */
import { Effect } from "effect"
import * as Connection from "effect-ws/Connection"
import type * as ConnectionOptions from "effect-ws/ConnectionOptions"
import type { PerMessageDeflate } from "effect-ws/protocol"
import { type Duplex, duplexPair } from "node:stream"
import * as Deflate from "../conformance/Deflate.ts"
import * as Frames from "../conformance/Frames.ts"
import * as TcpPair from "../TcpPair.ts"

export type Role = "client" | "server"
export type Params = PerMessageDeflate.Params

const peerOf = { client: "server", server: "client" } as const

/** Context takeover both ways, and windows that are not limited. */
export const plain: PerMessageDeflate.Params = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15
}

const agreementOf = (params: PerMessageDeflate.Params): Deflate.Agreement => ({
  client: { takeover: !params.clientNoContextTakeover, windowBits: params.clientMaxWindowBits },
  server: { takeover: !params.serverNoContextTakeover, windowBits: params.serverMaxWindowBits }
})

/** The other end. Compressing is as in the conformance suite. */
export class RawPeer {
  readonly writer: Deflate.Writer
  readonly reader: Deflate.Reader
  readonly stream: Duplex
  private readonly role: Role
  private received = Buffer.alloc(0)
  private changed = (): void => {}

  constructor(stream: Duplex, role: Role, params: PerMessageDeflate.Params) {
    const agreement = agreementOf(params)
    this.stream = stream
    this.role = role
    this.writer = new Deflate.Writer(agreement[role])
    this.reader = new Deflate.Reader(agreement[peerOf[role]])
    stream.on("error", () => {})
    stream.on("end", () => stream.end())
    stream.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk])
      this.changed()
    })
  }

  octets(frames: ReadonlyArray<Frames.Frame>): Buffer {
    return Buffer.concat(frames.map((frame) => Frames.encode(frame, this.role === "client")))
  }

  send(...frames: ReadonlyArray<Frames.Frame>): void {
    this.stream.write(this.octets(frames))
  }

  /** The last frames, and the end of the stream right behind them. */
  end(...frames: ReadonlyArray<Frames.Frame>): void {
    this.stream.end(this.octets(frames))
  }

  /** What has come by now. */
  get frames(): ReadonlyArray<Frames.Frame> {
    const frames: Array<Frames.Frame> = []
    for (let rest: Buffer = this.received;;) {
      const decoded = Frames.decode(rest, this.role === "server")
      if (decoded === undefined) return frames
      frames.push(decoded[0])
      rest = decoded[1]
    }
  }

  /** All frames, as soon as they pass the test. */
  until(test: (frames: ReadonlyArray<Frames.Frame>) => boolean): Effect.Effect<ReadonlyArray<Frames.Frame>> {
    return Effect.callback((resume) => {
      this.changed = () => {
        const { frames } = this
        if (test(frames)) resume(Effect.succeed(frames))
      }
      this.changed()
    })
  }

  /** The code of the Close that comes. */
  get closeCode(): Effect.Effect<number> {
    return Effect.map(this.until((frames) => frames.some(isClose)), (frames) => {
      const { payload } = frames.find(isClose)!
      return payload.length === 0 ? 1005 : payload.readUInt16BE(0)
    })
  }
}

const isClose = ({ opcode }: Frames.Frame): boolean => opcode === 8

/** Longer than a test may take: nothing is to wait for it. */
const closeTimeout = "1 minute"

/** A connection of the given role, over TCP if that matters. */
export const facing = Effect.fnUntraced(function*(
  role: Role,
  options: ConnectionOptions.ConnectionOptions = {},
  params: PerMessageDeflate.Params = plain,
  overTcp = false
) {
  const streams = overTcp ? TcpPair.make : async () => duplexPair()
  const [own, stream] = yield* Effect.acquireRelease(
    Effect.promise<readonly [Duplex, Duplex]>(streams),
    (pair) =>
      Effect.sync(() => {
        for (const stream of pair) stream.destroy()
      })
  )
  const peer = yield* Effect.acquireRelease(
    Effect.sync(() => new RawPeer(stream, peerOf[role], params)),
    ({ writer }) => Effect.sync(() => writer.close())
  )
  const connection = yield* Connection.fromDuplex(own, { role, compression: params }, { closeTimeout, ...options })
  return { connection, peer }
})
