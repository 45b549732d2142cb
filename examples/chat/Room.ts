/** The room: who is in it, and what is said there. A hub tells everybody. */
import { Clock, Context, Effect, Hash, Layer, Schedule, type Scope } from "effect"
import * as Codec from "effect-ws/Codec"
import type { Connection } from "effect-ws/Connection"
import * as Hub from "effect-ws/Hub"
import type { WebSocketError } from "effect-ws/WebSocketError"
import { randomUUID } from "node:crypto"
import { type FromClient, type FromServer, type Person, server } from "./Protocol.ts"

type News = Codec.Prepared<FromServer>

export class Room extends Context.Service<Room, {
  /** Makes someone be there until the scope ends, who is told what was said lately, and from now on everything. */
  readonly join: (connection: Connection, name: string) => Effect.Effect<Person, WebSocketError, Scope.Scope>
  readonly say: (by: Person, messages: ReadonlyArray<FromClient>) => Effect.Effect<void>
  /** Notes how long it takes to someone and back. */
  readonly measured: (person: Person, milliseconds: number) => Effect.Effect<void>
}>()("chat/Room") {
  static readonly layer = Layer.effect(Room, Effect.suspend(() => make))
}

/** As many messages are kept for those who come later. */
const memory = 50

const make = Effect.gen(function*() {
  // Sliding: who reads too slowly misses something, and holds up nobody
  const hub = yield* Hub.make({ strategy: "sliding" })
  const lately: Array<News> = []
  const people = new Map<string, Person>()
  const roundTrips = new Map<string, number>()
  let said = 0

  const tell = (event: FromServer) => Effect.tap(prepare(event), (news) => hub.publish("news", news))
  const tellWhoIsHere = Effect.suspend(() => tell({ _tag: "People", people: [...people.values()] }))

  const enter = (name: string) =>
    Effect.sync((): Person => {
      const person = { id: randomUUID(), name, hue: freeHue(name, people.values()) }
      people.set(person.id, person)
      return person
    })

  const leave = ({ id }: Person) =>
    Effect.suspend(() => {
      people.delete(id)
      roundTrips.delete(id)
      return tellWhoIsHere
    })

  const pulse = Effect.suspend(() => {
    const messagesPerSecond = said
    said = 0
    return tell({ _tag: "Pulse", messagesPerSecond, roundTrips: Object.fromEntries(roundTrips) })
  })
  yield* Effect.forkScoped(Effect.repeat(pulse, Schedule.fixed("1 second")))

  return Room.of({
    join: Effect.fnUntraced(function*(connection, name) {
      const me = yield* Effect.acquireRelease(enter(name), leave)
      yield* connection.send(yield* prepare({ _tag: "Welcome", you: me }))
      yield* connection.sendAll([...lately])
      yield* hub.join("news", connection)
      yield* tellWhoIsHere
      return me
    }),
    say: Effect.fnUntraced(function*(by, messages) {
      const at = yield* Clock.currentTimeMillis
      said += messages.length
      for (const { text } of messages) lately.push(yield* tell({ _tag: "Said", id: randomUUID(), by, at, text }))
      lately.splice(0, Math.max(0, lately.length - memory))
    }),
    measured: ({ id }, milliseconds) => Effect.sync(() => roundTrips.set(id, milliseconds))
  })
})

/** Encoded and framed once, however many there are to get it. */
const prepare = (event: FromServer): Effect.Effect<News> => Effect.orDie(Codec.prepare(server, event))

const hues = Array.from({ length: 12 }, (_, i) => i * 30)

/** A name keeps its colour, unless someone else has a similar one just now. */
const freeHue = (name: string, people: Iterable<Person>): number => {
  const taken = Array.from(people, ({ hue }) => hue)
  const isApart = (degrees: number) => (hue: number) => taken.every((other) => distance(hue, other) >= degrees)
  const first = Math.abs(Hash.string(name)) % hues.length
  const inOrder = [...hues.slice(first), ...hues.slice(0, first)]
  return inOrder.find(isApart(60)) ?? inOrder.find(isApart(30)) ?? inOrder[0]
}

/** On the colour wheel. */
const distance = (hue: number, other: number): number => {
  const degrees = Math.abs(hue - other)
  return Math.min(degrees, 360 - degrees)
}
