/**
 * The paths of a server, and the connections that each of them has.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as WebSocketError from "../WebSocketError.ts"
import type { Route } from "../WebSocketServer.ts"
import { Fibers } from "./Fibers.ts"

/**
 * A route in service.
 *
 * @category models
 * @since 0.1.0
 */
export interface Entry {
  readonly route: Route
  /** The services that its connections find: the route's, and besides the server's. */
  readonly context: Context.Context<never>
  readonly fibers: Fibers
  /** Whether its scope has ended, and it only waits for its connections. */
  closing: boolean
}

/** It begins with a slash, is encoded, and has no query. */
const isPath = /^\/[!"$->@-~]*$/

/** Segments that other routers have a meaning for. */
const isPattern = /\/:|\*.+/

/**
 * The routes of one server.
 *
 * @category models
 * @since 0.1.0
 */
export class Routes {
  private readonly context: Context.Context<never>
  private readonly entries = new Map<string, Entry>()

  constructor(context: Context.Context<never>) {
    this.context = context
  }

  /** The route for a path: the one of this name, or the longest `*` that covers it. */
  find(path: string): Entry | undefined {
    const exact = this.entries.get(path)
    if (exact !== undefined) return exact
    for (let end = path.lastIndexOf("/"); end >= 0; end = path.lastIndexOf("/", end - 1)) {
      const below = this.entries.get(`${path.slice(0, end)}/*`)
      if (below !== undefined || end === 0) return below
    }
    return undefined
  }

  /** How many requests and connections are in hand. */
  count(): number {
    let count = 0
    for (const { fibers } of this.entries.values()) count += fibers.size
    return count
  }

  /** Serves a route until the scope ends; its connections are then interrupted, and waited for. */
  add(route: Route): Effect.Effect<void, WebSocketError.WebSocketError, Scope.Scope> {
    return Effect.uninterruptible(Effect.suspend(() => {
      const problem = this.misuse(route.path)
      if (problem !== undefined) return Effect.fail(WebSocketError.fromUsage(problem))
      const context = Context.merge(this.context, route.context)
      const entry: Entry = { route, context, fibers: new Fibers(), closing: false }
      this.entries.set(route.path, entry)
      return Effect.addFinalizer(() => this.remove(entry))
    }))
  }

  /** What no request would ever find is a mistake. */
  private misuse(path: string): string | undefined {
    if (this.entries.has(path)) return `the path ${path} has a handler already`
    if (!isPath.test(path)) return `${JSON.stringify(path)} is not a path as clients send it (RFC 3986 §3.3)`
    if (!isPattern.test(path)) return undefined
    return `${path} has parameters: here a path may only end in "/*"; NodeHttpWebSocket's routes have more`
  }

  private remove(entry: Entry): Effect.Effect<void> {
    return Effect.suspend(() => {
      entry.closing = true
      return Effect.ensuring(entry.fibers.interrupt, Effect.sync(() => this.entries.delete(entry.route.path)))
    })
  }
}
