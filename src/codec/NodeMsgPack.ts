/**
 * MessagePack by the package `msgpackr`, where it is installed.
 *
 * @since 0.1.0
 */
import { createRequire } from "node:module"
import type { Format } from "./Format.ts"

interface Msgpackr {
  readonly Packr: new(options: { readonly useRecords: boolean }) => {
    readonly pack: (value: unknown) => Uint8Array
    readonly unpack: (bytes: Uint8Array) => unknown
  }
}

/**
 * Loads `msgpackr`, and throws if it is not there.
 *
 * **Details**
 *
 * Objects are packed as maps of MessagePack, not as the package's own records: every message can be read by itself, and by
 * any peer. Bytes that are unpacked are views of the message.
 *
 * @category formats
 * @since 0.1.0
 */
export const load = (): Extract<Format, { readonly kind: "binary" }> => {
  const packr = new (msgpackr().Packr)({ useRecords: false })
  return {
    name: "MessagePack",
    kind: "binary",
    parse: (message) => packr.unpack(message),
    print: (value) => packr.pack(value)
  }
}

const msgpackr = (): Msgpackr => {
  try {
    return createRequire(import.meta.url)("msgpackr") as Msgpackr
  } catch (cause) {
    throw new Error("MessagePack needs the package msgpackr: npm install msgpackr", { cause })
  }
}
