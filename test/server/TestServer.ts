/**
 * Servers for tests: on a port that the system chooses, for as long as a scope lives, with their log kept.
 */
import { Context, Effect, Layer, Logger, Scope } from "effect"
import * as NodeWebSocketServer from "../../src/NodeWebSocketServer.ts"
import type { WebSocketError } from "../../src/WebSocketError.ts"
import { WebSocketServer } from "../../src/WebSocketServer.ts"

type Routes = Layer.Layer<never, WebSocketError, WebSocketServer>

export interface TestServer {
  readonly service: WebSocketServer["Service"]
  readonly port: number
  readonly url: string
  /** Message and cause of what was logged as an error. */
  readonly errors: ReadonlyArray<string>
}

const portOf = (address: object): number => "port" in address ? Number(address.port) : 0

/** Serves the routes on any server. */
export const startOn = Effect.fnUntraced(function*(
  server: Layer.Layer<WebSocketServer, WebSocketError>,
  routes: Routes
): Effect.fn.Return<TestServer, WebSocketError, Scope.Scope> {
  const errors: Array<string> = []
  const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
    if (logLevel === "Error") errors.push([message, ...cause.reasons.map(String)].join(" "))
  })
  const layers = Layer.provideMerge(routes, server).pipe(Layer.provide(Logger.layer([logger])))
  const service = Context.get(yield* Layer.build(layers), WebSocketServer)
  const port = portOf(yield* service.address)
  return { service, port, url: `ws://127.0.0.1:${port}`, errors }
})

/** Serves the routes on a server of its own. */
export const start = (routes: Routes, options: NodeWebSocketServer.ListenOptions = {}) =>
  startOn(NodeWebSocketServer.layer({ port: 0, host: "127.0.0.1", ...options }), routes)

/** A scope that the test ends itself, or else the end of the test. */
export const scope = Effect.acquireRelease(Scope.make(), (scope, exit) => Scope.close(scope, exit))
