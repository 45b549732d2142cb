/**
 * Finding out that a peer is gone, although no end of TCP says so: pings, time-outs, and round-trip times.
 *
 * **When to use**
 *
 * Use wherever connections live longer than a request: a peer whose cable is cut, or whose router forgets it, is otherwise
 * never missed by a side that has nothing to send. The pings also keep proxies from ending what looks idle.
 *
 * **Details**
 *
 * It is off unless asked for, by the `heartbeat` option of a client, a path or a connection, or by `layer` for all those
 * whose options say nothing. Every `interval` the peer gets a ping, whether it is silent or not. Everything that comes is
 * a sign of life, pongs and data alike, and so is room for what we send; the peer has `timeout` for one after a ping. As
 * long as our own reader is too slow for the peer, it is not blamed for silence.
 *
 * A connection that fails does so at once: its readers and senders get a `HeartbeatError`, the peer is sent a Close, with
 * 1011 for want of a sign of life and with 1001 for want of data, and a second later the transport is dropped, since a peer
 * that is gone does not answer.
 *
 * A schedule that dies ends its connection in the same way, with 1011: readers and senders get a `UsageError`, and the
 * defect is logged.
 *
 * One timer serves all connections of the process; durations may be up to a sixteenth longer for that. Under a `TestClock`
 * they are exact.
 *
 * **Example** (Dropping peers that are gone)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import * as Heartbeat from "effect-ws/Heartbeat"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = WebSocketServer.handle("/echo", ({ messages, sink }) => Stream.run(messages, sink)).pipe(
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 })),
 *   Layer.provide(Heartbeat.layer({ interval: "30 seconds", timeout: "20 seconds" }))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const connection = yield* WebSocketClient.connect("ws://localhost:8080/echo", { heartbeat: { interval: 10 } })
 *   return yield* Stream.runCollect(Stream.take(Heartbeat.roundTrips(connection), 3))
 * }).pipe(Effect.scoped, Effect.provide(Echo))
 *
 * const roundTrips = await Effect.runPromise(program)
 * roundTrips.length // => 3
 * ```
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Connection from "./Connection.ts"
import { Beat } from "./connection/Beat.ts"
import * as HeartbeatOptions from "./connection/HeartbeatOptions.ts"
import type { Heartbeat } from "./connection/Parts.ts"
import { wheelOf } from "./connection/TimerWheel.ts"
import * as WebSocketError from "./WebSocketError.ts"

/**
 * Options of a heartbeat.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = HeartbeatOptions.Options

export {
  /**
   * @category services
   * @since 0.1.0
   */
  CurrentHeartbeat
} from "./connection/HeartbeatOptions.ts"

/**
 * Gives a heartbeat to every connection whose options say nothing of one: provide it to a server's layer, or to all of a
 * program.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<never, WebSocketError.WebSocketError> =>
  Layer.effect(HeartbeatOptions.CurrentHeartbeat, Effect.as(check(options), options))

/**
 * Gives a heartbeat to a connection that is there, until the scope ends; in the place of the one that it may have.
 *
 * **Example** (Watching a connection in memory)
 *
 * ```ts
 * import { Effect } from "effect"
 * import * as Connection from "effect-ws/Connection"
 * import * as Heartbeat from "effect-ws/Heartbeat"
 *
 * const program = Effect.gen(function*() {
 *   const [client] = yield* Connection.pair()
 *   yield* Heartbeat.start(client, { interval: "15 seconds", idleTimeout: "5 minutes" })
 *   return client.state
 * }).pipe(Effect.scoped)
 *
 * await Effect.runPromise(program) // => "Open"
 * ```
 *
 * @category heartbeat
 * @since 0.1.0
 */
export const start = (
  connection: Connection.Connection,
  options: Options = {}
): Effect.Effect<void, WebSocketError.WebSocketError, Scope.Scope> =>
  Effect.andThen(
    check(options),
    Effect.contextWith((context: Context.Context<Scope.Scope>) => {
      const driver = Connection.toDriver(connection)?.driver
      if (driver === undefined) return Effect.fail(notOurs())
      const beat = new Beat(driver, HeartbeatOptions.resolve(options), { context, wheel: wheelOf(context) })
      return Effect.acquireRelease(Effect.sync(() => beat.start()), () => Effect.sync(() => beat.stop()))
    })
  )

/**
 * The last round-trip time that the heartbeat measured, if it has.
 *
 * @see {@link Connection.Connection.ping} for a measurement of its own
 *
 * @category round trips
 * @since 0.1.0
 */
export const roundTrip = (connection: Connection.Connection): Effect.Effect<Option.Option<Duration.Duration>> =>
  Effect.sync(() => Option.fromUndefinedOr(heartbeatOf(connection)?.roundTrip))

/**
 * The round-trip times that the heartbeat measures from now on, until the connection is closed. Whoever does not keep up
 * misses the older ones. Fails with a `UsageError` if the connection has no heartbeat.
 *
 * @category round trips
 * @since 0.1.0
 */
export const roundTrips = (
  connection: Connection.Connection
): Stream.Stream<Duration.Duration, WebSocketError.WebSocketError> =>
  Stream.callback<Duration.Duration, WebSocketError.WebSocketError>((queue) =>
    Effect.suspend(() => {
      const heartbeat = heartbeatOf(connection)
      if (heartbeat === undefined) return Effect.fail(WebSocketError.fromUsage("the connection has no heartbeat"))
      const watching = Effect.acquireRelease(
        Effect.sync(() => heartbeat.watch((roundTrip) => Queue.offerUnsafe(queue, roundTrip))),
        (stop) => Effect.sync(stop)
      )
      return Effect.andThen(watching, Effect.andThen(connection.closed, Queue.end(queue)))
    }), { bufferSize: 16, strategy: "sliding" })

const heartbeatOf = (connection: Connection.Connection): Heartbeat | undefined =>
  Connection.toDriver(connection)?.driver.heartbeat

const check = (options: Options): Effect.Effect<void, WebSocketError.WebSocketError> => {
  const problem = HeartbeatOptions.misuse(options)
  return problem === undefined ? Effect.void : Effect.fail(WebSocketError.fromUsage(problem))
}

const notOurs = () => WebSocketError.fromUsage("it is not a connection of effect-ws")
