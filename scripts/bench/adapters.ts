/** What is compared: programs that all do the same work. */
import type { Case } from "./cases.ts"
import type { Peer } from "./peers.ts"

export interface Adapter {
  readonly name: string
  readonly program: URL
  /** After the job. */
  readonly args?: ReadonlyArray<string>
  readonly env?: NodeJS.ProcessEnv
  /** Whose bars count. */
  readonly face?: "compat" | "effect"
  /** What has to be installed. */
  readonly peer?: Peer
  readonly lacks?: ReadonlyArray<"compression" | "tls" | "push">
  /** It does nothing else. */
  readonly only?: Case["measure"]
  /** It is part of the short mode. */
  readonly short?: boolean
}

const inJavaScript = { WS_NO_BUFFER_UTIL: "1" }
/** A larger heap, as programs have that load more than a WebSocket library. */
const besideEffect = { NODE_OPTIONS: "--import=effect/Stream" }

const server = (name: string): URL => new URL(`servers/${name}.ts`, import.meta.url)
const client = (name: string): URL => new URL(`clients/${name}.ts`, import.meta.url)

const servers: ReadonlyArray<Adapter> = [
  { name: "ws", program: server("ws"), env: inJavaScript, short: true },
  { name: "ws+bufferutil", program: server("ws") },
  { name: "ws beside effect", program: server("ws"), env: besideEffect },
  { name: "compat", program: server("ws"), args: ["effect-ws/compat"], face: "compat", short: true },
  { name: "compat beside effect", program: server("ws"), args: ["effect-ws/compat"], env: besideEffect },
  { name: "effect-ws", program: server("effect-ws"), face: "effect", short: true },
  { name: "effect-ws-each", program: server("effect-ws-each") },
  { name: "effect-socket", program: server("effect-socket"), lacks: ["tls"] },
  { name: "websocket", program: server("websocket"), peer: "websocket", lacks: ["compression", "tls"] },
  { name: "faye-websocket", program: server("faye-websocket"), peer: "faye-websocket", lacks: ["compression", "tls"] },
  { name: "uws", program: server("uws"), peer: "@btc-vision/uwebsockets.js", lacks: ["tls"] },
  { name: "bare HTTP", program: server("http"), only: "handshakes" },
  { name: "raw TCP", program: server("raw"), lacks: ["compression", "tls", "push"] }
]

const clients: ReadonlyArray<Adapter> = [
  { name: "ws", program: client("ws"), env: inJavaScript },
  { name: "ws+bufferutil", program: client("ws") },
  { name: "compat", program: client("ws"), args: ["effect-ws/compat"], face: "compat" },
  { name: "effect-ws", program: client("effect-ws"), face: "effect" },
  { name: "Node", program: client("node") }
]

/** Who can do it. */
export const adaptersOf = ({ compression = false, measure, tls = false, work }: Case): ReadonlyArray<Adapter> => {
  const needs = { compression, tls, push: work === "push" }
  const all = measure === "client" ? clients : servers
  return all.filter(({ lacks = [], only = measure }) => only === measure && !lacks.some((feature) => needs[feature]))
}
