/**
 * Topics: what is published on one comes to every connection that joined it, framed and compressed once for all.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Connection from "./Connection.ts"
import * as Changes from "./connection/Changes.ts"
import { misusedCount } from "./ConnectionOptions.ts"
import { misusedStrategy, type Strategy as HubStrategy } from "./hub/Backlog.ts"
import type { Consumer } from "./hub/Consumer.ts"
import * as Metrics from "./hub/Metrics.ts"
import * as Remote from "./hub/Remote.ts"
import type { Counts } from "./hub/Topic.ts"
import { Topics } from "./hub/Topics.ts"
import * as Message from "./protocol/Message.ts"
import * as WebSocketError from "./WebSocketError.ts"

/**
 * What happens to a message for a member that reads too slowly, when as much waits for it as may.
 *
 * **Details**
 *
 * - `close`: the connection is closed with 1013, and what waits for it is dropped.
 * - `suspend`: the message waits nevertheless, and so does its publisher, until there is room again.
 * - `sliding`: the oldest messages that are sliding make room for it. If that is not enough, it is dropped.
 * - `dropping`: the message is dropped.
 *
 * Messages of topics that are joined as `sliding` make room for those of all others, too.
 *
 * @category models
 * @since 0.1.0
 */
export type Strategy = HubStrategy

/**
 * Options of a hub.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What happens where a member reads too slowly; also for `broadcast`. Default `close`. */
  readonly strategy?: Strategy | undefined
  /**
   * How many messages of all topics may wait for one connection. They do so from when the transport takes no more, and
   * are held once, for however many they wait. Default 1024.
   */
  readonly backlogMessages?: number | undefined
  /** How many octets of messages may wait for one connection. Default 1 MiB. */
  readonly backlogSize?: number | undefined
}

/**
 * How a topic is joined.
 *
 * @category models
 * @since 0.1.0
 */
export interface JoinOptions {
  /** Default: the hub's. */
  readonly strategy?: Strategy | undefined
}

/**
 * How a message is published.
 *
 * @category models
 * @since 0.1.0
 */
export interface PublishOptions extends Connection.SendOptions {
  /** A member that does not get it, such as its sender. */
  readonly except?: Connection.Connection | undefined
}

/**
 * What came of the messages that were published on a topic, since it has had members, or on the whole hub.
 *
 * @category models
 * @since 0.1.0
 */
export interface Stats {
  /** Connections that are there now. */
  readonly members: number
  /** Messages that were published while there were members. */
  readonly published: number
  /** Messages times the members that they were for. */
  readonly deliveries: number
  /** How many of the deliveries were dropped, since the members read too slowly. */
  readonly dropped: number
}

/**
 * A hub.
 *
 * **Details**
 *
 * A member gets the messages of all its topics in the order in which they were published, as long as it is open, and
 * everything of a turn of the event loop in one write. Where a transport takes no more, messages wait for it; what is
 * sent on the connection by other means does not wait for them. A connection that closes gets what waits for it first;
 * one that breaks does not.
 *
 * Topics need not be made: they are there while they have members.
 *
 * @category services
 * @since 0.1.0
 */
export class Hub extends Context.Service<Hub, {
  /**
   * Makes a connection a member until the scope ends, or the connection does. Who joins a topic more than once gets its
   * messages once, until all the scopes have ended; the last strategy holds. Fails with a `UsageError` for a connection
   * that this library has not made, and for a strategy that is none.
   */
  readonly join: (
    topic: string,
    connection: Connection.Connection,
    options?: JoinOptions
  ) => Effect.Effect<void, WebSocketError.WebSocketError, Scope.Scope>
  /**
   * Sends a message to all members, and to those on other hubs; for a value of a schema, see `Codec.prepare`. It is
   * accepted at once; publishers wait only for members with the strategy `suspend`, and for the backplane.
   */
  readonly publish: (
    topic: string,
    message: Message.Message | Connection.Prepared,
    options?: PublishOptions
  ) => Effect.Effect<void>
  /** Sends a message to every connection that has joined a topic, with the hub's strategy. */
  readonly broadcast: (
    message: Message.Message | Connection.Prepared,
    options?: PublishOptions
  ) => Effect.Effect<void>
  /** How many members a topic has on this hub. */
  readonly count: (topic: string) => Effect.Effect<number>
  /** How many members a topic has on this hub, now and whenever that changes; the latest count for who reads slowly. */
  readonly presence: (topic: string) => Stream.Stream<number>
  /** The topics that have members on this hub. */
  readonly topics: Effect.Effect<ReadonlyArray<string>>
  /** The counts of a topic, which are gone with its last member, or those of the whole hub. */
  readonly stats: (topic?: string) => Effect.Effect<Stats>
}>()("effect-ws/Hub") {}

/**
 * Makes a hub, which is connected to others by the `HubBackplane`, if there is one, until the scope ends. Fails with a
 * `UsageError` if the options cannot be.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<Hub["Service"], WebSocketError.WebSocketError, Scope.Scope> {
  const { backlogMessages = 1024, backlogSize = 1_048_576, strategy = "close" } = options
  const problem = misusedCount("backlogMessages", backlogMessages) ??
    misusedCount("backlogSize", backlogSize) ??
    misusedStrategy(strategy)
  if (problem !== undefined) return yield* WebSocketError.fromUsage(problem)
  const topics = new Topics({ messages: backlogMessages, size: backlogSize }, strategy)
  const find = (name: string | undefined) => name === undefined ? topics.everyone : topics.find(name)

  const tellOthers = yield* Remote.connect((envelope) => {
    const topic = find(envelope.topic)
    if (topic === undefined) return Effect.void
    const message = Remote.prepare(envelope)
    return waitFor(topic.deliver({ message, compress: envelope.compress, except: undefined }))
  })

  const publish = (name: string | undefined, given: Message.Message | Message.Prepared, options: PublishOptions = {}) =>
    Effect.suspend(() => {
      const topic = find(name)
      if (topic === undefined && tellOthers === undefined) return Effect.void
      const message = given instanceof Message.Prepared ? given : Connection.prepare(given)
      const { compress = true, except } = options
      const slow = topic?.deliver({ message, compress, except: except && Connection.toDriver(except)?.driver }) ?? []
      const waiting = waitFor(slow)
      return tellOthers === undefined ? waiting : Effect.andThen(tellOthers(name, message, compress), waiting)
    })

  return Hub.of({
    join: (topic, connection, { strategy } = {}) =>
      Effect.suspend(() => {
        const driver = Connection.toDriver(connection)?.driver
        if (driver === undefined) {
          return Effect.fail(
            WebSocketError.fromUsage(
              "a hub takes the connection itself: of a Codec's and a Reconnect's, that is `connection`"
            )
          )
        }
        const problem = misusedStrategy(strategy)
        if (problem !== undefined) return Effect.fail(WebSocketError.fromUsage(problem))
        const join = Effect.sync(() => topics.join(topic, driver, strategy))
        return Effect.acquireRelease(join, () => Effect.sync(() => topics.leave(topic, driver)))
      }),
    publish,
    broadcast: (message, options) => publish(undefined, message, options),
    count: (topic) => Effect.sync(() => countOf(topics, topic)),
    presence: (topic) =>
      Stream.unfold(-1, (last) => Effect.map(otherCount(topics, topic, last), (count) => [count, count])),
    topics: Effect.sync(() => topics.names),
    stats: (topic) => Effect.sync(() => statsOf(topics, topic))
  })
})

/**
 * A hub as a layer.
 *
 * **Example** (Telling everybody else what somebody says)
 *
 * ```ts
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Effect, Layer, Stream } from "effect"
 * import * as Hub from "effect-ws/Hub"
 * import * as NodeWebSocketServer from "effect-ws/NodeWebSocketServer"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Talk = WebSocketServer.handle(
 *   "/talk",
 *   Effect.fnUntraced(function*(connection) {
 *     const hub = yield* Hub.Hub
 *     yield* hub.join("lobby", connection)
 *     yield* Stream.runForEach(connection.messages, (text) => hub.publish("lobby", text, { except: connection }))
 *   })
 * )
 *
 * Talk.pipe(
 *   Layer.provide(Hub.layer()),
 *   Layer.provide(NodeWebSocketServer.layer({ port: 8080 })),
 *   Layer.launch,
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Hub, WebSocketError.WebSocketError> =>
  Layer.effect(Hub, make(options))

/**
 * Reports what the hub does, as gauges `effect_ws_hub_topics` and `effect_ws_hub_members`, and counters
 * `effect_ws_hub_published_total`, `effect_ws_hub_deliveries_total` and `effect_ws_hub_dropped_total`. They are read off
 * the hub when metrics are, and cost nothing otherwise.
 *
 * **Details**
 *
 * These are five series, however many topics come and go: what a single topic does is in `stats`. Where a process has
 * several hubs, attributes tell them apart, such as `{ hub: "rooms" }`.
 *
 * **Example** (Reading a counter)
 *
 * ```ts
 * import { Effect, Layer, Metric } from "effect"
 * import * as Connection from "effect-ws/Connection"
 * import * as Hub from "effect-ws/Hub"
 *
 * const program = Effect.gen(function*() {
 *   const hub = yield* Hub.Hub
 *   const [, server] = yield* Connection.pair()
 *   yield* hub.join("lobby", server)
 *   yield* hub.publish("lobby", "Hello")
 *   const metrics = yield* Metric.snapshot
 *   return metrics.find(({ id }) => id === "effect_ws_hub_deliveries_total")?.state
 * }).pipe(
 *   Effect.scoped,
 *   Effect.provide(Layer.provideMerge(Hub.layerMetrics(), Hub.layer())),
 *   Effect.provideService(Metric.MetricRegistry, new Map())
 * )
 *
 * await Effect.runPromise(program) // => { count: 1, incremental: true }
 * ```
 *
 * @category metrics
 * @since 0.1.0
 */
export const layerMetrics = (attributes: Readonly<Record<string, string>> = {}): Layer.Layer<never, never, Hub> =>
  Layer.effectDiscard(Effect.flatMap(Hub, (hub) =>
    Metrics.register(attributes, () => ({
      ...Effect.runSync(hub.stats()),
      topics: Effect.runSync(hub.topics).length
    }))))

/** Waits until there is room again for all of them, or they are gone. */
const waitFor = (consumers: ReadonlyArray<Consumer>): Effect.Effect<void> =>
  consumers.length === 0 ? Effect.void : Effect.forEach(consumers, untilWithin, { discard: true })

const untilWithin = (consumer: Consumer): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const stop = consumer.whenWithin(() => resume(Effect.void))
    return Effect.sync(stop)
  })

const countOf = (topics: Topics, name: string): number => topics.find(name)?.members.size ?? 0

/** Waits until the count is another one. */
const otherCount = (topics: Topics, name: string, last: number): Effect.Effect<number> =>
  Changes.until(() => {
    const count = countOf(topics, name)
    return count === last ? undefined : Effect.succeed(count)
  }, (look) => topics.whenChanged(name, look))

const nothing: Counts = { published: 0, deliveries: 0, dropped: 0 }

const statsOf = (topics: Topics, name: string | undefined): Stats => {
  const topic = name === undefined ? topics.everyone : topics.find(name)
  const { deliveries, dropped, published } = name === undefined ? topics.totals : topic?.counts ?? nothing
  return { members: topic?.members.size ?? 0, published, deliveries, dropped }
}
