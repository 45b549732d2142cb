import { Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as ClientHandshake from "../../src/protocol/ClientHandshake.ts"
import type * as OpeningHandshake from "../../src/protocol/OpeningHandshake.ts"
import * as ServerHandshake from "../../src/protocol/ServerHandshake.ts"

const request: ClientHandshake.Request = {
  key: "dGhlIHNhbXBsZSBub25jZQ==",
  version: 13,
  protocols: ["chat", "superchat"],
  extensions: [{ name: "permessage-deflate", params: [["client_max_window_bits", true]] }],
  origin: "http://example.com"
}
const expected: ClientHandshake.Expected = { ...request, accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }

// RFC 6455 §1.3
const response = (changed: OpeningHandshake.Headers): ClientHandshake.ResponseHead => ({
  status: 101,
  headers: {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    "sec-websocket-protocol": "chat",
    ...changed
  }
})
const withStatus = (status: number): ClientHandshake.ResponseHead => ({ ...response({}), status })
const violationOf = (head: ClientHandshake.ResponseHead) =>
  Result.getOrThrow(Result.flip(ClientHandshake.readResponse(head, expected)))

const received = (fields: ReadonlyArray<OpeningHandshake.Field>): OpeningHandshake.Headers =>
  Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), value]))

describe("requestHeaders (RFC 6455 §4.1)", () => {
  it("has everything that is asked for, in order", () => {
    expect(ClientHandshake.requestHeaders(request)).toEqual([
      ["Upgrade", "websocket"],
      ["Connection", "Upgrade"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Protocol", "chat, superchat"],
      ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
      ["Origin", "http://example.com"]
    ])
  })

  it("leaves out what is not asked for", () => {
    const bare = { ...request, protocols: [], extensions: [], origin: undefined }
    expect(ClientHandshake.requestHeaders(bare).map(([name]) => name))
      .toEqual(["Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"])
  })

  it("names the origin as version 8 does", () => {
    const fields = ClientHandshake.requestHeaders({ ...request, version: 8 })
    expect(fields).toContainEqual(["Sec-WebSocket-Version", "8"])
    expect(fields.at(-1)).toEqual(["Sec-WebSocket-Origin", "http://example.com"])
  })

  it("is what the server reads, in both versions", () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
    const requests: fc.Arbitrary<ClientHandshake.Request> = fc.record({
      key: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => Buffer.from(octets).toString("base64")),
      version: fc.constantFrom(13, 8),
      protocols: fc.uniqueArray(token, { maxLength: 3 }),
      extensions: fc.array(fc.record({ name: token, params: fc.array(fc.tuple(token, token), { maxLength: 2 }) })),
      origin: fc.option(fc.webUrl(), { nil: undefined })
    })
    fc.assert(fc.property(requests, (asked) => {
      const headers = { host: "server.example.com", ...received(ClientHandshake.requestHeaders(asked)) }
      expect(ServerHandshake.readRequest({ method: "GET", httpVersion: "1.1", headers })).toEqual(Result.succeed(asked))
    }))
  })
})

describe("readResponse (RFC 6455 §4.1)", () => {
  it("reads the RFC's example (§1.3)", () => {
    expect(ClientHandshake.readResponse(response({}), expected))
      .toEqual(Result.succeed({ protocol: "chat", extensions: [] }))
  })

  it("reads what the server writes", () => {
    const agreement = { protocol: "superchat", extensions: [{ name: "permessage-deflate", params: [] }] }
    const fields = ServerHandshake.responseHeaders({ ...agreement, accept: expected.accept })
    expect(ClientHandshake.readResponse({ status: 101, headers: received(fields) }, expected))
      .toEqual(Result.succeed(agreement))
  })

  it("lets a server ignore the requested subprotocols", () => {
    expect(ClientHandshake.readResponse(response({ "sec-websocket-protocol": undefined }), expected))
      .toEqual(Result.succeed({ protocol: undefined, extensions: [] }))
  })

  it.each<OpeningHandshake.Headers>([
    { upgrade: "WebSocket" },
    { connection: "upgrade" },
    { connection: "keep-alive, Upgrade" },
    { "sec-websocket-accept": " s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\t" }
  ])("takes %j", (changed) => {
    expect(Result.isSuccess(ClientHandshake.readResponse(response(changed), expected))).toBe(true)
  })

  it("never throws", () => {
    const text = fc.option(fc.string({ unit: "binary" }), { nil: undefined })
    const names = [...Object.keys(response({}).headers), "sec-websocket-extensions"]
    const random = fc.record(Object.fromEntries(names.map((name) => [name, text])))
    fc.assert(fc.property(random, fc.subarray(names), (changed, some) => {
      const head = response(Object.fromEntries(some.map((name) => [name, changed[name]])))
      expect(Result.isResult(ClientHandshake.readResponse(head, expected))).toBe(true)
    }))
  })
})

// A table row without a response that breaks it does not compile
const broken: Record<ClientHandshake.ResponseViolation["_tag"], ReadonlyArray<ClientHandshake.ResponseHead>> = {
  StatusUnexpected: [200, 100, 301, 401, 426, 503, 0].map(withStatus),
  UpgradeInvalid: [undefined, "", "h2c", "websocket, h2c", "websocket/13"].map((upgrade) => response({ upgrade })),
  ConnectionInvalid: [undefined, "", "close", "upgraded"].map((connection) => response({ connection })),
  AcceptMismatch: [
    undefined,
    "",
    "S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
    "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // §11.3.3: given twice
  ].map((accept) => response({ "sec-websocket-accept": accept })),
  ExtensionsMalformed: ["", "permessage-deflate;", "permessage-deflate=1"]
    .map((value) => response({ "sec-websocket-extensions": value })),
  ExtensionNotOffered: ["mux", "permessage-deflate, mux", "Permessage-Deflate"]
    .map((value) => response({ "sec-websocket-extensions": value })),
  ProtocolMalformed: ["", "chat, superchat", "chat, chat", "\"chat\""]
    .map((value) => response({ "sec-websocket-protocol": value })),
  ProtocolNotRequested: ["soap", "Chat"].map((value) => response({ "sec-websocket-protocol": value }))
}

describe("violations (RFC 6455 §4.1)", () => {
  const tags = Object.keys(ClientHandshake.violations) as ReadonlyArray<ClientHandshake.ResponseViolation["_tag"]>

  it.each(tags)("%s is found in every response that has it, with the table's section", (tag) => {
    const { section, text } = ClientHandshake.violations[tag]
    expect(broken[tag].length).toBeGreaterThan(0)
    for (const head of broken[tag]) {
      const violation = violationOf(head)
      expect(violation).toMatchObject({ _tag: tag })
      expect(violation.message).toContain(`${tag}: ${text} (${section})`)
    }
  })

  it("carry the status that was not 101", () => {
    expect(violationOf({ status: 404, headers: {} })).toEqual({
      _tag: "StatusUnexpected",
      status: 404,
      message: "StatusUnexpected: the server must answer 101 (RFC 6455 §4.1): it answered 404"
    })
  })

  it("name the stranger", () => {
    expect(violationOf(response({ "sec-websocket-extensions": "permessage-deflate, mux" })).message).toBe(
      "ExtensionNotOffered: the server must use only extensions that were offered (RFC 6455 §4.1): mux"
    )
    expect(violationOf(response({ "sec-websocket-protocol": "soap" })).message).toBe(
      "ProtocolNotRequested: the server must choose a subprotocol that was requested (RFC 6455 §4.1): soap"
    )
  })

  it("include a subprotocol where none was requested", () => {
    const result = ClientHandshake.readResponse(response({}), { ...expected, protocols: [] })
    expect(Result.getOrThrow(Result.flip(result))).toMatchObject({ _tag: "ProtocolNotRequested" })
  })

  it("include an extension where none was offered", () => {
    const head = response({ "sec-websocket-extensions": "permessage-deflate" })
    const result = ClientHandshake.readResponse(head, { ...expected, extensions: [] })
    expect(Result.getOrThrow(Result.flip(result))).toMatchObject({ _tag: "ExtensionNotOffered" })
  })
})
