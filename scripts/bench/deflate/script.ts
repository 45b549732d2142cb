/** What a connection of the load sends, prepared once for all of them. */
import { promisify } from "node:util"
import { constants, createDeflateRaw, deflateRawSync, inflateRawSync } from "node:zlib"
import type { Traffic } from "./cases.ts"
import { masked } from "./frames.ts"
import { messages } from "./messages.ts"

const { Z_FULL_FLUSH, Z_SYNC_FLUSH } = constants

/** What ends a flushed block, and is left away in a message (RFC 7692 §7.2.1). */
const tail = Buffer.of(0x00, 0x00, 0xff, 0xff)

/** Requests in a cycle. */
export class Script {
  readonly requests: number
  /** Every request twice, so that any of a cycle lie in a row. */
  private readonly bytes: Buffer
  private readonly starts: ReadonlyArray<number>

  constructor(frames: ReadonlyArray<Buffer>) {
    const twice = [...frames, ...frames]
    let end = 0
    this.requests = frames.length
    this.bytes = Buffer.concat(twice)
    this.starts = [0, ...twice.map(({ length }) => end += length)]
  }

  /** The bytes of some requests, the first of which may have any number. */
  take(from: number, count: number): Buffer {
    const start = from % this.requests
    return this.bytes.subarray(this.starts[start], this.starts[start + count])
  }
}

export const scriptOf = async ({ depth, kind, size, takeover }: Traffic): Promise<Script> => {
  if (kind === "push") return new Script([masked(Buffer.from(`${depth}`), false)])
  const payloads = takeover ? await compressInContext(messages(size)) : messages(size).map(compressAlone)
  return new Script(payloads.map((payload) => masked(payload, true)))
}

const withoutTail = (flushed: Buffer): Buffer => flushed.subarray(0, flushed.length - tail.length)

const compressAlone = (message: string): Buffer => withoutTail(deflateRawSync(message, { finishFlush: Z_SYNC_FLUSH }))

/** After the last one the context is empty, so that the first one may follow. */
const compressInContext = async (texts: ReadonlyArray<string>): Promise<ReadonlyArray<Buffer>> => {
  const deflate = createDeflateRaw()
  const flush = promisify((kind: number, done: () => void) => deflate.flush(kind, done))
  const payloads: Array<Buffer> = []
  for (const [i, message] of texts.entries()) {
    deflate.write(message)
    await flush(i === texts.length - 1 ? Z_FULL_FLUSH : Z_SYNC_FLUSH)
    payloads.push(withoutTail(deflate.read()))
  }
  return payloads
}

/** Fails unless these payloads of a server, the first that it sent on a connection, are all of the messages. */
export const verify = ({ size, takeover }: Traffic, payloads: ReadonlyArray<Buffer>): void => {
  const stretches = takeover ? [Buffer.concat(payloads.flatMap((payload) => [payload, tail]))] : payloads
  const texts = stretches.map((stretch) => `${inflateRawSync(stretch, { finishFlush: Z_SYNC_FLUSH })}`)
  if (texts.join("") !== messages(size).join("")) throw new Error("the server sent something else")
}
