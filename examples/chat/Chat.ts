/** The chat's endpoint: who may come in, and what happens on each connection. */
import { Duration, Effect, Schedule, Schema, Stream } from "effect"
import * as Codec from "effect-ws/Codec"
import type { Connection } from "effect-ws/Connection"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import * as Protocol from "./Protocol.ts"
import { Room } from "./Room.ts"

/** Someone is here for as long as the connection is: whichever of the two ends first, ends it. */
const attend = Effect.fnUntraced(function*(connection: Connection, name: string) {
  const room = yield* Room
  const me = yield* room.join(connection, name)

  const { messages } = Codec.typed(connection, Protocol.server)
  const listen = Stream.runForEachArray(messages, (batch) => room.say(me, batch))
  const measure = connection.ping().pipe(
    Effect.flatMap((roundTrip) => room.measured(me, Duration.toMillis(roundTrip))),
    Effect.repeat(Schedule.spaced("1 second"))
  )
  yield* Effect.raceFirst(listen, measure)
})

const nameOf = ({ searchParams }: { readonly searchParams: URLSearchParams }) =>
  Schema.decodeUnknownEffect(Protocol.Name)(searchParams.get("name")).pipe(
    Effect.mapError(({ message }) => new WebSocketServer.Refusal({ status: 400, body: message }))
  )

export const Chat = WebSocketServer.handle("/chat", {
  accept: nameOf,
  origins: "same",
  maxMessageSize: 16 * 1024,
  closeTimeout: "2 seconds"
}, attend)
