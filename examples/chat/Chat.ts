import { Duration, Effect, Schedule, Stream } from "effect"
import type { Connection } from "effect-ws/Connection"
import * as WebSocketServer from "effect-ws/WebSocketServer"
import { decode, encode } from "./Events.ts"
import { Room } from "./Room.ts"

const nameOf = (searchParams: URLSearchParams) => {
  const name = searchParams.get("name")?.trim() ?? ""
  return name === "" || name.length > 24
    ? Effect.fail(new WebSocketServer.Refusal({ status: 400, body: "a name has 1 to 24 characters" }))
    : Effect.succeed(name)
}

/** Tells the page, every other second, how long a ping to it takes. */
const measure = ({ ping, send }: Connection) =>
  ping().pipe(
    Effect.flatMap((elapsed) => send(encode({ _tag: "RoundTrip", millis: Duration.toMillis(elapsed) }))),
    Effect.repeat(Schedule.spaced("2 seconds"))
  )

/** One visit: the scope of the connection is the stay in the room. */
export const Chat = WebSocketServer.handle(
  "/chat",
  { accept: ({ searchParams }) => nameOf(searchParams), maxMessageSize: 16_384 },
  Effect.fnUntraced(function*(connection, name) {
    const room = yield* Room
    const { events, member } = yield* room.join(name)
    yield* connection.send(encode({ _tag: "Welcome", you: member }))
    yield* Effect.forkScoped(Stream.runForEachArray(events, connection.sendAll))
    yield* Effect.forkScoped(measure(connection))
    yield* Stream.runForEach(
      connection.messages,
      (message) => Effect.flatMap(decode(message), ({ text }) => room.say(member, text))
    )
  })
)
