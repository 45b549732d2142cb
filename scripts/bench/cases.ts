/** What is measured. */
import type { Job } from "./job.ts"
import type { Content } from "./load/bytes.ts"

/** How many times better than the reference each face is to be. */
interface Bars {
  readonly compat: number
  readonly effect: number
}

export interface Case {
  readonly name: string
  /**
   * CPU per message while messages are on the way, or while they only come; CPU per handshake; memory of an idle
   * connection; growth of the memory while the peer does not read; CPU per message of a client.
   */
  readonly measure: "exchange" | "ingest" | "handshakes" | "memory" | "stall" | "client"
  readonly work: Job["work"]
  readonly connections: number
  /** Messages on the way on each connection. */
  readonly depth?: number
  readonly content: Content
  readonly compression?: boolean
  readonly tls?: boolean
  /** Memory is that of a process that has had no connections before. */
  readonly isFresh?: boolean
  readonly bars?: Bars
  /** Whom the others are compared with, if it is not ws. */
  readonly reference?: string
  /** It is part of the short mode. */
  readonly short?: boolean
}

export const isOfMemory = ({ measure }: Case): boolean => measure === "memory" || measure === "stall"

const kib = 1024
const small: Content = { size: 64, kind: "binary" }
const text: Content = { size: kib, kind: "ascii" }
const large: Content = { size: 16 * kib, kind: "binary" }
const huge: Content = { size: kib * kib, kind: "binary" }

const echo = { measure: "exchange", work: "echo", connections: 16, depth: 64 } as const
const pingPong = { ...echo, connections: 64, depth: 1, content: small }
const echoLarge = { ...echo, depth: 8, content: large, reference: "ws+bufferutil" } as const
const echoHuge = { ...echoLarge, connections: 4, depth: 1, content: huge }

const echoes: ReadonlyArray<Case> = [
  { ...pingPong, name: "ping-pong, 64 connections, 64 B", bars: { compat: 1.4, effect: 1.35 }, short: true },
  { ...echo, name: "pipelined 64 B, 16 x 64", content: small, bars: { compat: 28, effect: 25 }, short: true },
  { ...echo, name: "pipelined 1 KiB text, 16 x 64", content: text, bars: { compat: 11.5, effect: 11 }, short: true },
  { ...echo, name: "pipelined 1 KiB UTF-8, 16 x 64", content: { ...text, kind: "utf8" } },
  { ...echoLarge, name: "pipelined 16 KiB, 16 x 8", bars: { compat: 1.25, effect: 1.25 }, short: true },
  {
    ...echoLarge,
    name: "fragmented 16 KiB, 16 x 8",
    content: { ...large, fragments: 16 },
    bars: { compat: 1.5, effect: 1.5 }
  },
  { ...echoHuge, name: "echo 1 MiB, 4 connections", bars: { compat: 1.3, effect: 1.3 }, short: true },
  { ...pingPong, name: "TLS ping-pong, 64 connections, 64 B", tls: true },
  { ...echo, name: "TLS pipelined 64 B, 16 x 64", content: small, tls: true }
]

const ingest = { measure: "ingest", work: "count", connections: 16 } as const

const ingests: ReadonlyArray<Case> = [
  { ...ingest, name: "ingest 64 B binary", content: small, bars: { compat: 4, effect: 4 }, short: true },
  { ...ingest, name: "ingest 64 B text", content: { ...small, kind: "ascii" }, bars: { compat: 3, effect: 3 } },
  { ...ingest, name: "ingest 16 KiB", content: large, reference: "ws+bufferutil", bars: { compat: 1.1, effect: 1.1 } }
]

const broadcastOf = (connections: number, size: number, compression: boolean, bars?: Bars): Case => ({
  name: `broadcast to ${connections}, ${size} B${compression ? " compressed" : ""}`,
  measure: "exchange",
  work: "broadcast",
  connections,
  content: { size, kind: "json" },
  compression,
  ...bars === undefined ? {} : { bars }
})

const broadcasts: ReadonlyArray<Case> = [
  broadcastOf(100, 128, false),
  broadcastOf(100, kib, false),
  { ...broadcastOf(1000, 128, false, { compat: 1.35, effect: 1.6 }), short: true },
  broadcastOf(1000, kib, false, { compat: 1.35, effect: 1.6 }),
  broadcastOf(100, 128, true),
  broadcastOf(100, kib, true),
  broadcastOf(1000, 128, true),
  broadcastOf(1000, kib, true, { compat: 1.5, effect: 20 })
]

const push: Case = {
  name: "push of 64 B, 16 connections",
  measure: "exchange",
  work: "push",
  connections: 16,
  content: small
}

const handshakes: Case = {
  name: "handshakes, 16 at once",
  measure: "handshakes",
  work: "echo",
  connections: 16,
  content: small,
  bars: { compat: 2, effect: 1.7 },
  short: true
}

const memory = {
  measure: "memory",
  work: "echo",
  content: small,
  bars: { compat: 1 / 0.55, effect: 1 / 0.75 }
} as const

const memories: ReadonlyArray<Case> = [
  { ...memory, name: "an idle connection of 1000", connections: 1000, short: true },
  { ...memory, name: "an idle connection of the first 1000", connections: 1000, isFresh: true },
  { ...memory, name: "an idle connection of 10000", connections: 10_000 },
  { name: "a peer that does not read, 16 KiB", measure: "stall", work: "echo", connections: 1, content: large }
]

const client = { measure: "client", work: "echo", content: small } as const

const clients: ReadonlyArray<Case> = [
  { ...client, name: "client ping-pong, 64 connections, 64 B", connections: 64, bars: { compat: 1.3, effect: 1.25 } },
  { ...client, name: "client pipelined 64 B, 16 x 64", connections: 16, depth: 64, bars: { compat: 20, effect: 20 } }
]

export const cases = [...echoes, ...ingests, ...broadcasts, push, handshakes, ...memories, ...clients]
