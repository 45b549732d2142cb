/**
 * HTTP apps for tests, on Effect's own server: on a port that the system chooses, for as long as a scope lives, with their
 * log kept.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Logger, References, type Scope } from "effect"
import { HttpRouter, HttpServer, type HttpServerError } from "effect/http"
import * as Http from "node:http"
import * as NodeHttpWebSocket from "../../src/NodeHttpWebSocket.ts"

export interface TestApp {
  readonly port: number
  readonly url: string
  /** Message, status and cause of everything that was logged. */
  readonly log: ReadonlyArray<string>
}

type Server = Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError>

/** Effect's server. */
export const stockOf = (server: Http.Server) =>
  NodeHttpServer.layerServer(() => server, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: 100 })

/** The same with account kept of its WebSockets. */
export const ours = (server: Http.Server, options: Partial<NodeHttpWebSocket.ServerOptions> = {}) =>
  NodeHttpWebSocket.layerServer(() => server, { port: 0, host: "127.0.0.1", ...options })

/** Serves what a layer serves. */
export const startOn = <E>(
  server: Server,
  serving: Layer.Layer<never, E, HttpServer.HttpServer>
): Effect.Effect<TestApp, E | HttpServerError.ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const log: Array<string> = []
    const logger = Logger.make<unknown, void>(({ cause, fiber, message }) => {
      const status = fiber.getRef(References.CurrentLogAnnotations)["http.status"]
      log.push([message, status, ...cause.reasons].filter((part) => part !== undefined).map(String).join(" "))
    })
    const layers = Layer.provideMerge(serving, server).pipe(Layer.provide(Logger.layer([logger])))
    const { address } = Context.get(yield* Layer.build(layers), HttpServer.HttpServer)
    const port = "port" in address ? address.port : 0
    return { port, url: `ws://127.0.0.1:${port}`, log }
  })

/** Serves a router's routes. */
export const start = <E>(
  routes: Layer.Layer<never, E, HttpRouter.HttpRouter | HttpRouter.Request<"Error", unknown>>,
  server: Server = ours(Http.createServer())
) => startOn(server, HttpRouter.serve(routes, { disableListenLog: true }))
