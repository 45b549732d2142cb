/** Octets and errors as one line. */
import { isUtf8 } from "node:buffer"
import { hash } from "node:crypto"

const longest = 64

const quote = (text: string): string =>
  text.length <= longest
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, longest))}... (${text.length}, ${hash("sha1", text).slice(0, 8)})`

export const text = quote

/** Text if it is, or else hex. */
export const octets = (bytes: Uint8Array): string => {
  if (bytes.length === 0) return "nothing"
  if (isUtf8(bytes) && bytes.every((octet) => octet >= 0x20)) return quote(Buffer.from(bytes).toString())
  return bytes.length <= longest
    ? Buffer.from(bytes).toString("hex")
    : `${Buffer.from(bytes.subarray(0, 16)).toString("hex")}... (${bytes.length}, ${hash("sha1", bytes).slice(0, 8)})`
}

interface Coded {
  readonly name: string
  readonly message: string
  readonly code?: unknown
  readonly errno?: unknown
}

export const error = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return `${typeof thrown} ${JSON.stringify(thrown)}`
  const { code, errno, message, name } = thrown as Coded
  const known = [code, errno].filter((one) => one !== undefined)
  return known.length === 0 ? `${name}: ${message}` : `${name} [${known.join(" ")}]: ${message}`
}
