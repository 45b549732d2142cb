/** Messages of all kinds that differ to compression, and our side of the tests with them. */
import { Effect, Stream } from "effect"
import type { Connection } from "../../../src/Connection.ts"
import { json, noise } from "../../transport/DeflateSamples.ts"

/** Below the thresholds and over them; for the thread pool, and not; what cannot be compressed; and nothing. */
export const payloads: ReadonlyArray<string | Buffer> = [
  "Hello",
  "",
  Buffer.alloc(0),
  json(127).toString(),
  json(128),
  json(1023),
  json(1024).toString(),
  json(5000).toString(),
  json(5000),
  noise(5000),
  noise(50_000),
  "Straße, 東京, 👩‍👩‍👧 ".repeat(100),
  "compressible ".repeat(81_000)
]

const total = payloads.reduce((sum, payload) => sum + Buffer.byteLength(payload), 0)

/** Fewer octets than this go over the wire for all of them, if what can be compressed is. */
export const compressed = total / 8

export const parts = ["streamed ", "in ", "", "parts ".repeat(100)]

/** Sends a message in parts, and then sends back what comes. */
export const echo = ({ messages, sendStream, sink }: Connection) =>
  Effect.andThen(sendStream(Stream.fromIterable(parts)), Stream.run(messages, sink))
