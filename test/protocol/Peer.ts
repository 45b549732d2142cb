import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Conversations from "./Conversations.ts"
import * as Listening from "./Listening.ts"
import * as Wire from "./Wire.ts"

/** Both roles, for `describe.each`. */
export const roles: ReadonlyArray<{ readonly role: Protocol.Role }> = [{ role: "server" }, { role: "client" }]

/** What a server or a client is sent: masked or not. */
export const wireFor = (role: Protocol.Role) => (...frames: ReadonlyArray<Wire.Sent>): Uint8Array =>
  Wire.concat(frames.map((sent) => Wire.frame({ ...sent, mask: maskFor(role) })))

/** The header alone of a frame of any length. */
export const headerFor = (role: Protocol.Role, length: bigint, sent: Wire.Sent = { opcode: 2 }): Uint8Array =>
  Wire.header({ ...sent, mask: maskFor(role) }, length)

const maskFor = (role: Protocol.Role) => role === "server" ? Wire.exampleMask : undefined

export const text = (text: string, fin = true): Wire.Sent => ({ opcode: 1, fin, payload: Wire.utf8(text) })
export const more = (text: string, fin = true): Wire.Sent => ({ opcode: 0, fin, payload: Wire.utf8(text) })
export const ping = (text = ""): Wire.Sent => ({ opcode: 9, payload: Wire.utf8(text) })
export const close = (digits = "03e8"): Wire.Sent => ({ opcode: 8, payload: Wire.hex(digits) })
export const compressed = (opcode: number, text: string): Wire.Sent => ({ opcode, rsv: 4, payload: Wire.utf8(text) })

/** What a new protocol gives for these chunks. */
export const hear = (options: Protocol.Options, ...chunks: ReadonlyArray<Uint8Array>) =>
  Listening.listen(new Protocol.Protocol(options), chunks)

const hex = (text: string) => Wire.toHex(Wire.utf8(text))

export const pinged = (text = "") => ({ _tag: "Ping", payload: hex(text) })
export const ponged = (text = "") => ({ _tag: "Write", opcode: 10, payload: hex(text) })
export const inflate = (text: string) => ({ _tag: "Inflate", payload: hex(text) })

/** A frame with the flags and opcode of this first octet. */
export const fragment = (first: number, text: string, whole = true) => ({
  _tag: "Fragment",
  fin: first >= 0x80,
  rsv1: (first & 0x40) !== 0,
  opcode: first & 0x0f,
  payload: hex(text),
  whole
})

/** The echo of a Close, and its consequences. */
export const closed = (role: Protocol.Role, code: number, digits: string) =>
  Conversations.goodbye({ role }, digits, { code, clean: true })

export const lost = { _tag: "Closed", code: 1006, reason: "", clean: false, error: undefined }
