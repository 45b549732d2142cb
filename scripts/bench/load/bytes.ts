/** The bytes that a load sends, prepared once: a request to upgrade, and a message (RFC 6455 §5.2). */
import { randomBytes } from "node:crypto"
import { messages } from "../deflate/messages.ts"

export interface Content {
  readonly size: number
  /** ASCII, or some of every length of UTF-8, or JSON as one finds it, which can be compressed. */
  readonly kind: "binary" | "ascii" | "utf8" | "json"
  readonly fragments?: number
}

const repeat = (text: string, size: number): Buffer => {
  const octets = Buffer.from(text)
  const whole = Buffer.alloc(size - size % octets.length, octets)
  return Buffer.concat([whole, Buffer.alloc(size - whole.length, " ")])
}

export const payload = ({ kind, size }: Content): Buffer => {
  switch (kind) {
    case "binary":
      return randomBytes(size)
    case "ascii":
      return repeat("{\"key\": \"value 0123456789\"} ", size)
    case "utf8":
      return repeat("Grüße, 世界 🌍 ", size)
    case "json":
      return Buffer.from(messages(Math.max(size, 1024))[0]).subarray(0, size)
  }
}

const header = (first: number, size: number): Buffer => {
  if (size < 126) return Buffer.of(first, 0x80 | size)
  if (size < 65_536) return Buffer.of(first, 0xfe, size >> 8, size & 0xff)
  const bytes = Buffer.alloc(10)
  bytes[0] = first
  bytes[1] = 0xff
  bytes.writeBigUInt64BE(BigInt(size), 2)
  return bytes
}

const frame = (first: number, octets: Buffer): Buffer => {
  const key = randomBytes(4)
  return Buffer.concat([header(first, octets.length), key, octets.map((octet, i) => octet ^ key[i & 3])])
}

/** One message, masked. */
export const message = (content: Content): Buffer => {
  const { fragments = 1, kind, size } = content
  const octets = payload(content)
  const opcode = kind === "binary" ? 2 : 1
  const each = Math.ceil(size / fragments)
  return Buffer.concat(Array.from({ length: fragments }, (_, i) => {
    const fin = i === fragments - 1 ? 0x80 : 0
    return frame(fin | (i === 0 ? opcode : 0), octets.subarray(i * each, (i + 1) * each))
  }))
}

/** No takeover in either direction, so that a server may compress once for all. */
const offer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

export const request = (compression: boolean): Buffer =>
  Buffer.from(
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
      `${compression ? offer : ""}\r\n`
  )
