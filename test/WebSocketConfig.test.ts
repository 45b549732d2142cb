import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Duration, Effect, Layer } from "effect"
import * as WebSocketConfig from "effect-ws/WebSocketConfig"
import { WebSocketServer } from "effect-ws/WebSocketServer"
import { readFileSync } from "node:fs"

const { client, connection, endpoint, server } = WebSocketConfig

const parse = (config: Config.Config<unknown>, env: Record<string, string>) =>
  config.parse(ConfigProvider.fromEnv({ env }))

/** The names that a config asks for. */
const namesOf = (config: Config.Config<unknown>): ReadonlyArray<string> => {
  const names = new Set<string>()
  const provider = ConfigProvider.make((path) =>
    Effect.sync(() => {
      names.add(path.join("_"))
      return undefined
    })
  )
  Effect.runSync(config.parse(provider))
  return [...names]
}

const ofConnection = {
  env: {
    WEBSOCKET_CLOSE_TIMEOUT: "2 seconds",
    WEBSOCKET_INBOX_SIZE: "1 MiB",
    WEBSOCKET_COMPRESSION_SERVER_NO_CONTEXT_TAKEOVER: "true",
    WEBSOCKET_COMPRESSION_CLIENT_NO_CONTEXT_TAKEOVER: "off",
    WEBSOCKET_COMPRESSION_SERVER_MAX_WINDOW_BITS: "12",
    WEBSOCKET_COMPRESSION_CLIENT_MAX_WINDOW_BITS: "true",
    WEBSOCKET_COMPRESSION_THRESHOLD: "2 kB",
    WEBSOCKET_COMPRESSION_LEVEL: "-1",
    WEBSOCKET_COMPRESSION_MEM_LEVEL: "9",
    WEBSOCKET_COMPRESSION_MAX_RATIO: "100",
    WEBSOCKET_COMPRESSION_STRATEGY: "0",
    WEBSOCKET_HEARTBEAT_INTERVAL: "1 minute",
    WEBSOCKET_HEARTBEAT_TIMEOUT: "500 millis",
    WEBSOCKET_HEARTBEAT_IDLE_TIMEOUT: "Infinity",
    WEBSOCKET_MAX_MESSAGE_SIZE: "65536",
    WEBSOCKET_MAX_FRAGMENTS: "1",
    WEBSOCKET_MAX_CHUNKS: "2",
    WEBSOCKET_MAX_PENDING_PINGS: "0"
  },
  options: {
    closeTimeout: Duration.seconds(2),
    inboxSize: 1_048_576,
    compression: {
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 12,
      clientMaxWindowBits: true,
      threshold: 2000,
      level: -1,
      memLevel: 9,
      maxRatio: 100,
      strategy: 0
    },
    heartbeat: { interval: Duration.minutes(1), timeout: Duration.millis(500), idleTimeout: Duration.infinity },
    maxMessageSize: 65_536,
    maxFragments: 1,
    maxChunks: 2,
    maxPendingPings: 0
  }
}

const ofServer = {
  env: {
    WEBSOCKET_PORT: "0",
    WEBSOCKET_HOST: "127.0.0.1",
    WEBSOCKET_PATH: "/run/chat.sock",
    WEBSOCKET_BACKLOG: "100",
    WEBSOCKET_MAX_HEADER_SIZE: "8 KiB",
    WEBSOCKET_MAX_CONNECTIONS: "1000",
    WEBSOCKET_HANDSHAKE_TIMEOUT: "3 seconds"
  },
  options: {
    port: 0,
    host: "127.0.0.1",
    path: "/run/chat.sock",
    backlog: 100,
    maxHeaderSize: 8192,
    maxConnections: 1000,
    handshakeTimeout: Duration.seconds(3)
  }
}

const ofEndpoint = {
  env: {
    ...ofConnection.env,
    WEBSOCKET_PROTOCOLS: "chat,superchat",
    WEBSOCKET_ORIGINS: "https://a.example,https://b.example"
  },
  options: {
    ...ofConnection.options,
    protocols: ["chat", "superchat"],
    origins: ["https://a.example", "https://b.example"]
  }
}

const ofClient = {
  env: {
    ...ofConnection.env,
    WEBSOCKET_PROTOCOLS: "chat",
    WEBSOCKET_HEADERS: "authorization=Bearer dG9rZW4=,x-trace=1",
    WEBSOCKET_ORIGIN: "https://a.example",
    WEBSOCKET_VERSION: "8",
    WEBSOCKET_MAX_REDIRECTS: "3",
    WEBSOCKET_HANDSHAKE_TIMEOUT: "3 seconds"
  },
  options: {
    ...ofConnection.options,
    protocols: ["chat"],
    headers: { "authorization": "Bearer dG9rZW4=", "x-trace": "1" },
    origin: "https://a.example",
    version: 8,
    maxRedirects: 3,
    handshakeTimeout: Duration.seconds(3)
  }
}

/** What switches a group as a whole. */
const switches = ["WEBSOCKET_COMPRESSION", "WEBSOCKET_HEARTBEAT"]

describe("the configuration", () => {
  const all = [
    ["a connection", connection, ofConnection, switches],
    ["an endpoint", endpoint, ofEndpoint, switches],
    ["a client", client, ofClient, switches],
    ["a server", server, ofServer, []]
  ] as const

  for (const [name, config, { env, options }, switches] of all) {
    it.effect(`has every option of ${name}, under its name`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* parse(config, env), options)
        assert.deepStrictEqual(namesOf(config).toSorted(), [...Object.keys(env), ...switches].toSorted())
      }))

    it.effect(`leaves ${name} as it is where nothing is said`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* parse(config, { PATH: "/bin", PORT: "80", VERSION: "1.2.3" }), {})
      }))
  }

  it("has the names that README.md has", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
    const documented = new Set(readme.match(/`WEBSOCKET_[A-Z_]+`/g)?.map((name) => name.slice(1, -1)))
    const known = new Set(all.flatMap(([, config]) => namesOf(config)))
    assert.deepStrictEqual([...documented].toSorted(), [...known].toSorted())
  })

  it.effect("switches compression and heartbeat as a whole; off is off", () =>
    Effect.gen(function*() {
      const on = yield* parse(connection, { WEBSOCKET_COMPRESSION: "true", WEBSOCKET_HEARTBEAT: "yes" })
      assert.deepStrictEqual(on, { compression: true, heartbeat: true })
      const more = yield* parse(connection, { WEBSOCKET_COMPRESSION: "true", WEBSOCKET_COMPRESSION_LEVEL: "1" })
      assert.deepStrictEqual(more, { compression: { level: 1 } })
      const off = yield* parse(connection, { WEBSOCKET_COMPRESSION: "false", WEBSOCKET_COMPRESSION_LEVEL: "1" })
      assert.deepStrictEqual(off, { compression: false })
    }))

  it.effect("knows the origins of the same host", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* parse(endpoint, { WEBSOCKET_ORIGINS: "same" }), { origins: "same" })
    }))

  it.effect("is found below a prefix, and in a document", () =>
    Effect.gen(function*() {
      const chat = Config.nested(server, "CHAT")
      assert.deepStrictEqual(yield* parse(chat, { CHAT_WEBSOCKET_PORT: "80" }), { port: 80 })
      const document = ConfigProvider.fromUnknown({ CHAT: { WEBSOCKET: { PORT: 80 } } })
      assert.deepStrictEqual(yield* chat.parse(document), { port: 80 })
    }))

  const wrong = [
    ["WEBSOCKET_PORT", "http", server],
    ["WEBSOCKET_PORT", "65536", server],
    ["WEBSOCKET_MAX_CONNECTIONS", "-1", server],
    ["WEBSOCKET_HANDSHAKE_TIMEOUT", "5", server],
    ["WEBSOCKET_HANDSHAKE_TIMEOUT", "-5 seconds", server],
    ["WEBSOCKET_MAX_HEADER_SIZE", "16 kilos", server],
    ["WEBSOCKET_INBOX_SIZE", "-1", connection],
    ["WEBSOCKET_INBOX_SIZE", "1.5", connection],
    ["WEBSOCKET_COMPRESSION", "perhaps", connection],
    ["WEBSOCKET_COMPRESSION_LEVEL", "10", connection],
    ["WEBSOCKET_COMPRESSION_CLIENT_MAX_WINDOW_BITS", "7", connection],
    ["WEBSOCKET_HEARTBEAT_INTERVAL", "often", connection],
    ["WEBSOCKET_VERSION", "14", client]
  ] as const

  it.effect.each(wrong)(
    "refuses %s: %s=%s with an error that names it",
    ([name, value, config]) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(parse(config, { [name]: value }))
        assert.instanceOf(error, Config.ConfigError)
        assert.strictEqual(error.message.match(/at \["(.*)"\]/)?.[1].replaceAll("\"][\"", "_"), name)
      })
  )
})

/** Where a server listens. */
const hostOf = (layer: ReturnType<typeof WebSocketConfig.layerServer>, env: Record<string, string>) =>
  Effect.gen(function*() {
    const { url } = yield* WebSocketServer
    return new URL(yield* url).hostname
  }).pipe(Effect.provide(Layer.provide(layer, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))))

describe("a server with options from the configuration", () => {
  it.live("listens where it says", () =>
    Effect.gen(function*() {
      const host = yield* hostOf(WebSocketConfig.layerServer(), { WEBSOCKET_HOST: "127.0.0.1", WEBSOCKET_PORT: "0" })
      assert.strictEqual(host, "127.0.0.1")
    }))

  it.live("takes options by other names", () =>
    Effect.gen(function*() {
      const layer = WebSocketConfig.layerServer({ host: Config.String("ADDRESS"), port: Config.succeed(0) })
      assert.strictEqual(yield* hostOf(layer, { ADDRESS: "127.0.0.1" }), "127.0.0.1")
    }))

  it.effect("is none if it says nonsense", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(hostOf(WebSocketConfig.layerServer(), { WEBSOCKET_PORT: "http" }))
      assert.strictEqual(error._tag, "ConfigError")
    }))
})
