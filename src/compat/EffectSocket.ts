/**
 * The WebSocket of compat for sockets of `effect/socket` that make theirs by a `WebSocketConstructor`.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { WebSocket } from "./Face.ts"

/**
 * Provides Effect's `WebSocketConstructor`, in the place of `NodeWS.layerWebSocketConstructor`.
 *
 * **When to use**
 *
 * Use where the sockets are made by others; `EffectSocket.layerWebSocket` makes them without a detour, and waits for a
 * peer that does not read.
 *
 * **Example** (Making Effect's own socket)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Socket } from "effect/socket"
 * import { layerWebSocketConstructor } from "effect-ws/compat/EffectSocket"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Greeter = WebSocketServer.handle("/", { protocols: ["greeting"] }, ({ protocol, send }) => send(`${protocol}!`)).pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const socket = yield* Socket.makeWebSocket("ws://localhost:8080", { protocols: "greeting" })
 *   const { pull } = yield* socket.reader
 *   return yield* pull
 * }).pipe(Effect.scoped, Effect.provide(layerWebSocketConstructor), Effect.provide(Greeter))
 *
 * await Effect.runPromise(program) // => ["greeting!"]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWebSocketConstructor: Layer.Layer<Socket.WebSocketConstructor> = Layer.succeed(
  Socket.WebSocketConstructor,
  (url, options = {}) => {
    const { headers, protocols } = typeof options === "string" || Array.isArray(options)
      ? { headers: undefined, protocols: options }
      : options
    return new WebSocket(url, protocols, headers && { headers })
  }
)
