/** The chat's endpoint: who may come in, and what happens on each connection. */
import { Duration, Effect, Schedule, Schema, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { decodeFromClient, encodeFromServer, Name } from "./Protocol.ts"
import { Room } from "./Room.ts"

/** Someone is here for as long as the connection is: whichever of the three ends first, ends it. */
const attend = Effect.fnUntraced(
  function*(connection: Connection, name: string) {
    const room = yield* Room
    const news = yield* room.news
    const me = yield* room.join(name)
    yield* connection.send(encodeFromServer({ _tag: "Welcome", you: me }))

    const listen = Stream.runForEachArray(
      connection.messages,
      (batch) => Effect.flatMap(decodeFromClient(batch), (messages) => room.say(me, messages))
    )
    const tell = Stream.runForEachArray(news, connection.sendAll)
    const measure = connection.ping().pipe(
      Effect.flatMap((roundTrip) => room.measured(me, Duration.toMillis(roundTrip))),
      Effect.repeat(Schedule.spaced("1 second"))
    )
    yield* Effect.raceAllFirst([listen, tell, measure])
  },
  (attending, connection) =>
    Effect.catchTag(attending, "SchemaError", () => connection.close(1008, "this is not a message of the chat"))
)

const nameOf = ({ searchParams }: { readonly searchParams: URLSearchParams }) =>
  Schema.decodeUnknownEffect(Name)(searchParams.get("name")).pipe(
    Effect.mapError(({ message }) => new WebSocketServer.Refusal({ status: 400, body: message }))
  )

export const Chat = WebSocketServer.handle("/chat", {
  accept: nameOf,
  origins: "same",
  maxMessageSize: 16 * 1024,
  closeTimeout: "2 seconds"
}, attend)
