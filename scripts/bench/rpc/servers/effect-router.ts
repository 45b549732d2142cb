/** Effect's own router, with ws beneath: calls have the headers of the request for the connection. It does not compress. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { RpcServer } from "effect/rpc"
import { createServer } from "node:http"
import { listening, procedures, run, tell } from "../program.ts"

const Tell = Layer.effectDiscard(Effect.map(HttpServer.HttpServer, ({ address }) => tell(address)))

const routes = Layer.provide(procedures, RpcServer.layerProtocolWebsocket({ path: "/rpc" }))

HttpRouter.serve(routes, { disableListenLog: true, disableLogger: true }).pipe(
  Layer.merge(Tell),
  Layer.provide(NodeHttpServer.layer(createServer, listening)),
  run
)
