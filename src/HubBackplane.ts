/**
 * What connects the hubs of several machines: each tells the others what was published on it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Envelope } from "./hub/Envelope.ts"

export {
  /**
   * @category encoding
   * @since 0.1.0
   */
  decode,
  /**
   * @category encoding
   * @since 0.1.0
   */
  encode,
  /**
   * @category models
   * @since 0.1.0
   */
  type Envelope
} from "./hub/Envelope.ts"

/**
 * A hub's way to the others.
 *
 * **Details**
 *
 * What one hub publishes has to come to every other one in that order. It may come back to the hub itself, which knows
 * it by its origin. What two hubs publish at the same time may come to their members in different orders. Nothing here
 * fails: what is to be done while the others cannot be reached, whether to wait, to keep or to drop what is published, is
 * up to the backplane.
 *
 * @category models
 * @since 0.1.0
 */
export interface Link {
  /** Tells the others. Publishers wait for it. */
  readonly publish: (envelope: Envelope) => Effect.Effect<void>
  /** What the others tell. It is read by one fiber, which waits for members where their strategy is to suspend. */
  readonly envelopes: Stream.Stream<Envelope>
}

/**
 * Connects a hub, for as long as the scope lives. What is published from then on must not be missed: subscribe before
 * this is done.
 *
 * By default there is nobody to connect to.
 *
 * **Example** (Connecting the hubs of two servers in one process)
 *
 * ```ts
 * import { Layer } from "effect"
 * import * as Hub from "effect-ws/Hub"
 * import * as HubBackplane from "effect-ws/HubBackplane"
 *
 * const one = Layer.fresh(Hub.layer())
 * const other = Layer.fresh(Hub.layer())
 * const both = Layer.mergeAll(one, other).pipe(Layer.provide(HubBackplane.layerMemory))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const HubBackplane = Context.Reference<Effect.Effect<Link | undefined, never, Scope.Scope>>(
  "effect-ws/HubBackplane",
  { defaultValue: () => Effect.undefined }
)

/**
 * Connects the hubs of one process, for tests and for servers that are separate in all else. Publishers wait when another
 * hub is 1024 messages behind.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMemory: Layer.Layer<never> = Layer.effect(
  HubBackplane,
  Effect.map(PubSub.bounded<Envelope>(1024), (bus) =>
    Effect.map(PubSub.subscribe(bus), (subscription) => ({
      publish: (envelope) => PubSub.publish(bus, envelope),
      envelopes: Stream.fromSubscription(subscription)
    })))
)
