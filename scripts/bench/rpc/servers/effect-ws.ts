import { Effect, Layer } from "effect"
import * as EffectRpc from "effect-ws/EffectRpc"
import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
import { WebSocketServer } from "effect-ws/WebSocketServer"
import { compression, listening, procedures, run, tell } from "../program.ts"

const Tell = Layer.effectDiscard(Effect.flatMap(WebSocketServer, ({ address }) => Effect.map(address, tell)))

Layer.provide(procedures, EffectRpc.layerServer("/rpc", { compression })).pipe(
  Layer.merge(Tell),
  Layer.provide(NodeWebSocketServer.layer(listening)),
  run
)
