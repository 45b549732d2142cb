/** Remote procedures of every kind, and handlers that tell what happens to them. */
import { Effect, Queue, Schema, Stream } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import * as EffectSocketServer from "../../src/EffectSocketServer.ts"

export class Procedures extends RpcGroup.make(
  Rpc.make("Root", { payload: { of: Schema.Number }, success: Schema.Number, error: Schema.String }),
  Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true }),
  Rpc.make("Bytes", { payload: { bytes: Schema.Uint8Array }, success: Schema.Uint8Array }),
  Rpc.make("Wait"),
  Rpc.make("Watch", { success: Schema.String, stream: true }),
  Rpc.make("Drop"),
  Rpc.make("Extensions", { success: Schema.Array(Schema.String) })
) {}

/** What the server saw of its calls. */
export interface Seen {
  /** How far it has counted. */
  counted: number
  /** Names of calls that began, and of those that were stopped, such as `Wait!`. */
  readonly calls: Queue.Queue<string>
}

export const handlers = (seen: Seen, { calls } = seen) =>
  Procedures.toLayer({
    Root: ({ of }) => of < 0 ? Effect.fail(`${of} has no root`) : Effect.succeed(Math.sqrt(of)),
    Count: ({ to }) =>
      Stream.range(1, to).pipe(Stream.rechunk(10), Stream.tap((n) => Effect.sync(() => seen.counted = n))),
    Bytes: ({ bytes }) => Effect.succeed(bytes.toReversed()),
    Wait: () =>
      Effect.onInterrupt(
        Effect.andThen(Queue.offer(calls, "Wait"), Effect.never),
        () => Queue.offer(calls, "Wait!")
      ),
    Watch: () =>
      Stream.fromEffect(Effect.as(Queue.offer(calls, "Watch"), "watching")).pipe(
        Stream.concat(Stream.never),
        Stream.ensuring(Queue.offer(calls, "Watch!"))
      ),
    Drop: () =>
      Effect.flatMap(EffectSocketServer.CurrentConnection, (connection) => connection?.terminate ?? Effect.void),
    Extensions: () =>
      Effect.map(EffectSocketServer.CurrentConnection, (connection) =>
        (connection?.extensions ?? []).map(({ name }) => name))
  })
