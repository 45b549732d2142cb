/** What the two ends of the tests' connections say to each other. */
import { Effect, Schema } from "effect"
import * as Codec from "effect-ws/Codec"
import * as Connection from "effect-ws/Connection"

/** What can be sent as text: UTF-8 has no half of a surrogate pair. */
export const Text = Schema.String.check(Schema.makeFilter((text) => text.isWellFormed()))

export const Order = Schema.Struct({
  id: Schema.Int,
  items: Schema.Array(Schema.Struct({ name: Text.check(Schema.isNonEmpty()), count: Schema.Int })),
  at: Schema.Date,
  photo: Schema.Uint8Array
})

export const Receipt = Schema.TaggedUnion({
  Accepted: { id: Schema.Int },
  Refused: { id: Schema.Int, why: Schema.NonEmptyString }
})

export const codecs = {
  JSON: Codec.json(Order, Receipt),
  MessagePack: Codec.msgPack(Order, Receipt),
  binary: Codec.binary(Order, Receipt)
}

export const order = (id: number): typeof Order.Type => ({
  id,
  items: [{ name: "pear", count: 3 }],
  at: new Date(id),
  photo: new Uint8Array([1, 2, 255])
})

/** A shop and its customer, connected in memory, and the connections beneath them. */
export const pair = (options?: Codec.Options, codec = codecs.JSON) =>
  Effect.map(Connection.pair(), ([client, server]) => ({
    client,
    server,
    customer: Codec.typed(client, Codec.flip(codec), options),
    shop: Codec.typed(server, codec, options)
  }))
