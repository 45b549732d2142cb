/**
 * The `upgrade` of Effect's `HttpServerRequest` with connections of ours, so that whatever is written for it runs on them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Headers from "effect/http/Headers"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { type Connection, scoped } from "../Connection.ts"
import * as EffectSocket from "../EffectSocket.ts"
import * as WebSocketError from "../WebSocketError.ts"
import type { Terms } from "../WebSocketServer.ts"
import type { HttpUpgrades } from "./HttpUpgrades.ts"
import * as NodeHandshake from "./NodeHandshake.ts"
import * as NodeHttpHandshake from "./NodeHttpHandshake.ts"

type App = Effect.Effect<HttpServerResponse, unknown, HttpServerRequest | Scope.Scope>

/**
 * Serves requests for a WebSocket with an `upgrade` of ours. Other requests, and other upgrades, stay as they are.
 *
 * @category combinators
 * @since 0.1.0
 */
export const provide = (app: App, terms: Terms, upgrades: HttpUpgrades): App =>
  Effect.flatMap(HttpServerRequest, (request) => {
    const source = NodeHttpHandshake.upgradeOf(request)
    if (source?.headers.upgrade?.toLowerCase() !== "websocket") return app
    return Effect.withFiber((fiber) => {
      const asked = { request, source, terms, upgrades, start: performance.now() }
      const upgrade = new Upgrade(asked, upgrades, fiber)
      const upgrading = Effect.provideService(app, HttpServerRequest, withUpgrade(request, upgrade))
      // Without a router, Effect's server runs apps uninterruptibly: they would outlive the client, and the server
      return Effect.map(
        Effect.interruptible(upgrading),
        (response) => upgrade.isDone ? NodeHttpHandshake.switchingProtocols : response
      )
    })
  })

/** The request, and what middleware makes of it, but for the upgrade. */
const withUpgrade = (request: HttpServerRequest, upgrade: Upgrade): HttpServerRequest =>
  new Proxy(request, {
    get: (target, key) => {
      switch (key) {
        case "upgrade":
          return upgrade.socket({})
        case "upgradeWith":
          return upgrade.socket
        case "modify":
          return (...changes: Parameters<HttpServerRequest["modify"]>) =>
            withUpgrade(target.modify(...changes), upgrade)
        default:
          return Reflect.get(target, key, target)
      }
    }
  })

/** The one upgrade that a request can have. */
class Upgrade {
  isDone = false
  private readonly asked: NodeHttpHandshake.Asked
  private readonly upgrades: HttpUpgrades
  /** Runs the app for this request. */
  private readonly fiber: Fiber.Fiber<unknown, unknown>

  constructor(asked: NodeHttpHandshake.Asked, upgrades: HttpUpgrades, fiber: Fiber.Fiber<unknown, unknown>) {
    this.asked = asked
    this.upgrades = upgrades
    this.fiber = fiber
  }

  /** Refuses at once what breaks the handshake's rules; the reader of the socket answers 101. */
  readonly socket = (options: { readonly headers?: Headers.Input | undefined }): Effect.Effect<Socket.Socket> => {
    const { source, terms } = this.asked
    const headers = Object.entries(Headers.fromInput(options.headers))
    return Effect.matchEffect(NodeHandshake.decide(source, terms, () => Effect.void), {
      onFailure: (refusal) => Effect.die(NodeHttpHandshake.refuse(refusal)),
      onSuccess: (decision) =>
        EffectSocket.make(this.connect({ ...decision, headers: [...decision.headers, ...headers] }))
    })
  }

  private connect(
    decision: NodeHandshake.Decision<void>
  ): Effect.Effect<Connection, WebSocketError.WebSocketError, Scope.Scope> {
    return Effect.uninterruptible(Effect.withFiber(({ context }) => {
      if (this.isDone) return Effect.fail(WebSocketError.fromUsage("the request was upgraded before"))
      if (this.upgrades.closing) return Effect.die(NodeHttpHandshake.refuse(NodeHttpHandshake.stopping))
      const opened = NodeHttpHandshake.open(this.asked, decision)
      if (Result.isFailure(opened)) return Effect.fail(WebSocketError.fromUsage(opened.failure.message))
      this.isDone = true
      const connection = opened.success(context)
      this.upgrades.keep(connection, this.fiber)
      return scoped(connection)
    }))
  }
}
