/**
 * Who answers an upgrade request, where several listen for them on one HTTP server.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { IncomingMessage } from "node:http"
import type { Server } from "node:net"
import type { Duplex } from "node:stream"
import type { Routes } from "./Routes.ts"

/**
 * What listens for `upgrade`.
 *
 * @category models
 * @since 0.1.0
 */
export type Listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** The listeners that see to paths, and to which. */
const pathsOf = new WeakMap<Function, Routes>()

/**
 * Has a listener see to these paths until the scope ends.
 *
 * @category listening
 * @since 0.1.0
 */
export const listen = (server: Server, listener: Listener, paths: Routes): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      pathsOf.set(listener, paths)
      server.on("upgrade", listener)
    }),
    () => Effect.sync(() => server.off("upgrade", listener))
  )

/**
 * Whether an unknown path is left to whoever may know it; of several that see to paths, the first says no.
 *
 * @category guards
 * @since 0.1.0
 */
export const isLeftToOthers = (server: Server, listener: Listener, path: string): boolean => {
  const listeners = server.listeners("upgrade")
  return listeners[0] !== listener || listeners.some((other) => !pathsOf.has(other) || sees(other, path))
}

/**
 * Whether one of the listeners sees to the path.
 *
 * @category guards
 * @since 0.1.0
 */
export const isSeenTo = (server: Server, path: string): boolean =>
  server.listeners("upgrade").some((listener) => sees(listener, path))

const sees = (listener: Function, path: string): boolean => pathsOf.get(listener)?.find(path) !== undefined
