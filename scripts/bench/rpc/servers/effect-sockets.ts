/** Effect's own server of sockets, which is ws beneath. */
import { NodeSocketServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { RpcServer } from "effect/rpc"
import { SocketServer } from "effect/socket"
import { compression, listening, procedures, run, tell } from "../program.ts"

const Tell = Layer.effectDiscard(Effect.map(SocketServer.SocketServer, ({ address }) => tell(address)))

Layer.provide(procedures, RpcServer.layerProtocolSocketServer).pipe(
  Layer.merge(Tell),
  Layer.provide(NodeSocketServer.layerWebSocket({ ...listening, perMessageDeflate: compression })),
  run
)
