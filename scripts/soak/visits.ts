/** What clients do: they come, talk, and go, in the one or the other face, each time in another way. */
import { Effect, Stream } from "effect"
import { createWebSocketStream, WebSocket } from "effect-ws/compat"
import type * as Connection from "effect-ws/Connection"
import * as WebSocketClient from "effect-ws/WebSocketClient"
import { once } from "node:events"
import { orders } from "./servers.ts"

/** What is said, in parts where it is sent as fragments. */
export interface Talk {
  readonly messages: ReadonlyArray<string | Uint8Array>
  readonly fragments: ReadonlyArray<Uint8Array>
}

const json = JSON.stringify({ id: 7919, name: "user 31", active: true, score: 0.25 })

export const talks: ReadonlyArray<Talk> = [
  { messages: Array.from({ length: 30 }, (_, i) => `${i} ${json}`), fragments: [] },
  { messages: [new Uint8Array(64).fill(7), "", json.repeat(100)], fragments: [] },
  { messages: [new Uint8Array(300_000).fill(9)], fragments: [] },
  { messages: [json], fragments: [1, 20_000, 300].map((size) => new Uint8Array(size).fill(5)) },
  { messages: [], fragments: [] }
]

export const endings = ["close", "leave", "terminate", "told to close", "told to terminate", "told to fail"] as const
export type Ending = typeof endings[number]

/** A visit to one of our servers. Fails if anything is not as it should be. */
export interface Visit {
  readonly url: string
  readonly compression: boolean
  readonly talk: Talk
  readonly ending: Ending
}

const orderOf = (ending: Ending): string | undefined =>
  ({ "told to close": orders.close, "told to terminate": orders.terminate, "told to fail": orders.fail })[
    ending as string
  ]

const expectLengths = (heard: ReadonlyArray<number>, { fragments, messages }: Talk): void => {
  const whole = fragments.reduce((sum, { length }) => sum + length, 0)
  const said = [...messages.map((message) => Buffer.byteLength(message)), ...fragments.length > 0 ? [whole] : []]
  if (heard.join() !== said.join()) throw new Error(`said ${said}, heard ${heard}`)
}

// ---- the Effect face ----

const converse = Effect.fnUntraced(function*(connection: Connection.Connection, talk: Talk) {
  yield* connection.sendAll(talk.messages)
  if (talk.fragments.length > 0) yield* connection.sendStream(Stream.fromIterable(talk.fragments))
  const count = talk.messages.length + (talk.fragments.length > 0 ? 1 : 0)
  const heard = yield* Stream.runCollect(Stream.take(connection.messages, count))
  expectLengths(heard.map((message) => Buffer.byteLength(message)), talk)
  yield* connection.ping()
})

const go = (connection: Connection.Connection, ending: Ending): Effect.Effect<unknown, unknown> => {
  const order = orderOf(ending)
  if (order !== undefined) return Effect.andThen(connection.send(order), connection.closed)
  if (ending === "close") return connection.close(1000, "bye")
  return ending === "terminate" ? connection.terminate : Effect.void
}

export const byEffect = ({ compression, ending, talk, url }: Visit): Promise<void> =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url, { compression: compression && { threshold: 0 } })
    yield* converse(connection, talk)
    yield* go(connection, ending)
  }).pipe(Effect.scoped, Effect.runPromise)

// ---- the face of ws ----

/** Waits for so many messages. */
const hear = (socket: WebSocket, count: number): Promise<ReadonlyArray<number>> =>
  new Promise((resolve, reject) => {
    const heard: Array<number> = []
    const onMessage = (data: Buffer) => {
      heard.push(data.length)
      if (heard.length < count) return
      socket.off("message", onMessage)
      resolve(heard)
    }
    socket.on("message", onMessage)
    socket.once("close", (code) => reject(new Error(`closed with ${code} too early`)))
    if (count === 0) resolve(heard)
  })

const say = (socket: WebSocket, { fragments, messages }: Talk): void => {
  for (const message of messages) socket.send(message)
  fragments.forEach((fragment, i) => socket.send(fragment, { binary: true, fin: i === fragments.length - 1 }))
}

const leave = (socket: WebSocket, ending: Ending): void => {
  const order = orderOf(ending)
  if (order !== undefined) socket.send(order)
  else if (ending === "terminate") socket.terminate()
  else if (ending === "leave") createWebSocketStream(socket).on("error", () => {}).resume().end()
  else socket.close(1000, "bye")
}

export const byCompat = async ({ compression, ending, talk, url }: Visit): Promise<void> => {
  const socket = new WebSocket(url, { perMessageDeflate: compression && { threshold: 0 } })
  await once(socket, "open")
  const closed = once(socket, "close")
  const heard = hear(socket, talk.messages.length + (talk.fragments.length > 0 ? 1 : 0))
  say(socket, talk)
  expectLengths(await heard, talk)
  socket.ping()
  await once(socket, "pong")
  leave(socket, ending)
  await closed
}

// ---- visits that cannot go well ----

const swallow = (): void => {}

/** Connects where it is refused, or where the server is rude, and waits for the end. */
export const inVainByEffect = (url: string): Promise<void> =>
  Effect.gen(function*() {
    const connection = yield* WebSocketClient.connect(url)
    yield* Effect.forkScoped(Effect.ignore(connection.send("hello")))
    yield* connection.closed
  }).pipe(Effect.scoped, Effect.ignore, Effect.runPromise)

export const inVainByCompat = (url: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url)
    socket.on("error", swallow)
    socket.on("open", () => socket.send("hello", swallow))
    socket.on("close", () => resolve())
  })
