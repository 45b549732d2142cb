/** A server that reads a request: its answer, yes or no, is one head; and a client takes a yes. */
import * as Result from "effect/Result"
import { deepStrictEqual, ok, strictEqual } from "node:assert"
import * as ClientHandshake from "../../../src/protocol/ClientHandshake.ts"
import type { Field } from "../../../src/protocol/OpeningHandshake.ts"
import * as PerMessageDeflate from "../../../src/protocol/PerMessageDeflate.ts"
import * as ServerHandshake from "../../../src/protocol/ServerHandshake.ts"
import * as Subprotocol from "../../../src/protocol/Subprotocol.ts"
import * as Heads from "../Heads.ts"
import { Random } from "../Random.ts"
import type { Target, Trace } from "../Target.ts"
import * as Words from "../Words.ts"

const refuse = ({ _tag, headers, message, status }: ServerHandshake.Refusal): Trace => {
  const written = Result.getOrThrow(ServerHandshake.formatRefusal({ status, headers, body: message }))
  const [head, ...body] = written.split("\r\n\r\n")
  strictEqual(body.join("\r\n\r\n"), message)
  const [firstLine, ...lines] = head.split("\r\n")
  ok(firstLine.startsWith(`HTTP/1.1 ${status} `))
  strictEqual(lines.length, 3 + headers.length)
  return [_tag]
}

const accept = (offer: ServerHandshake.Offer, further: ReadonlyArray<Field>): Trace => {
  const protocol = Subprotocol.choose(offer.protocols, offer.protocols.slice(-1))
  const deflate = Result.getOrElse(PerMessageDeflate.accept(offer.extensions, {}), () => undefined)
  const extensions = deflate === undefined ? [] : [deflate.response]
  const acceptance = { accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", protocol, extensions }
  const fields = ServerHandshake.responseHeaders(acceptance)
  const head = ServerHandshake.formatResponse(acceptance, further)
  if (Result.isFailure(head)) return ["accepted", head.failure._tag]
  Heads.check(head.success, "HTTP/1.1 101 Switching Protocols", [...fields, ...further])

  const expected = { accept: acceptance.accept, protocols: offer.protocols, extensions: offer.extensions }
  const agreement = ClientHandshake.readResponse({ status: 101, headers: Heads.headersOf(fields) }, expected)
  deepStrictEqual(Result.getOrThrow(agreement), { protocol, extensions })
  return ["accepted", `${offer.version} ${protocol === undefined} ${extensions.length} ${offer.origin === undefined}`]
}

const example = [
  "GET 1.1",
  "Host: server.example.com",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Origin: http://example.com",
  "Sec-WebSocket-Protocol: chat, superchat",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, permessage-deflate",
  "Sec-WebSocket-Version: 13"
].join("\n")

export const target: Target = {
  name: "server-handshake",
  seeds: [example, example.replace("http:", "a\u0001X-Mine: 1")].map(Words.contentOf),
  mutate: Words.mutateWith(Heads.dictionary),
  run: ({ choice, content }) => {
    const { firstLine, headers } = Heads.read(content)
    const [method = "", httpVersion = ""] = firstLine.split(" ")
    const offer = ServerHandshake.readRequest({ method, httpVersion, headers })
    if (Result.isFailure(offer)) return refuse(offer.failure)
    ok(offer.success.protocols.every(Subprotocol.isValid))
    const [name = "X", value = ""] = new Random(choice).pick(Object.entries(headers))
    return accept(offer.success, [[name, value], ["X-Echo", offer.success.origin ?? ""]])
  }
}
