/**
 * Effect's HTTP server on Node, with account kept of its upgrades.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpServer from "effect/http/HttpServer"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { IncomingMessage } from "node:http"
import type { Server } from "node:net"
import type { Duplex } from "node:stream"
import { CurrentUpgrades, HttpUpgrades } from "./HttpUpgrades.ts"

type Serve = HttpServer.HttpServer["Service"]["serve"]

type App = Effect.Effect<HttpServerResponse, unknown, HttpServerRequest | Scope.Scope>

/**
 * Serves an app as Effect's server does. When the scope ends, connections say goodbye before that server waits for them.
 *
 * @category serving
 * @since 0.1.0
 */
export const serving = (server: Server, serve: Serve, grace: Duration.Duration) =>
  Effect.fnUntraced(function*(app: App, middleware?: Parameters<Serve>[1]) {
    const upgrades = new HttpUpgrades()
    yield* keepHeads(server, upgrades)
    yield* serve(Effect.provideService(app, CurrentUpgrades, upgrades), middleware!)
    yield* Effect.addFinalizer(() => Effect.forkDetach(upgrades.goodbye(grace)))
  })

/** Notes what came with a request before Effect's server sees it, which gives it to nobody but ws. */
const keepHeads = (server: Server, { heads }: HttpUpgrades): Effect.Effect<void, never, Scope.Scope> => {
  const onUpgrade = (request: IncomingMessage, _socket: Duplex, head: Buffer): void => {
    if (head.length > 0) heads.set(request, head)
  }
  return Effect.acquireRelease(
    Effect.sync(() => void server.prependListener("upgrade", onUpgrade)),
    () => Effect.sync(() => server.off("upgrade", onUpgrade))
  )
}
