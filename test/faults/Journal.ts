/** What one side was asked to send, and what the other side got: and whether that is as it has to be. */
import { Effect, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import type { Message } from "effect-ws/protocol"

interface Entry {
  readonly content: string
  /** When it was called for, and when it was accepted, in the order of events. */
  readonly called: number
  accepted: number
}

const textOf = (message: Message.Message): string =>
  typeof message === "string" ? message : Buffer.from(message).toString()

export class Journal {
  private readonly entries = new Map<string, Entry>()
  readonly received: Array<string> = []
  private clock = 0

  /** Sends messages by one call; they have to be different from all others. */
  sending<E>(contents: ReadonlyArray<string>, send: Effect.Effect<void, E>): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      const called = this.clock++
      const entries = contents.map((content) => ({ content, called, accepted: Infinity }))
      for (const entry of entries) this.entries.set(entry.content, entry)
      return Effect.tap(send, () =>
        Effect.sync(() => {
          const accepted = this.clock++
          for (const entry of entries) entry.accepted = accepted
        }))
    })
  }

  /** Takes what comes. */
  receive({ messages }: Connection) {
    return messages.pipe(Stream.map((message) => void this.received.push(textOf(message))))
  }

  /** Everything that was accepted has arrived. */
  missing(): ReadonlyArray<string> {
    const received = new Set(this.received)
    return [...this.entries.values()].filter((it) => it.accepted < Infinity && !received.has(it.content)).map(nameOf)
  }

  /** What is wrong with what has arrived: it has to be a prefix, in order, of what was called for. */
  faults(): ReadonlyArray<string> {
    const { entries, received } = this
    const strangers = received.filter((content) => !entries.has(content))
    const doubled = received.length === new Set(received).size ? [] : ["something came twice"]
    const arrived = received.flatMap((content) => entries.get(content) ?? [])
    const swapped = arrived.filter(({ accepted }, i) => arrived.slice(0, i).some(({ called }) => accepted < called))
    const last = Math.max(-1, ...arrived.map(({ called }) => called))
    const lost = [...entries.values()].filter((it) => it.accepted < last && !arrived.includes(it))
    return [
      ...strangers.map((content) => `${content.slice(0, 30)} was never sent`),
      ...doubled,
      ...swapped.map((entry) => `${nameOf(entry)} came late`),
      ...lost.map((entry) => `${nameOf(entry)} is missing`)
    ]
  }
}

const nameOf = ({ content }: Entry): string => `"${content.slice(0, 8)}"`
