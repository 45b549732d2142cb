/** Members of a hub over real TCP: the server's connection, and the client that reads what comes, or does not. */
import { Effect, Fiber, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import * as Hub from "effect-ws/Hub"
import { setImmediate as turn } from "node:timers/promises"
import * as Loopback from "../Loopback.ts"

export const end = "this is the end"

/** A member of these topics. */
export const make = Effect.fnUntraced(function*(topics: ReadonlyArray<string>, options?: Hub.JoinOptions) {
  const hub = yield* Hub.Hub
  const pair = yield* Loopback.pair({ closeTimeout: 2000 })
  for (const topic of topics) yield* hub.join(topic, pair.server, options)
  return pair
})

export type Member = Effect.Success<ReturnType<typeof make>>

/** What a member gets: all up to a last message, which is sent when what waits for it is out. */
export const received = Effect.fnUntraced(function*({ client, server }: Pick<Member, "client" | "server">) {
  const untilEnd = Stream.takeWhile(client.messages, (message) => message !== end)
  const reading = yield* Effect.forkChild(Stream.runCollect(untilEnd), { startImmediately: true })
  yield* server.sendAll([]) // waits for the transport, behind the hub
  yield* server.send(end)
  return yield* Fiber.join(reading)
})

/** What it has got until it was closed. */
export const receivedUntilClosed = ({ client }: Pick<Member, "client">) =>
  Effect.gen(function*() {
    const messages: Array<string> = []
    yield* Stream.runForEach(client.messages, (message) => Effect.sync(() => messages.push(String(message)))).pipe(
      Effect.ignore
    )
    return { messages, code: (yield* client.closed).code }
  })

const filler = Buffer.alloc(65_536)

/** Fills the way to a client that does not read, until nothing goes any more. */
export const stall = Effect.fnUntraced(function*({ server }: Pick<Member, "server">) {
  const { outbox } = Connection.toDriver(server)!.driver
  for (let quiet = 0; quiet < 3; quiet = outbox.isCongested ? quiet + 1 : 0) {
    if (!outbox.isCongested) outbox.message(filler, false)
    outbox.flush()
    yield* Effect.promise(() => turn())
  }
})

export const isFiller = (message: string | Uint8Array): boolean => message.length === filler.length
