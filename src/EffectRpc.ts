/**
 * Remote procedure calls of `effect/rpc` over WebSockets: a layer for the server, and one for the client.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type * as Scope from "effect/Scope"
import type * as SocketServer from "effect/socket/SocketServer"
import * as NodeMsgPack from "./codec/NodeMsgPack.ts"
import * as EffectSocket from "./EffectSocket.ts"
import * as EffectSocketServer from "./EffectSocketServer.ts"
import type { Message } from "./protocol/Message.ts"
import { nodeBytes } from "./transport/NodeBytes.ts"
import type * as WebSocketClient from "./WebSocketClient.ts"
import type { WebSocketError } from "./WebSocketError.ts"
import type * as WebSocketServer from "./WebSocketServer.ts"

/**
 * The protocol of an `RpcServer`, on a path of a `WebSocketServer`.
 *
 * **Details**
 *
 * The client's end interrupts its calls, and the end of the layer says 1001 to every client. A stream is produced no
 * faster than its client takes it. Handlers and middleware find the request for the connection, with its headers, in
 * `EffectSocketServer.CurrentConnection`. `compression` is off unless it is asked for, and `accept` says who may connect.
 *
 * Every serialization of `RpcSerialization` will do, as long as it is the client's, too.
 *
 * **Example** (Calling and streaming)
 *
 * ```ts
 * import { Effect, Layer, Schema, Stream } from "effect"
 * import { Rpc, RpcClient, RpcGroup, RpcSerialization, RpcServer } from "effect/rpc"
 * import * as EffectRpc from "effect-ws/EffectRpc"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 *
 * class Numbers extends RpcGroup.make(
 *   Rpc.make("Double", { payload: { of: Schema.Number }, success: Schema.Number }),
 *   Rpc.make("Count", { payload: { to: Schema.Number }, success: Schema.Number, stream: true })
 * ) {}
 *
 * const Server = RpcServer.layer(Numbers).pipe(
 *   Layer.provide(Numbers.toLayer({
 *     Double: ({ of }) => Effect.succeed(2 * of),
 *     Count: ({ to }) => Stream.range(1, to)
 *   })),
 *   Layer.provide(EffectRpc.layerServer("/rpc")),
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const { Count, Double } = yield* RpcClient.make(Numbers)
 *   return [yield* Double({ of: 21 }), yield* Stream.runCollect(Count({ to: 3 }))]
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(EffectRpc.layerClient("ws://localhost:8080/rpc")),
 *   Effect.provide(Server),
 *   Effect.provide(RpcSerialization.layerNdjson)
 * )
 *
 * await Effect.runPromise(program) // => [42, [1, 2, 3]]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerServer = <A = void, R = never>(
  path: string,
  options?: WebSocketServer.HandleOptions<A, R>
): Layer.Layer<
  RpcServer.Protocol,
  SocketServer.SocketServerError,
  RpcSerialization.RpcSerialization | WebSocketServer.WebSocketServer | Exclude<R, Scope.Scope>
> => Layer.provide(RpcServer.layerProtocolSocketServer, EffectSocketServer.layer(path, options))

/**
 * Options of the client: those of connecting, and those of `RpcClient.layerProtocolSocket`, such as `retryPolicy` and
 * `pingInterval`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClientOptions
  extends WebSocketClient.Options, NonNullable<Parameters<typeof RpcClient.layerProtocolSocket>[0]>
{}

/**
 * The protocol of an `RpcClient`, on a connection to a URL, which is made again when it ends. The URL may be an effect,
 * which is run each time.
 *
 * **Details**
 *
 * Calls that are under way when the connection ends fail with an `RpcClientError`. `closeTimeout` is a second, other than
 * elsewhere: calls whose server fell silent, and connecting again, wait for it.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerClient = <R = never>(
  url: string | URL | Effect.Effect<string | URL, WebSocketError, R>,
  options: ClientOptions = {}
): Layer.Layer<RpcClient.Protocol, never, RpcSerialization.RpcSerialization | Exclude<R, Scope.Scope>> =>
  Layer.provide(
    RpcClient.layerProtocolSocket(options),
    EffectSocket.layerWebSocket(url, { closeTimeout: "1 second", ...options })
  )

/**
 * A serialization in MessagePack, a binary message for each of the protocol's. Needs the package `msgpackr`, and fails
 * with a `UsageError` without it.
 *
 * **Details**
 *
 * It writes what JSON would write, in fewer octets. Effect has no MessagePack of its own for calls, so both ends need this
 * one; over whatever kind of WebSocket.
 *
 * @see {@link layerServer} for where it goes
 * @category layers
 * @since 0.1.0
 */
export const layerMsgPack: Layer.Layer<RpcSerialization.RpcSerialization, WebSocketError> = Layer.effect(
  RpcSerialization.RpcSerialization,
  Effect.gen(function*() {
    const { parse, print } = yield* Effect.fromResult(NodeMsgPack.load())
    const decode = (data: Message): ReadonlyArray<unknown> => {
      const parsed = parse(typeof data === "string" ? nodeBytes.encode(data) : data)
      return Array.isArray(parsed) ? parsed : [parsed]
    }
    return {
      contentType: "application/msgpack",
      includesFraming: false,
      codecFor: RpcSerialization.json.codecFor,
      makeUnsafe: () => ({ decode, encode: print })
    }
  })
)
