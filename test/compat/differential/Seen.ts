/** What a side was given, as text. */
import { ClientRequest, IncomingMessage } from "node:http"
import * as Digest from "./Digest.ts"

/** Collects what is known only later. */
export type Later = Array<Promise<string>>

export class Names {
  private readonly names = new WeakMap<object, string>()

  /** Has something appear under a name. */
  give(thing: object, name: string): void {
    this.names.set(thing, name)
  }

  get(thing: object): string | undefined {
    return this.names.get(thing)
  }
}

const eventFields = ["type", "target", "data", "code", "reason", "wasClean", "message", "error"]

const isEvent = (value: object): value is { readonly [field: string]: unknown } => "type" in value && "target" in value

const showBlob = async (blob: Blob): Promise<string> => `the Blob holds ${Digest.octets(await blob.bytes())}`

const showOctets = (value: object): string | undefined => {
  const name = value.constructor.name
  if (value instanceof Uint8Array) return `${name} ${Digest.octets(value)}`
  if (ArrayBuffer.isView(value)) {
    return `${name} ${Digest.octets(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`
  }
  return value instanceof ArrayBuffer ? `${name} ${Digest.octets(new Uint8Array(value))}` : undefined
}

/** One that has no name yet. */
const showWebSocket = (value: object): string | undefined => "bufferedAmount" in value ? "a WebSocket" : undefined

const showMessage = (value: object): string | undefined => {
  if (value instanceof ClientRequest) return `request ${value.method} ${value.path} to ${value.host}`
  if (!(value instanceof IncomingMessage)) return undefined
  return value.statusCode === null
    ? `request ${value.method} ${value.url}`
    : `response ${value.statusCode} ${value.statusMessage}`
}

export const make = (names: Names) => {
  const showFields = (value: object, fields: ReadonlyArray<string>, later: Later): string => {
    const entries = value as { readonly [field: string]: unknown }
    return `{ ${fields.map((field) => `${field}: ${show(entries[field], later)}`).join(", ")} }`
  }

  const showObject = (value: object, later: Later): string => {
    const known = names.get(value) ?? showOctets(value) ?? showMessage(value) ?? showWebSocket(value)
    if (known !== undefined) return known
    if (Array.isArray(value)) return `[${value.map((item) => show(item, later)).join(", ")}]`
    if (value instanceof Set) return `Set ${show([...value], later)}`
    if (value instanceof Error) return Digest.error(value)
    if (value instanceof Blob) {
      later.push(showBlob(value))
      return `Blob of ${value.size} ${JSON.stringify(value.type)}`
    }
    const name = value.constructor?.name ?? "null"
    if (isEvent(value)) return `${name} ${showFields(value, eventFields.filter((field) => field in value), later)}`
    return name === "Object" ? showFields(value, Object.keys(value).toSorted(), later) : `a ${name}`
  }

  const show = (value: unknown, later: Later): string => {
    switch (typeof value) {
      case "string":
        return Digest.text(value)
      case "function":
        return names.get(value) ?? "a function"
      case "object":
        return value === null ? "null" : showObject(value, later)
      default:
        return String(value)
    }
  }

  return show
}
