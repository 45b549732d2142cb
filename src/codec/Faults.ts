/**
 * What can be wrong with a message that comes, or with a value that is sent.
 *
 * @since 0.1.0
 */
import * as SchemaIssue from "effect/SchemaIssue"
import type { Message } from "../protocol/Message.ts"
import * as WebSocketError from "../WebSocketError.ts"
import type { Format } from "./Format.ts"

const textOf = SchemaIssue.makeFormatterDefault()
const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** Where in the value it is. */
const pathOf = (issue: SchemaIssue.Issue): ReadonlyArray<PropertyKey> =>
  issuesOf(issue).issues[0].path?.map((step) => typeof step === "object" ? step.key : step) ?? []

const messageOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/**
 * It is text where the format is binary, or the other way round.
 *
 * @category decoding
 * @since 0.1.0
 */
export const kind = (received: Message, format: Format): WebSocketError.DecodeError => {
  const message = `${format.name} comes in ${format.kind} messages, not in ${
    format.kind === "text" ? "binary" : "text"
  }`
  return new WebSocketError.DecodeError({ problem: "Kind", message, path: [], received, cause: undefined })
}

/**
 * It cannot be parsed.
 *
 * @category decoding
 * @since 0.1.0
 */
export const syntax = (received: Message, format: Format, cause: unknown): WebSocketError.DecodeError => {
  const message = `the message is not ${format.name}: ${messageOf(cause)}`
  return new WebSocketError.DecodeError({ problem: "Syntax", message, path: [], received, cause })
}

/**
 * It does not fit the schema.
 *
 * @category decoding
 * @since 0.1.0
 */
export const value = (received: Message, cause: SchemaIssue.Issue): WebSocketError.DecodeError => {
  const message = `the message does not fit the schema: ${textOf(cause)}`
  return new WebSocketError.DecodeError({ problem: "Value", message, path: pathOf(cause), received, cause })
}

/**
 * What is to be sent does not fit the schema.
 *
 * @category encoding
 * @since 0.1.0
 */
export const unfit = (given: unknown, cause: SchemaIssue.Issue): WebSocketError.WebSocketError => {
  const message = `the value does not fit the schema: ${textOf(cause)}`
  return ofEncoding({ message, path: pathOf(cause), value: given, cause })
}

/**
 * What is to be sent cannot be written.
 *
 * @category encoding
 * @since 0.1.0
 */
export const unprintable = (given: unknown, format: Format, cause: unknown): WebSocketError.WebSocketError => {
  const message = `the value cannot be written as ${format.name}: ${messageOf(cause)}`
  return ofEncoding({ message, path: [], value: given, cause })
}

const ofEncoding = (fields: ConstructorParameters<typeof WebSocketError.EncodeError>[0]) =>
  new WebSocketError.WebSocketError({ reason: new WebSocketError.EncodeError(fields) })
