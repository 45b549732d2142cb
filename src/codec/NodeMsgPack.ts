/**
 * MessagePack by the package `msgpackr`, where it is installed.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { createRequire } from "node:module"
import { fromUsage, type WebSocketError } from "../WebSocketError.ts"
import type { Format } from "./Format.ts"

interface Msgpackr {
  readonly Packr: new(options: { readonly useRecords: boolean }) => {
    readonly pack: (value: unknown) => Uint8Array
    readonly unpack: (bytes: Uint8Array) => unknown
  }
}

type MsgPack = Extract<Format, { readonly kind: "binary" }>

/**
 * Loads `msgpackr`, and fails with a `UsageError` if it is not there.
 *
 * **Details**
 *
 * Objects are packed as maps of MessagePack, not as the package's own records: every message can be read by itself, and by
 * any peer. Bytes that are unpacked are views of the message.
 *
 * @category formats
 * @since 0.1.0
 */
export const load = (): Result.Result<MsgPack, WebSocketError> => Result.map(msgpackr(), formatOf)

const formatOf = ({ Packr }: Msgpackr): MsgPack => {
  const packr = new Packr({ useRecords: false })
  return {
    name: "MessagePack",
    kind: "binary",
    parse: (message) => packr.unpack(message),
    print: (value) => packr.pack(value)
  }
}

/** That it is broken is not its absence, and is thrown as it is. */
const msgpackr = (): Result.Result<Msgpackr, WebSocketError> => {
  try {
    return Result.succeed(createRequire(import.meta.url)("msgpackr") as Msgpackr)
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== "MODULE_NOT_FOUND") throw cause
    return Result.fail(fromUsage("MessagePack needs the package msgpackr: npm install msgpackr"))
  }
}
