/**
 * A hub's end of its backplane.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { HubBackplane } from "../HubBackplane.ts"
import * as Message from "../protocol/Message.ts"
import * as Opcode from "../protocol/Opcode.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { Envelope } from "./Envelope.ts"

/**
 * What goes to the other hubs, and comes from them; `undefined` stands for everybody.
 *
 * @category models
 * @since 0.1.0
 */
export type Publish = (topic: string | undefined, message: Message.Prepared, compress: boolean) => Effect.Effect<void>

/**
 * Connects to the backplane, if there is one, until the scope ends: gives `receive` what other hubs publish, one by one,
 * and gives back how to tell them.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = Effect.fnUntraced(
  function*(receive: (envelope: Envelope) => Effect.Effect<void>): Effect.fn.Return<
    Publish | undefined,
    never,
    Scope.Scope
  > {
    const link = yield* yield* HubBackplane
    if (link === undefined) return undefined
    const origin = crypto.randomUUID()
    const isOurs = (envelope: Envelope) => envelope.origin === origin
    yield* Stream.runForEach(link.envelopes, (it) => isOurs(it) ? Effect.void : receive(it)).pipe(
      Effect.onExit(report),
      Effect.forkScoped
    )
    return (topic, { opcode, payload }, compress) =>
      link.publish({ origin, topic, kind: opcode === Opcode.Text ? "text" : "binary", payload, compress })
  }
)

/** A hub that is alone from now on should not be so in silence. */
const report = (exit: Exit.Exit<void>): Effect.Effect<void> => {
  if (Exit.isSuccess(exit)) return Effect.logError("the backplane of a hub has ended")
  return Cause.hasInterruptsOnly(exit.cause)
    ? Effect.void
    : Effect.logError("the backplane of a hub has failed", exit.cause)
}

/**
 * Frames what another hub published.
 *
 * @category constructors
 * @since 0.1.0
 */
export const prepare = ({ kind, payload }: Envelope): Message.Prepared =>
  Message.prepareOctets(nodeBytes, kind === "text" ? Opcode.Text : Opcode.Binary, payload)
