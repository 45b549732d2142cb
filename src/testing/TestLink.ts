/**
 * Connections in memory, with faults that a test switches on and off.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Connection from "../Connection.ts"
import { timersOf } from "../connection/Timers.ts"
import type * as ConnectionOptions from "../ConnectionOptions.ts"
import type * as MemoryLine from "../transport/MemoryLine.ts"
import * as MemoryTransport from "../transport/MemoryTransport.ts"

/**
 * How octets travel in one direction. Latency, bandwidth and chunk size are those of what is written from then on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Conditions {
  /** The time from the writer to the reader, by the `Clock`. Default none. */
  readonly latency?: Duration.Input | undefined
  /** Octets per second. Default: no limit. */
  readonly bandwidth?: number | undefined
  /** Octets that arrive in one read, at most, or what tells that for each read. Default: what was written at once. */
  readonly chunkSize?: number | (() => number) | undefined
  /**
   * Whether nothing arrives for now, as with a peer that does not read: what is written waits, and once there are 64 KiB
   * of it, the writer does, too. Default false.
   */
  readonly stalled?: boolean | undefined
}

/**
 * How a direction breaks.
 *
 * **Details**
 *
 * - `End`: the stream ends, and what is written after that is lost
 * - `Reset`: both sides learn that the connection was reset (ECONNRESET)
 * - `Silence`: nothing arrives any more, not even the end: a connection that is half open
 * - `WriteError`: the next write fails (EPIPE), and the reader learns of a reset
 *
 * @category models
 * @since 0.1.0
 */
export type Break = MemoryLine.Break

/**
 * One direction of a link.
 *
 * @category models
 * @since 0.1.0
 */
export interface Direction {
  /** Changes the conditions that are given, and leaves the others as they are. */
  readonly set: (conditions: Conditions) => Effect.Effect<void>
  /**
   * Breaks when so many further octets have been written, which still arrive: in the middle of a frame, where a test wants
   * it. 0 breaks at once. There is no way back.
   */
  readonly breakAfter: (octets: number, how: Break) => Effect.Effect<void>
  /** Octets arrive that the writer did not write, right or wrong, behind those that it did. */
  readonly inject: (octets: Uint8Array) => Effect.Effect<void>
}

/**
 * A client's connection to a server, in memory.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestLink {
  readonly toServer: Direction
  readonly toClient: Direction
  /** Changes the conditions of both directions. */
  readonly set: (conditions: Conditions) => Effect.Effect<void>
  /** Both sides learn at once that the connection was reset, and what is under way is lost. */
  readonly reset: Effect.Effect<void>
  /**
   * Both directions break with `Silence`: the connection is half open, and neither side is told. When its scope ends, it
   * waits `closeTimeout` for a goodbye that cannot come: under a `TestClock`, `reset` the link before that.
   */
  readonly silence: Effect.Effect<void>
  /** Whether neither side has the connection any more. */
  readonly isOver: Effect.Effect<boolean>
}

/**
 * A link and its two ends, which are not yet connections: HTTP may be spoken on them, or something else.
 *
 * @category unsafe
 * @since 0.1.0
 */
export const makeUnsafe = (context: Context.Context<never>, clock: Clock.Clock) => {
  const [client, server] = MemoryTransport.pair({
    now: () => clock.currentTimeMillisUnsafe(),
    start: timersOf(context)
  })
  const [toServer, toClient] = [client, server].map(({ outgoing }) => direction(outgoing))
  const link: TestLink = {
    toServer,
    toClient,
    set: (conditions) => Effect.andThen(toServer.set(conditions), toClient.set(conditions)),
    reset: Effect.sync(() => {
      client.outgoing.reset()
      server.outgoing.reset()
    }),
    silence: Effect.andThen(toServer.breakAfter(0, "Silence"), toClient.breakAfter(0, "Silence")),
    isOver: Effect.sync(() => client.closed && server.closed)
  }
  return { link, client, server }
}

const direction = (line: MemoryLine.MemoryLine): Direction => ({
  set: (conditions) =>
    Effect.sync(() => {
      line.conditions = merge(line.conditions, conditions)
    }),
  breakAfter: (octets, how) => Effect.sync(() => line.breakAfter(octets, how)),
  inject: (octets) => Effect.sync(() => line.inject(octets))
})

const merge = (current: MemoryLine.Conditions, changed: Conditions): MemoryLine.Conditions => ({
  latency: changed.latency === undefined
    ? current.latency
    : Duration.toMillis(Duration.fromInputUnsafe(changed.latency)),
  bandwidth: changed.bandwidth ?? current.bandwidth,
  chunkSize: changed.chunkSize ?? current.chunkSize,
  stalled: changed.stalled ?? current.stalled
})

/**
 * Resets a link if the scope ends in failure: a test that failed is not to wait for a clock that stands still.
 *
 * @category unsafe
 * @since 0.1.0
 */
export const resetOnFailure = ({ reset }: TestLink): Effect.Effect<void, never, Scope.Scope> =>
  Effect.addFinalizer((exit) => Exit.isFailure(exit) ? reset : Effect.void)

/**
 * A pair of connections, and what is between them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pair {
  readonly client: Connection.Connection
  readonly server: Connection.Connection
  readonly link: TestLink
}

/**
 * A client's and a server's connection to each other, without a handshake, and the link between them. Both live as long as
 * the scope; with `compression` they agree on it. If the scope ends in failure, the link is reset, so that a test that
 * failed does not wait for a clock that stands still.
 *
 * **Example** (Losing a connection in the middle of a message)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { TestLink } from "effect-ws/testing"
 *
 * const program = Effect.gen(function*() {
 *   const { client, link, server } = yield* TestLink.pair()
 *   yield* link.toClient.breakAfter(10, "Reset")
 *   yield* server.send("one")
 *   yield* server.send("two is longer")
 *   const received: Array<unknown> = []
 *   const error = yield* Effect.flip(Stream.runForEach(client.messages, (it) => Effect.sync(() => received.push(it))))
 *   return [received, error.reason._tag]
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => [["one"], "TransportError"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const pair = (
  options?: ConnectionOptions.ConnectionOptions
): Effect.Effect<Pair, never, Scope.Scope> =>
  Effect.withFiber((fiber) => {
    const { client, link, server } = makeUnsafe(fiber.context, fiber.getRef(Clock.Clock))
    return Connection.pair(options, [client, server]).pipe(
      Effect.map(([client, server]) => ({ client, server, link })),
      Effect.tap(resetOnFailure(link))
    )
  })
