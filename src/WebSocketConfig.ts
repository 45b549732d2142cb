/**
 * Options that are read from the configuration, such as the environment.
 *
 * **Details**
 *
 * An option's name is its own in constant case, below `WEBSOCKET`: `WEBSOCKET_CLOSE_TIMEOUT` is `closeTimeout`. One that is
 * not there keeps its default, and one that cannot be is a `ConfigError`. Times have a unit (`10 seconds`), sizes may have
 * one (`64 KiB`), lists have commas (`chat,superchat`), headers are `name=value,other=value`. Compression and heartbeat are
 * switched as a whole (`WEBSOCKET_COMPRESSION=true`), or get options of their own (`WEBSOCKET_COMPRESSION_LEVEL=5`).
 * `Config.nested` puts another prefix before all of them.
 *
 * It is a module of its own because `Config` stands on `Schema`, which takes 5 MiB of heap.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { HandshakeOptions } from "./client/HandshakeOptions.ts"
import type * as Compression from "./Compression.ts"
import type * as HeartbeatOptions from "./connection/HeartbeatOptions.ts"
import * as OptionTable from "./connection/OptionTable.ts"
import type { ConnectionOptions } from "./ConnectionOptions.ts"
import * as NodeWebSocketServer from "./NodeWebSocketServer.ts"
import type * as WebSocketClient from "./WebSocketClient.ts"
import type { WebSocketError } from "./WebSocketError.ts"
import type { HandleOptions, WebSocketServer } from "./WebSocketServer.ts"

const { group, integer, list, octets, record, switched, text, time } = OptionTable

const windowBits = OptionTable.of(
  Schema.Union([Schema.Int.check(Schema.isBetween({ minimum: 8, maximum: 15 })), Schema.Boolean])
)

// A table without a row for an option does not compile: what is added to the options is to be added here, or left to the
// program by an `Omit`.

const ofCompression: OptionTable.Table<Omit<Compression.Options, "pool">> = {
  serverNoContextTakeover: switched,
  clientNoContextTakeover: switched,
  serverMaxWindowBits: windowBits,
  clientMaxWindowBits: windowBits,
  threshold: octets,
  maxRatio: integer(1),
  level: integer(-1, 9),
  memLevel: integer(1, 9),
  strategy: integer(0, 4)
}

const ofHeartbeat: OptionTable.Table<HeartbeatOptions.Options> = {
  interval: time,
  timeout: time,
  idleTimeout: time
}

const ofConnection: OptionTable.Table<ConnectionOptions> = {
  closeTimeout: time,
  inboxSize: octets,
  compression: group(ofCompression),
  heartbeat: group(ofHeartbeat),
  maxMessageSize: octets,
  maxFragments: integer(1),
  maxChunks: integer(1),
  maxPendingPings: integer(0)
}

const ofHandshake: OptionTable.Table<Omit<HandshakeOptions, "tls" | "agent">> = {
  protocols: list,
  headers: record,
  origin: text,
  version: OptionTable.of(Schema.Literals([13, 8])),
  maxRedirects: integer(0)
}

/**
 * Options of any connection.
 *
 * @category configuration
 * @since 0.1.0
 */
export const connection: Config.Config<ConnectionOptions> = OptionTable.read(ofConnection)

/**
 * Options of a client, but for `tls` and `agent`.
 *
 * **Example** (Reading the options of one client)
 *
 * ```ts
 * import { Config, ConfigProvider, Effect } from "effect"
 * import * as WebSocketClient from "effect-ws/WebSocketClient"
 * import * as WebSocketConfig from "effect-ws/WebSocketConfig"
 *
 * const upstream = Config.nested(WebSocketConfig.client, "UPSTREAM")
 *
 * const connect = Effect.flatMap(upstream, (options) => WebSocketClient.connect("wss://example.com", options))
 *
 * const env = { UPSTREAM_WEBSOCKET_MAX_REDIRECTS: "3", UPSTREAM_WEBSOCKET_MAX_MESSAGE_SIZE: "1 MiB" }
 * Effect.runSync(upstream.parse(ConfigProvider.fromEnv({ env }))) // => { maxMessageSize: 1048576, maxRedirects: 3 }
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const client: Config.Config<Omit<WebSocketClient.Options, "tls" | "agent">> = OptionTable.read({
  ...ofConnection,
  ...ofHandshake,
  handshakeTimeout: time
})

/**
 * Options of `WebSocketServer.handle`, but for `accept` and `headers`.
 *
 * **Example** (Reading the options of an endpoint)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import * as WebSocketConfig from "effect-ws/WebSocketConfig"
 * import * as WebSocketServer from "effect-ws/WebSocketServer"
 *
 * const Echo = Layer.unwrap(Effect.map(
 *   WebSocketConfig.endpoint,
 *   (options) => WebSocketServer.handle("/echo", options, ({ messages, sink }) => Stream.run(messages, sink))
 * ))
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const endpoint: Config.Config<Omit<HandleOptions<void, never>, "accept" | "headers">> = OptionTable.read<
  Omit<HandleOptions<void, never>, "accept" | "headers">
>({
  ...ofConnection,
  protocols: list,
  origins: (name) => Config.map(list(name), (origins) => origins?.join() === "same" ? "same" : origins)
})

/**
 * Options of a server, but for `tls`.
 *
 * @category configuration
 * @since 0.1.0
 */
export const server: Config.Config<Omit<NodeWebSocketServer.ListenOptions, "tls">> = OptionTable.read({
  port: integer(0, 65_535),
  host: text,
  path: text,
  backlog: integer(0),
  maxHeaderSize: octets,
  maxConnections: integer(0),
  handshakeTimeout: time
})

/**
 * `NodeWebSocketServer.layer` with options from the configuration: those of `server`, if no others are given.
 *
 * **Example** (Listening where the environment says)
 *
 * ```ts
 * import { ConfigProvider, Effect, Layer } from "effect"
 * import * as WebSocketConfig from "effect-ws/WebSocketConfig"
 * import { WebSocketServer } from "effect-ws/WebSocketServer"
 *
 * const env = { WEBSOCKET_PORT: "8080", WEBSOCKET_HOST: "127.0.0.1", WEBSOCKET_MAX_CONNECTIONS: "1000" }
 *
 * const Server = WebSocketConfig.layerServer().pipe(
 *   Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
 * )
 *
 * const host = Effect.gen(function*() {
 *   const server = yield* WebSocketServer
 *   return new URL(yield* server.url).hostname
 * })
 *
 * await Effect.runPromise(Effect.provide(host, Server)) // => "127.0.0.1"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerServer = (
  options: Config.Wrap<NodeWebSocketServer.ListenOptions> = server
): Layer.Layer<WebSocketServer, WebSocketError | Config.ConfigError> =>
  Layer.unwrap(Effect.map(Config.unwrap(options), NodeWebSocketServer.layer))
