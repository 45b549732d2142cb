/**
 * What our own code costs, from bytes to the handler and back: a connection on a transport that only pretends.
 *
 * `npm run bench:own` has neither sockets nor a second process, so its figures are steadier than those of the bench: the
 * best of many rounds, in nanoseconds per message.
 */
import * as Connection from "effect-ws/Connection"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { setImmediate } from "node:timers/promises"
import type { Receiver, Transport } from "../../src/transport/Transport.ts"
import { type Content, message } from "./load/bytes.ts"

const rounds = 15
/** In each round. */
const messages = 20_000

interface Read {
  readonly name: string
  readonly content: Content
  readonly count: number
}

const reads: ReadonlyArray<Read> = [
  { name: "64 of 64 B, binary", content: { size: 64, kind: "binary" }, count: 64 },
  { name: "1 of 64 B, binary", content: { size: 64, kind: "binary" }, count: 1 },
  { name: "64 of 64 B, text", content: { size: 64, kind: "ascii" }, count: 64 },
  { name: "62 of 1 KiB, binary", content: { size: 1024, kind: "binary" }, count: 62 },
  { name: "62 of 1 KiB, text", content: { size: 1024, kind: "ascii" }, count: 62 },
  { name: "62 of 1 KiB, UTF-8", content: { size: 1024, kind: "utf8" }, count: 62 }
]

/** Takes everything at once, and ends when it is told to. */
class Pretended implements Transport {
  readonly duplex = undefined
  readonly remoteAddress = undefined
  readonly queued = 0
  readonly releases = true
  readonly congested = false
  receiver: Receiver | undefined = undefined

  start(receiver: Receiver): void {
    this.receiver = receiver
  }

  pause(): void {}
  resume(): void {}
  write(): void {}

  end(): void {
    this.destroy()
  }

  destroy(): void {
    queueMicrotask(() => this.receiver?.onClose(undefined))
  }
}

const measure = async (transport: Pretended, { content, count }: Read): Promise<number> => {
  const read = Buffer.concat(Array.from({ length: count }, () => message(content)))
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const chunks = Array.from({ length: Math.ceil(messages / count) }, () => Buffer.from(read))
    const start = performance.now()
    for (const chunk of chunks) transport.receiver?.onBytes(chunk)
    best = Math.min(best, (performance.now() - start) * 1e6 / (chunks.length * count))
    await setImmediate()
  }
  return best
}

type Handler = (connection: Connection.Connection) => Effect.Effect<unknown, unknown, Scope.Scope>

const handlers: Readonly<Record<string, Handler>> = {
  "echo, array-wise": ({ messages, sink }) => Stream.run(messages, sink),
  "echo, each": ({ messages, send }) => Stream.runForEach(messages, (message) => send(message)),
  "only received": ({ messages }) => Stream.runForEachArray(messages, () => Effect.void)
}

const run = (name: string, handler: Handler) =>
  Effect.gen(function*() {
    for (const read of reads) {
      const transport = new Pretended()
      const connection = yield* Connection.make(transport, { role: "server" })
      yield* Effect.forkScoped(handler(connection))
      yield* Effect.promise(() => setImmediate())
      const figure = yield* Effect.promise(() => measure(transport, read))
      console.log(`| ${name} | ${read.name} | ${figure.toFixed(0)} |`)
      yield* connection.terminate
    }
  }).pipe(Effect.scoped)

console.log("| handler | a read | ns per message |\n| --- | --- | --- |")
for (const [name, handler] of Object.entries(handlers)) await Effect.runPromise(run(name, handler))
