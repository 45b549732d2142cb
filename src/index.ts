/**
 * effect-ws: WebSocket connections as Effect streams and scopes.
 *
 * @since 0.1.0
 */
export * as AsyncConnection from "./AsyncConnection.ts"
export * as Codec from "./Codec.ts"
export * as Compression from "./Compression.ts"
export * as Connection from "./Connection.ts"
export * as ConnectionOptions from "./ConnectionOptions.ts"
export * as EffectRpc from "./EffectRpc.ts"
export * as EffectSocket from "./EffectSocket.ts"
export * as EffectSocketServer from "./EffectSocketServer.ts"
export * as FrameStream from "./FrameStream.ts"
export * as Heartbeat from "./Heartbeat.ts"
export * as Hub from "./Hub.ts"
export * as HubBackplane from "./HubBackplane.ts"
export * as NodeHttpWebSocket from "./NodeHttpWebSocket.ts"
export * as NodeWebSocketServer from "./NodeWebSocketServer.ts"
export * as Observability from "./Observability.ts"
export * as Reconnect from "./Reconnect.ts"
export * as UpgradeRequest from "./UpgradeRequest.ts"
export * as WebSocketClient from "./WebSocketClient.ts"
export * as WebSocketConfig from "./WebSocketConfig.ts"
export * as WebSocketError from "./WebSocketError.ts"
export * as WebSocketServer from "./WebSocketServer.ts"
