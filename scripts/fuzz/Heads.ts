/** Heads of requests and responses, one line each, and what a head that is sent has to look like. */
import { deepStrictEqual, match } from "node:assert"
import type { Field, Headers } from "../../src/protocol/OpeningHandshake.ts"
import * as Words from "./Words.ts"

export interface Head {
  readonly firstLine: string
  readonly headers: Headers
}

/** As `node:http` gives them: names in lower case, values trimmed, and joined if there are several. */
export const read = (content: Uint8Array): Head => {
  const [firstLine = "", ...lines] = Buffer.from(content).toString("latin1").split("\n")
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [name, ...rest] = line.split(":")
    const key = name.toLowerCase()
    const value = Words.textOf(Words.contentOf(rest.join(":"))).trim()
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  return { firstLine, headers }
}

/** A head has just these lines: nothing that was put into it has made others. */
export const check = (head: string, firstLine: string, fields: ReadonlyArray<Field>): void => {
  deepStrictEqual(head.split("\r\n"), [firstLine, ...fields.map(([name, value]) => `${name}: ${value}`), "", ""])
  match(head, /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)+$/)
}

export const headersOf = (fields: ReadonlyArray<Field>): Headers =>
  Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]))

export const dictionary: ReadonlyArray<string> = [
  "GET",
  "POST",
  "1.1",
  "1.0",
  "2.0",
  "101",
  "200",
  "websocket",
  "Upgrade",
  "keep-alive",
  "13",
  "8",
  "chat",
  "superchat",
  "\nHost: example.com",
  "\nUpgrade: websocket",
  "\nConnection: Upgrade",
  "\nSec-WebSocket-Version: 13",
  "\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "\nSec-WebSocket-Protocol: chat, superchat",
  "\nSec-WebSocket-Protocol: chat",
  "\nOrigin: http://example.com",
  "\nSec-WebSocket-Origin: http://example.com",
  "\n__proto__: a",
  "\nSec-WebSocket-Extensions: permessage-deflate",
  "\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
  "; server_no_context_takeover",
  "; client_no_context_takeover",
  "; server_max_window_bits=10",
  "; client_max_window_bits=\"9\"",
  ", x-other; a=1"
]
