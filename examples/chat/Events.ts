import { Schema } from "effect"

export const Member = Schema.Struct({ id: Schema.Int, name: Schema.String })
export type Member = typeof Member.Type

/** What the server tells a page. */
export const ServerEvent = Schema.Union([
  Schema.TaggedStruct("Welcome", { you: Member }),
  Schema.TaggedStruct("Present", { members: Schema.Array(Member) }),
  Schema.TaggedStruct("Said", { by: Member, text: Schema.String, at: Schema.Int }),
  Schema.TaggedStruct("Rate", { perSecond: Schema.Int }),
  Schema.TaggedStruct("RoundTrip", { millis: Schema.Number })
])
export type ServerEvent = typeof ServerEvent.Type

/** What a page tells the server. */
export const ClientEvent = Schema.TaggedStruct("Say", {
  text: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2000))
})

export const encode = Schema.encodeSync(Schema.fromJsonString(ServerEvent))

export const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(ClientEvent))
