import { Clock, Context, Effect, Layer, PubSub, Schedule, type Scope, Stream } from "effect"
import * as Connection from "effect-ws/Connection"
import type { Message } from "effect-ws/protocol"
import { encode, type Member, type ServerEvent } from "./Events.ts"

/** Where everybody hears everybody: an event is encoded and framed once, for all who are there. */
export class Room extends Context.Service<Room, {
  /** Adds a member for as long as the scope lives, and gives what is said from now on. */
  readonly join: (name: string) => Effect.Effect<Visit, never, Scope.Scope>
  readonly say: (by: Member, text: string) => Effect.Effect<void>
}>()("chat/Room") {
  static readonly layer = Layer.effect(Room, Effect.suspend(() => make))
}

export interface Visit {
  readonly member: Member
  readonly events: Stream.Stream<Message.Prepared>
}

const make = Effect.gen(function*() {
  const events = yield* PubSub.sliding<Message.Prepared>(256)
  const members = new Map<number, Member>()
  let lastId = 0
  let said = 0

  const publish = (event: ServerEvent) => PubSub.publish(events, Connection.prepare(encode(event)))
  const present = Effect.suspend(() => publish({ _tag: "Present", members: [...members.values()] }))

  yield* Effect.suspend(() => {
    const perSecond = said
    said = 0
    return publish({ _tag: "Rate", perSecond })
  }).pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.forkScoped)

  const join = Effect.fnUntraced(function*(name: string) {
    const member = { id: ++lastId, name }
    const subscription = yield* PubSub.subscribe(events)
    members.set(member.id, member)
    yield* Effect.addFinalizer(() => Effect.andThen(Effect.sync(() => members.delete(member.id)), present))
    yield* present
    return { member, events: Stream.fromSubscription(subscription) }
  })

  const say = Effect.fnUntraced(function*(by: Member, text: string) {
    said++
    yield* publish({ _tag: "Said", by, text, at: yield* Clock.currentTimeMillis })
  })

  return Room.of({ join, say })
})
