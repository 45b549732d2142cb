import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, Stream } from "effect"
import { RpcClient, RpcSerialization } from "effect/rpc"
import * as EffectRpc from "../src/EffectRpc.ts"
import * as Endpoints from "./rpc/Endpoints.ts"
import { Procedures } from "./rpc/Procedures.ts"

const serializations = {
  JSON: RpcSerialization.layerJson,
  NDJSON: RpcSerialization.layerNdjson,
  "JSON-RPC": RpcSerialization.layerJsonRpc(),
  "MessagePack": EffectRpc.layerMsgPack,
  "Effect's binary format": RpcSerialization.layerSchemaBinary()
}

const pairs = Object.entries(Endpoints.servers).flatMap(([server, serving]) =>
  Object.entries(Endpoints.clients).map(([client, connecting]) => ({ server, serving, client, connecting }))
).filter(({ client, server }) => server.startsWith("our") || client.startsWith("our"))

/** Everything that can be done with the procedures. */
const use = Effect.fnUntraced(function*(seen: Queue.Queue<string>) {
  const client = yield* RpcClient.make(Procedures)
  assert.strictEqual(yield* client.Root({ of: 49 }), 7)
  assert.strictEqual(yield* Effect.flip(client.Root({ of: -1 })), "-1 has no root")

  const roots = Effect.forEach([0, 1, 4, 9, 16], (of) => client.Root({ of }), { concurrency: "unbounded" })
  assert.deepStrictEqual(yield* roots, [0, 1, 2, 3, 4])

  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251)
  assert.deepStrictEqual(Uint8Array.from(yield* client.Bytes({ bytes })), bytes.toReversed())

  const numbers = yield* Stream.runCollect(client.Count({ to: 300 }))
  assert.deepStrictEqual(numbers, Array.from({ length: 300 }, (_, i) => i + 1))

  const waiting = yield* Effect.forkChild(client.Wait())
  assert.strictEqual(yield* Queue.take(seen), "Wait")
  yield* Fiber.interrupt(waiting)
  assert.strictEqual(yield* Queue.take(seen), "Wait!")

  assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(client.Watch(), 1)), ["watching"])
  assert.strictEqual(yield* Queue.take(seen), "Watch")
  assert.strictEqual(yield* Queue.take(seen), "Watch!")
})

for (const { client, connecting, server, serving } of pairs) {
  describe(`${client} with ${server}`, () => {
    for (const [format, serialization] of Object.entries(serializations)) {
      it.live(`calls, fails, streams and interrupts in ${format}`, () =>
        Effect.gen(function*() {
          const { seen, url } = yield* Endpoints.serve(serving)
          yield* Effect.provide(Effect.scoped(use(seen.calls)), connecting(url))
        }).pipe(Effect.scoped, Effect.provide(serialization)))
    }
  })
}
