/**
 * A span for each message, for those who want to see all of them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Tracer from "effect/Tracer"
import type * as Connection from "../Connection.ts"
import * as Message from "../protocol/Message.ts"
import * as Opcode from "../protocol/Opcode.ts"
import * as Tracing from "./Tracing.ts"

type Messages = ReadonlyArray<Message.Message | Message.Prepared>

/**
 * The same connection with a span for each message: `websocket.receive` from when it is handed over until the reader wants
 * more, and `websocket.send` until it is accepted.
 *
 * @category combinators
 * @since 0.1.0
 */
export const trace = <C extends Connection.Connection>(
  connection: C,
  parent: Tracer.Span
): Effect.Effect<C, never, Scope.Scope> => {
  const received = new Received(parent)
  const { messages, pull, send, sendAll, sendStream } = connection
  const sending = around("websocket.send", "producer", parent)
  const overrides: Partial<Connection.Connection> = {
    pull: received.of(pull),
    messages: Stream.transformPull(messages, (pull) => Effect.succeed(received.of(pull))),
    send: (message, options) => sending([message], send(message, options)),
    sendAll: (messages, options) => sending(messages, sendAll(messages, options)),
    sendStream: (parts, options) => sending([undefined], sendStream(parts, options))
  }
  return Effect.as(
    Effect.addFinalizer(() => received.done),
    // Whatever else the connection has, it keeps
    Object.create(connection, Object.getOwnPropertyDescriptors(overrides)) as C
  )
}

const optionsOf = (message: Messages[number] | undefined, kind: Tracer.SpanKind, parent: Tracer.Span) => {
  if (message === undefined) return { parent, kind }
  const size = typeof message === "string" || message instanceof Uint8Array ? message.length : message.payload.length
  const type = Message.opcodeOf(message) === Opcode.Text ? "text" : "binary"
  return { parent, kind, attributes: { "websocket.message.type": type, "websocket.message.size": size } }
}

/** Gives each message a span for as long as an effect takes. */
const around =
  (name: string, kind: Tracer.SpanKind, parent: Tracer.Span) =>
  <A, E, R>(messages: ReadonlyArray<Messages[number] | undefined>, effect: Effect.Effect<A, E, R>) =>
    messages.reduce<Effect.Effect<A, E, R>>(
      (inner, message) => Effect.useSpan(name, optionsOf(message, kind, parent), () => inner),
      effect
    )

/** The messages that the reader has in hand. */
class Received {
  private readonly parent: Tracer.Span
  private inHand: Array<Tracing.Begun> = []

  constructor(parent: Tracer.Span) {
    this.parent = parent
  }

  /** The reader is done with them. */
  readonly done = Effect.sync(() => {
    for (const { end } of this.inHand.splice(0)) end(Exit.void)
  })

  of(pull: Connection.Connection["pull"]): Connection.Connection["pull"] {
    return Effect.andThen(
      this.done,
      Effect.tap(pull, Effect.forEach((message) => this.begin(message), { discard: true }))
    )
  }

  private begin(message: Message.Message): Effect.Effect<void> {
    return Tracing.begin("websocket.receive", () => optionsOf(message, "consumer", this.parent), (begun) => {
      if (begun !== undefined) this.inHand.push(begun)
      return Effect.void
    })
  }
}
