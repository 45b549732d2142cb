import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Scheduler, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import type { Receiver, Transport } from "../../src/transport/Transport.ts"
import * as Frames from "../conformance/Frames.ts"

/** Takes octets, and is congested by the first of them until it is told to drain. */
class Held implements Transport {
  readonly duplex = undefined
  readonly remoteAddress = undefined
  readonly releases = false
  congested = false
  written = Buffer.alloc(0)
  private receiver: Receiver | undefined = undefined

  get queued(): number {
    return this.congested ? this.written.length : 0
  }

  /** The payloads of the frames that were written. */
  get payloads(): ReadonlyArray<string> {
    const payloads: Array<string> = []
    let rest: Buffer = this.written
    for (let next = Frames.decode(rest, false); next !== undefined; next = Frames.decode(rest, false)) {
      payloads.push(next[0].payload.toString())
      rest = next[1]
    }
    return payloads
  }

  start(receiver: Receiver): void {
    this.receiver = receiver
  }

  write(chunks: ReadonlyArray<Uint8Array>): void {
    this.written = Buffer.concat([this.written, ...chunks])
    this.congested = true
  }

  drain(): void {
    this.congested = false
    this.receiver?.onDrain()
  }

  pause(): void {}

  resume(): void {}

  end(): void {}

  destroy(): void {
    queueMicrotask(() => this.receiver?.onClose(undefined))
  }
}

/** A server's connection, and what is beneath it. */
const make = Effect.gen(function*() {
  const transport = new Held()
  const connection = yield* Connection.make(transport, { role: "server" })
  yield* Effect.yieldNow // it starts
  yield* Effect.addFinalizer(() => connection.terminate)
  return { connection, transport, outbox: Connection.toDriver(connection)!.driver.outbox }
})

/** Has fibers wait for another turn before each step, while it is told to. */
class Hesitant extends Scheduler.MixedScheduler {
  hesitates = false

  override shouldYield(): boolean {
    return this.hesitates
  }
}

/** So much that it is written at once. */
const large = "x".repeat(65_536)

describe("sendAll", () => {
  it.live("sends the rest, also if the transport drains between its turn and its fiber's next step", () =>
    Effect.gen(function*() {
      const { connection, outbox, transport } = yield* make
      outbox.turns.begin({ size: 0, drop: () => {} })
      const scheduler = new Hesitant()
      const hesitating = Effect.provideService(
        connection.sendAll([large, "b", "c"]),
        Scheduler.Scheduler,
        scheduler
      )
      const sending = yield* Effect.forkChild(hesitating, { startImmediately: true })
      assert.deepStrictEqual(transport.payloads, [])
      scheduler.hesitates = true
      outbox.turns.end()
      scheduler.hesitates = false
      assert.deepStrictEqual(transport.payloads, [large])
      transport.drain()
      yield* Fiber.join(sending)
      outbox.flush()
      assert.deepStrictEqual(transport.payloads, [large, "b", "c"])
    }).pipe(Effect.scoped))

  it.live("waits wherever the transport takes no more, and is done when it has taken the last", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* make
      const sending = yield* Effect.forkChild(connection.sendAll([large, large, "c", large]), {
        startImmediately: true
      })
      for (const sent of [[large], [large, large], [large, large, "c", large]]) {
        while (transport.payloads.length < sent.length) yield* Effect.yieldNow
        assert.deepStrictEqual(transport.payloads, sent)
        assert.isUndefined(sending.pollUnsafe())
        transport.drain()
      }
      yield* Fiber.join(sending)
    }).pipe(Effect.scoped))
})

describe("the sink", () => {
  it.live("sends all that it is given, and is done at the end", () =>
    Effect.gen(function*() {
      const [client, server] = yield* Connection.pair()
      assert.isUndefined(yield* Stream.run(Stream.range(1, 10_000).pipe(Stream.map(String)), client.sink))
      const received = yield* Stream.runCollect(Stream.take(server.messages, 10_000))
      assert.deepStrictEqual(received, Array.from({ length: 10_000 }, (_, i) => String(i + 1)))
    }).pipe(Effect.scoped))

  it.live("waits while the transport takes no more", () =>
    Effect.gen(function*() {
      const { connection, transport } = yield* make
      const sending = yield* Effect.forkChild(
        Stream.run(Stream.make(large, "b").pipe(Stream.rechunk(1)), connection.sink),
        { startImmediately: true }
      )
      yield* Effect.yieldNow
      assert.deepStrictEqual(transport.payloads, [large])
      assert.isUndefined(sending.pollUnsafe())
      transport.drain()
      yield* Fiber.join(sending)
      assert.strictEqual(connection.bufferedAmount, Buffer.byteLength("b") + 2)
    }).pipe(Effect.scoped))

  it.live("fails as what it is given does, and as sending does", () =>
    Effect.gen(function*() {
      const [client] = yield* Connection.pair()
      const broken = Stream.concat(Stream.make("a"), Stream.fail("broken" as const))
      assert.strictEqual(yield* Effect.flip(Stream.run(broken, client.sink)), "broken")
      yield* client.close()
      const error = yield* Effect.flip(Stream.run(Stream.make("late"), client.sink))
      assert.isTrue(typeof error === "object" && error.reason._tag === "CloseError")
    }).pipe(Effect.scoped))
})
