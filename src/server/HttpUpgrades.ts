/**
 * What an HTTP server knows of its upgrades: what came with the requests, the connections, and how to say goodbye to them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { IncomingMessage } from "node:http"
import * as Connection from "../Connection.ts"

/**
 * The upgrades of one server.
 *
 * @category models
 * @since 0.1.0
 */
export class HttpUpgrades {
  /** What was read after a request. */
  readonly heads = new WeakMap<IncomingMessage, Uint8Array>()
  /** Whether the server stops, and takes no more connections. */
  closing = false
  /** By the fiber that sees to the connection. */
  private readonly connections = new Map<Fiber.Fiber<unknown, unknown>, Connection.Connection>()

  /** Knows a connection for as long as the fiber lives that sees to it. */
  keep(connection: Connection.Connection, fiber: Fiber.Fiber<unknown, unknown>): void {
    this.connections.set(fiber, connection)
    fiber.addObserver(() => this.connections.delete(fiber))
    if (this.closing) fiber.interruptUnsafe() // the goodbye came while it was made
  }

  /** Interrupts who sees to a connection, so that it says 1001. Connections that are left after the grace are cut. */
  goodbye(grace: Duration.Duration): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.closing = true
      return Effect.timeoutOrElse(Fiber.interruptAll(this.connections.keys()), {
        duration: grace,
        orElse: () => Effect.forEach(this.connections.values(), cut, { concurrency: "unbounded", discard: true })
      })
    })
  }
}

/** A handler that cannot be interrupted goes on, but does not keep its client, which has a second to take the 1001. */
const cut = (connection: Connection.Connection): Effect.Effect<void> => {
  const { state } = connection
  Connection.toDriver(connection)?.driver.abort(1001, "")
  const parting = state === "Open" ? Effect.timeoutOption(connection.closed, "1 second") : Effect.void
  return Effect.andThen(parting, connection.terminate)
}

/**
 * The upgrades of the server that serves the request at hand, if it keeps account of them.
 *
 * @category services
 * @since 0.1.0
 */
export const CurrentUpgrades: Context.Reference<HttpUpgrades | undefined> = Context.Reference<HttpUpgrades | undefined>(
  "effect-ws/server/HttpUpgrades",
  { defaultValue: () => undefined }
)
