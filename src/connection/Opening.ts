/**
 * Makes the driver of a transport on which the opening handshake is done.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Compression from "../Compression.ts"
import type * as ConnectionOptions from "../ConnectionOptions.ts"
import type * as PerMessageDeflate from "../protocol/PerMessageDeflate.ts"
import * as Protocol from "../protocol/Protocol.ts"
import { nodeBytes } from "../transport/NodeBytes.ts"
import type { Transport } from "../transport/Transport.ts"
import * as Beat from "./Beat.ts"
import { Compressor } from "./Compressor.ts"
import { Driver } from "./Driver.ts"
import { encoders } from "./Encoders.ts"
import * as HeartbeatOptions from "./HeartbeatOptions.ts"
import { timersOf } from "./Timers.ts"
import { wheelOf } from "./TimerWheel.ts"

/**
 * What the handshake settled.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settled {
  readonly role: Protocol.Role
  readonly compression?: PerMessageDeflate.Params | undefined
}

/**
 * Makes it, with its heartbeat. It starts in a moment, and nothing ends it yet.
 *
 * @category constructors
 * @since 0.1.0
 */
export const open = (
  transport: Transport,
  { compression, role }: Settled,
  options: ConnectionOptions.Resolved,
  context: Context.Context<never>
): Driver => {
  const driver = new Driver({
    protocol: new Protocol.Protocol({
      role,
      limits: options.limits,
      bytes: nodeBytes,
      compression: compression !== undefined
    }),
    encoders: encoders[role],
    compressor: compression && new Compressor(options.compression ?? Compression.standard, compression, role),
    transport,
    inboxSize: options.inboxSize,
    closeTimeout: Duration.toMillis(options.closeTimeout),
    startTimer: timersOf(context)
  })
  // Not at once: a handler that reads straight away is to be there before the first message
  queueMicrotask(() => driver.start())
  const heartbeat = options.heartbeat ?? Context.get(context, HeartbeatOptions.CurrentHeartbeat)
  if (heartbeat !== false) Beat.begin(driver, heartbeat, { context, wheel: wheelOf(context) })
  return driver
}
