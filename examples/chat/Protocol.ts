/** What the chat's server and its clients say to each other: JSON, checked where it comes in. */
import { Schema } from "effect"
import * as Codec from "effect-ws/Codec"

export const Name = Schema.Trim.check(Schema.isNonEmpty(), Schema.isMaxLength(24))

export const Person = Schema.Struct({ id: Schema.String, name: Schema.String, hue: Schema.Int })
export type Person = typeof Person.Type

const milliseconds = Schema.Finite

export const FromClient = Schema.TaggedUnion({
  Say: { text: Schema.String.check(Schema.isNonEmpty(), Schema.isMaxLength(2000)) }
})
export type FromClient = typeof FromClient.Type

export const FromServer = Schema.TaggedUnion({
  /** The first message to everyone who joins. */
  Welcome: { you: Person },
  /** Who is here, whenever that changes. */
  People: { people: Schema.Array(Person) },
  /** Someone said something; those who join later get it, too. */
  Said: { id: Schema.String, by: Person, at: milliseconds, text: Schema.String },
  /** Every second: how lively the room is, and how far away each person. */
  Pulse: { messagesPerSecond: Schema.Finite, roundTrips: Schema.Record(Schema.String, milliseconds) }
})
export type FromServer = typeof FromServer.Type

export const server = Codec.json(FromClient, FromServer)
export const client = Codec.flip(server)
