import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type * as OpeningHandshake from "../../src/protocol/OpeningHandshake.ts"
import * as ServerHandshake from "../../src/protocol/ServerHandshake.ts"

type Fields = ReadonlyArray<OpeningHandshake.Field>

// RFC 6455 §1.2
const example: OpeningHandshake.Headers = {
  host: "server.example.com",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  origin: "http://example.com",
  "sec-websocket-protocol": "chat, superchat",
  "sec-websocket-version": "13"
}
const request = (changed: OpeningHandshake.Headers): ServerHandshake.RequestHead => ({
  method: "GET",
  httpVersion: "1.1",
  headers: { ...example, ...changed }
})
const withMethod = (method: string): ServerHandshake.RequestHead => ({ ...request({}), method })
const withHttpVersion = (httpVersion: string): ServerHandshake.RequestHead => ({ ...request({}), httpVersion })
const acceptance: ServerHandshake.Acceptance = {
  accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  protocol: "chat",
  extensions: [{ name: "permessage-deflate", params: [["server_max_window_bits", "10"]] }]
}
const refusalOf = (head: ServerHandshake.RequestHead) =>
  Result.getOrThrow(Result.flip(ServerHandshake.readRequest(head)))

/** Reads a response as strictly as RFC 9112 allows; throws where it is not one. */
const readStrictly = (text: string): { statusLine: string; fields: Fields; body: string } => {
  const end = text.indexOf("\r\n\r\n")
  const [statusLine, ...lines] = text.slice(0, end).split("\r\n")
  if (!/^HTTP\/1\.1 \d{3} [\t\x20-\x7e]*$/.test(statusLine)) throw new Error(`not a status line: ${statusLine}`)
  const fields = lines.map((line): OpeningHandshake.Field => {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\t\x20-\x7e\x80-\xff]*)$/.exec(line)
    if (match === null) throw new Error(`not a header: ${line}`)
    return [match[1], match[2]]
  })
  return { statusLine, fields, body: text.slice(end + 4) }
}

const readRefusal = (response: ServerHandshake.RefusalResponse) =>
  readStrictly(Result.getOrThrow(ServerHandshake.formatRefusal(response)))

const anyName = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
const anyValue = fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]*$/)
const anyFields: fc.Arbitrary<Fields> = fc.array(fc.tuple(anyName, anyValue), { maxLength: 5 })

describe("readRequest (RFC 6455 §4.2.1)", () => {
  it("reads the RFC's example (§1.2)", () => {
    expect(ServerHandshake.readRequest(request({}))).toEqual(Result.succeed({
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      version: 13,
      protocols: ["chat", "superchat"],
      extensions: [],
      origin: "http://example.com"
    }))
  })

  it("reads a request with nothing optional", () => {
    const offer = ServerHandshake.readRequest(request({ origin: undefined, "sec-websocket-protocol": undefined }))
    expect(offer).toEqual(Result.succeed({
      key: "dGhlIHNhbXBsZSBub25jZQ==",
      version: 13,
      protocols: [],
      extensions: [],
      origin: undefined
    }))
  })

  it("reads the extensions in order", () => {
    const offer = ServerHandshake.readRequest(request({ "sec-websocket-extensions": "permessage-deflate; a=1, b" }))
    expect(Result.getOrThrow(offer).extensions).toEqual([
      { name: "permessage-deflate", params: [["a", "1"]] },
      { name: "b", params: [] }
    ])
  })

  it("takes the origin of version 8 from its own header", () => {
    const offer = ServerHandshake.readRequest(
      request({ "sec-websocket-version": "8", "sec-websocket-origin": "http://eight.example" })
    )
    expect(Result.getOrThrow(offer)).toMatchObject({ version: 8, origin: "http://eight.example" })
  })

  it("does not take the origin of version 13 from the header of version 8", () => {
    const offer = ServerHandshake.readRequest(request({ origin: undefined, "sec-websocket-origin": "http://x" }))
    expect(Result.getOrThrow(offer).origin).toBeUndefined()
  })

  it.each<OpeningHandshake.Headers>([
    { upgrade: "WebSocket" },
    { upgrade: "h2c, websocket" },
    { connection: "keep-alive, Upgrade" },
    { connection: "upgrade" },
    { "sec-websocket-key": "+/+/+/+/+/+/+/+/+/+/+w==" }
  ])("takes %j", (changed) => {
    expect(Result.isSuccess(ServerHandshake.readRequest(request(changed)))).toBe(true)
  })

  it.each(["1.1", "2.0"])("takes HTTP/%s", (httpVersion) => {
    expect(Result.isSuccess(ServerHandshake.readRequest(withHttpVersion(httpVersion)))).toBe(true)
  })

  it("never throws", () => {
    const text = fc.option(fc.string({ unit: "binary" }), { nil: undefined })
    const random = fc.record(Object.fromEntries(Object.keys(example).map((key) => [key, text])))
    const some = fc.subarray(Object.keys(example))
    fc.assert(fc.property(random, some, fc.string(), (changed, keys, httpVersion) => {
      const head = request(Object.fromEntries(keys.map((key) => [key, changed[key]])))
      expect(Result.isResult(ServerHandshake.readRequest(head))).toBe(true)
      expect(Result.isResult(ServerHandshake.readRequest({ ...head, httpVersion }))).toBe(true)
    }))
  })
})

// A table row without a request that breaks it does not compile
const broken: Record<ServerHandshake.Refusal["_tag"], ReadonlyArray<ServerHandshake.RequestHead>> = {
  MethodNotGet: ["POST", "get", "HEAD", "CONNECT", ""].map(withMethod),
  HttpVersionTooLow: ["1.0", "0.9", "", "x", "0x10", "11"].map(withHttpVersion),
  BodyUnexpected: [
    ...["1", "00", "", "0x0", "5, 5"].map((length) => request({ "content-length": length })),
    request({ "transfer-encoding": "chunked" })
  ],
  HostMissing: [request({ host: undefined }), request({ host: "" })],
  HostRepeated: [request({ host: "a.example, b.example" }), request({ host: "," })],
  UpgradeInvalid: [undefined, "", "h2c", "websockets", "websocket/13", "web socket", "\"websocket\""]
    .map((upgrade) => request({ upgrade })),
  ConnectionInvalid: [undefined, "", "keep-alive", "close", "upgraded"].map((connection) => request({ connection })),
  KeyInvalid: [
    undefined,
    "",
    "dGhlIHNhbXBsZSBub25jZQ", // no padding
    "dGhlIHNhbXBsZSBub25jZQ=", // half of it
    "dGhlIHNhbXBsZSBub25jZTE=", // 17 octets
    "dGhlIHNhbXBsZSBub25j", // 15 octets
    "dGhlIHNhbXBsZSBub25-_Q==", // base64url
    "dGhlIHNhbXBsZSBub25jZQ==\n",
    "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==" // §11.3.1: given twice
  ].map((key) => request({ "sec-websocket-key": key })),
  VersionUnsupported: [undefined, "", "7", "0", "14", "013", "13.0", "1e1", "13, 13", "13, 8", "constructor"]
    .map((version) => request({ "sec-websocket-version": version })),
  ProtocolsMalformed: ["", "chat, chat", "chat;", "a b"].map((value) => request({ "sec-websocket-protocol": value })),
  ExtensionsMalformed: ["", "a;", "a; b=", "a=1"].map((value) => request({ "sec-websocket-extensions": value }))
}

describe("refusals (RFC 6455 §4.2.1, §4.4)", () => {
  const tags = Object.keys(ServerHandshake.refusals) as ReadonlyArray<ServerHandshake.Refusal["_tag"]>

  it.each(tags)("%s answers every request that breaks it, with the table's status and section", (tag) => {
    const { section, status, text } = ServerHandshake.refusals[tag]
    expect(broken[tag].length).toBeGreaterThan(0)
    for (const head of broken[tag]) {
      const refusal = refusalOf(head)
      expect(refusal).toMatchObject({ _tag: tag, status })
      expect(refusal.message).toContain(`${tag}: ${text} (${section})`)
    }
  })

  it("names the method that is allowed with a 405", () => {
    expect(refusalOf(withMethod("POST"))).toMatchObject({ status: 405, headers: [["Allow", "GET"]] })
  })

  it("names the versions that are spoken with a 426 (§4.4)", () => {
    expect(refusalOf(request({ "sec-websocket-version": "25" })))
      .toMatchObject({ status: 426, headers: [["Sec-WebSocket-Version", "13, 8"]] })
  })

  it("have no further headers otherwise", () => {
    expect(refusalOf(request({ host: undefined })).headers).toEqual([])
  })

  it("cite the section", () => {
    expect(refusalOf(request({ "sec-websocket-key": "x" })).message)
      .toBe("KeyInvalid: Sec-WebSocket-Key must be the base64 of 16 octets (RFC 6455 §4.2.1)")
  })

  it("say where a header is malformed", () => {
    expect(refusalOf(request({ "sec-websocket-extensions": "a; b=" })).message).toBe(
      "ExtensionsMalformed: Sec-WebSocket-Extensions must be a list of extensions (RFC 6455 §9.1): unexpected end"
    )
  })
})

describe("responseHeaders (RFC 6455 §4.2.2)", () => {
  it("has the protocol and the extensions that were agreed on", () => {
    expect(ServerHandshake.responseHeaders(acceptance)).toEqual([
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
      ["Sec-WebSocket-Protocol", "chat"],
      ["Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=10"]
    ])
  })

  it("leaves out what was not agreed on", () => {
    expect(ServerHandshake.responseHeaders({ ...acceptance, protocol: undefined, extensions: [] })).toEqual([
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
    ])
  })
})

describe("formatResponse (RFC 6455 §4.2.2)", () => {
  it("writes the RFC's example (§1.3)", () => {
    expect(ServerHandshake.formatResponse({ ...acceptance, extensions: [] })).toEqual(Result.succeed(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    ))
  })

  it("has exactly its own headers, then the given ones", () => {
    fc.assert(fc.property(anyFields, (further) => {
      const response = readStrictly(Result.getOrThrow(ServerHandshake.formatResponse(acceptance, further)))
      expect(response).toEqual({
        statusLine: "HTTP/1.1 101 Switching Protocols",
        fields: [...ServerHandshake.responseHeaders(acceptance), ...further],
        body: ""
      })
    }))
  })

  it("refuses a protocol that would break out of its line", () => {
    const result = ServerHandshake.formatResponse({ ...acceptance, protocol: "chat\r\nX: 1" })
    expect(Result.getOrThrow(Result.flip(result))).toMatchObject({
      _tag: "FieldValueInvalid",
      name: "Sec-WebSocket-Protocol"
    })
  })
})

describe("formatRefusal", () => {
  it("writes a whole response for a refusal", () => {
    const refusal = refusalOf(withMethod("POST"))
    expect(ServerHandshake.formatRefusal({ ...refusal, body: refusal.message })).toEqual(Result.succeed(
      "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n" +
        "Content-Length: 55\r\nAllow: GET\r\n\r\nMethodNotGet: the method must be GET (RFC 6455 §4.2.1)"
    ))
  })

  it("has a reason phrase for every status that a request is refused with", () => {
    for (const { status } of Object.values(ServerHandshake.refusals)) {
      expect(readRefusal({ status, headers: [], body: "" }).statusLine).toMatch(/ \d{3} \w+/)
    }
  })

  it.each([
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "Not Found"],
    [408, "Request Timeout"],
    [421, "Misdirected Request"],
    [429, "Too Many Requests"],
    [431, "Request Header Fields Too Large"],
    [500, "Internal Server Error"],
    [503, "Service Unavailable"]
  ])("has the reason phrase of %d", (status, phrase) => {
    expect(readRefusal({ status, headers: [], body: "" }).statusLine).toBe(`HTTP/1.1 ${status} ${phrase}`)
  })

  it("leaves the reason phrase of any other status empty (RFC 9112 §4)", () => {
    expect(readRefusal({ status: 499, headers: [], body: "" }).statusLine).toBe("HTTP/1.1 499 ")
  })

  it("counts the body in octets of UTF-8", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      const { body, fields } = readRefusal({ status: 400, headers: [], body: text })
      expect(body).toBe(text)
      expect(Object.fromEntries(fields)["Content-Length"]).toBe(String(Buffer.byteLength(text, "utf8")))
    }))
  })

  it("prefers given headers to its defaults, whatever their case, and keeps repeated ones", () => {
    const headers: Fields = [["connection", "Upgrade, close"], ["Set-Cookie", "a"], ["Set-Cookie", "b"]]
    expect(readRefusal({ status: 426, headers, body: "" }).fields)
      .toEqual([["Content-Type", "text/plain; charset=utf-8"], ["Content-Length", "0"], ...headers])
  })

  it("lets nobody else say where its body ends", () => {
    const headers: Fields = [["content-length", "9"], ["Transfer-Encoding", "chunked"]]
    expect(readRefusal({ status: 400, headers, body: "é" }).fields)
      .toEqual([["Connection", "close"], ["Content-Type", "text/plain; charset=utf-8"], ["Content-Length", "2"]])
  })

  it("refuses headers that would break out of their line", () => {
    const result = ServerHandshake.formatRefusal({ status: 400, headers: [["X", "1\r\n\r\n<script>"]], body: "" })
    expect(Result.getOrThrow(Result.flip(result))).toMatchObject({ _tag: "FieldValueInvalid" })
  })
})
