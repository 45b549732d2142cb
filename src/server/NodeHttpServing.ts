/**
 * Effect's HTTP server on Node, with account kept of its upgrades.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpServer from "effect/http/HttpServer"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { IncomingMessage } from "node:http"
import type { Server } from "node:net"
import type { Duplex } from "node:stream"
import type { Terms } from "../WebSocketServer.ts"
import { CurrentUpgrades, HttpUpgrades } from "./HttpUpgrades.ts"
import * as NodeHttpHandshake from "./NodeHttpHandshake.ts"
import * as NodeHttpSockets from "./NodeHttpSockets.ts"
import * as NodeUpgradeListeners from "./NodeUpgradeListeners.ts"
import { pathOf } from "./NodeUpgradeRequest.ts"

type Serve = HttpServer.HttpServer["Service"]["serve"]

type App = Effect.Effect<HttpServerResponse, unknown, HttpServerRequest | Scope.Scope>

/**
 * A server, and how it serves.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly server: Server
  /** Effect's way to serve on it. */
  readonly serve: Serve
  /** Of what the app upgrades by itself. */
  readonly terms: Terms
  /** How long goodbyes may take. */
  readonly grace: Duration.Duration
}

/**
 * Serves apps as Effect's server does. When the scope ends, connections say goodbye before that server waits for them.
 *
 * @category serving
 * @since 0.1.0
 */
export const serving = ({ grace, serve, server, terms }: Options) =>
  Effect.fnUntraced(function*(app: App, middleware?: Parameters<Serve>[1]) {
    const upgrades = new HttpUpgrades()
    const upgrading = Effect.provideService(NodeHttpSockets.provide(app, terms, upgrades), CurrentUpgrades, upgrades)
    yield* keepHeads(server, upgrades)
    yield* serve(leavingToOthers(upgrading, server), middleware!)
    yield* Effect.addFinalizer(() => Effect.forkDetach(upgrades.goodbye(grace)))
  })

/** An upgrade that another listener of ours sees to is none of the app's business. */
const leavingToOthers = (app: App, server: Server): App =>
  Effect.flatMap(HttpServerRequest, (request) => {
    const upgrade = NodeHttpHandshake.upgradeOf(request)
    if (upgrade === undefined || !NodeUpgradeListeners.isSeenTo(server, pathOf(upgrade.url!))) return app
    return Effect.sync(() => {
      NodeHttpHandshake.endResponse(request, upgrade.socket)
      return NodeHttpHandshake.switchingProtocols
    })
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
