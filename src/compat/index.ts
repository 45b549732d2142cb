/**
 * The face of ws: what the package `ws` exports, on effect-ws.
 *
 * @since 0.1.0
 */
import { WebSocket } from "./Face.ts"

export * from "./Face.ts"
export { PerMessageDeflate } from "./PerMessageDeflate.ts"
export { Receiver } from "./Receiver.ts"
export { Sender } from "./Sender.ts"
export type * from "./Settings.ts"
export { WebSocket as "module.exports", WebSocket as default }
