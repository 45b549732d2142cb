/** What a side of a connection may be at. Everything is to end when the connection does. */
import { Effect, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import type { Journal } from "./Journal.ts"

export interface Side {
  readonly connection: Connection
  /** Of what it sends. */
  readonly outgoing: Journal
  readonly incoming: Journal
}

export type Activity = (side: Side, name: string, size: number) => Effect.Effect<unknown, unknown>

const filler = "the quick brown fox jumps over the lazy dog; ".repeat(2000)

const contentOf = (name: string, n: number, size: number): string => `${name}.${n}: ${filler.slice(0, size)}`

/** Every other message is binary. */
const messageOf = (content: string, n: number) => n % 2 === 0 ? content : Buffer.from(content)

const count = 12

const each = (send: (n: number) => Effect.Effect<unknown, unknown>) =>
  Effect.forEach(Array.from({ length: count }, (_, n) => n), send, { discard: true })

export const senders: Readonly<Record<string, Activity>> = {
  sends: ({ connection, outgoing }, name, size) =>
    each((n) => {
      const content = contentOf(name, n, size)
      return outgoing.sending([content], connection.send(messageOf(content, n)))
    }),
  "sends now and then": ({ connection, outgoing }, name, size) =>
    each((n) => {
      const content = contentOf(name, n, size)
      return Effect.andThen(Effect.yieldNow, outgoing.sending([content], connection.send(messageOf(content, n))))
    }),
  "sends arrays": ({ connection, outgoing }, name, size) =>
    each((n) => {
      const contents = [0, 1, 2].map((i) => contentOf(name, 3 * n + i, i * size))
      return outgoing.sending(contents, connection.sendAll(contents.map(messageOf)))
    }),
  streams: ({ connection, outgoing }, name, size) =>
    each((n) => {
      const parts = [contentOf(name, n, 0), "", filler.slice(0, size), "."]
      const stream = Stream.mapEffect(Stream.fromIterable(parts), (part) => Effect.as(Effect.yieldNow, part))
      return outgoing.sending([parts.join("")], connection.sendStream(stream))
    }),
  pings: ({ connection }) => each(() => Effect.andThen(Effect.yieldNow, connection.ping({ timeout: "5 seconds" })))
}

export const readers: Readonly<Record<string, Activity>> = {
  "reads all": ({ connection, incoming }) => Stream.runDrain(incoming.receive(connection)),
  "reads slowly": ({ connection, incoming }) =>
    Stream.runForEach(incoming.receive(connection), () => Effect.repeat(Effect.yieldNow, { times: 2 })),
  "reads some": ({ connection, incoming }) => Stream.runDrain(Stream.take(incoming.receive(connection), 5)),
  "reads nothing": () => Effect.void
}
