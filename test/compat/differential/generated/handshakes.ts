/** Requests and answers in which several things may be wrong at once, and options that have to fit together. */
import * as fc from "fast-check"
import type { Script, Step, Value } from "../Script.ts"
import { value } from "./Calls.ts"
import * as Options from "./Options.ts"

const token = fc.constantFrom("a", "b", "chat", "x-1", "a b", "", "a,b", "permessage-deflate")

const parameter = fc.tuple(
  fc.constantFrom(
    "client_max_window_bits",
    "server_max_window_bits",
    "client_no_context_takeover",
    "server_no_context_takeover",
    "unknown"
  ),
  fc.constantFrom("", "=8", "=9", "=15", "=\"10\"", "=16", "=07", "=x", "=")
).map(([name, given]) => `; ${name}${given}`)

const separator = fc.constantFrom(", ", ",", ",", ",,", ";", " ")

const extension = fc.tuple(
  fc.constantFrom("permessage-deflate", "permessage-deflate", "permessage-deflate", "x-other"),
  fc.array(parameter, { maxLength: 3 })
).map(([name, parameters]) => name + parameters.join(""))

const extensions = fc.tuple(fc.array(extension, { minLength: 1, maxLength: 2 }), separator).map(([offers, between]) =>
  offers.join(between)
)

const protocols = fc.tuple(fc.array(token, { maxLength: 3 }), separator).map(([names, between]) => names.join(between))

const field = (right: string, ...wrong: ReadonlyArray<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant<Value>(right) }, {
    weight: 1,
    arbitrary: fc.constantFrom<Value>(null, "", ...wrong)
  })

const requestFields = value(fc.record({
  "Upgrade": field("websocket", "WEBSOCKET", "h2c", "websocket, x"),
  "Connection": field("Upgrade", "keep-alive, upgrade", "close"),
  "Sec-WebSocket-Key": field("dGhlIHNhbXBsZSBub25jZQ==", "short", "dGhlIHNhbXBsZSBub25jZQ", ["a", "b"]),
  "Sec-WebSocket-Version": field("13", "8", "7", "x", ["13", "13"]),
  "Sec-WebSocket-Protocol": fc.option(protocols, { freq: 2 }),
  "Sec-WebSocket-Extensions": fc.option(extensions, { freq: 2 }),
  "Origin": fc.option(fc.constant("http://here"), { freq: 2 })
}))

const line = fc.oneof(
  { weight: 8, arbitrary: fc.constant("GET / HTTP/1.1") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("POST / HTTP/1.1", "GET /here?x HTTP/1.1", "GET / HTTP/1.0", "OPTIONS * HTTP/1.1")
  }
)

const verify = fc.constantFrom<Value>(
  { is: "verifyClient", answer: true },
  { is: "verifyClient", answer: false },
  { is: "verifyClientLater", answer: [true] },
  { is: "verifyClientLater", answer: [false, 403, "no", { "X-Why": "because" }] }
)

const choose = fc.constantFrom<Value>("a", "b", "z", false, "").map((answer): Value => ({
  is: "handleProtocols",
  answer
}))

const serverOptions = value(fc.record({
  perMessageDeflate: Options.shared.perMessageDeflate,
  verifyClient: verify,
  handleProtocols: choose,
  path: fc.constantFrom("/", "/here")
}, { requiredKeys: [] }))

const mode = fc.constantFrom("port", "server", "noServer")

/** A raw request to any server. */
export const requests: fc.Arbitrary<Script> = fc.tuple(requestFields, line, serverOptions, mode, fc.boolean()).map((
  [fields, start, options, way, hears]
) => ({
  name: "a raw request",
  steps: [
    ["wss", ...(hears ? [["hear", "wsClientError"] as const] : []), ["new", options, way]],
    ["raw", ["connect"]],
    ["raw", ["upgrade", fields, start]],
    ["raw", ["frame", 1, "hello"]]
  ]
}))

const answerFields = value(fc.record({
  "Upgrade": field("websocket", "WEBSOCKET", "h2c"),
  "Connection": field("Upgrade", "upgrade", "close"),
  "Sec-WebSocket-Protocol": fc.option(token, { freq: 2 }),
  "Sec-WebSocket-Extensions": fc.option(extensions, { freq: 2 }),
  "X-Other": fc.option(fc.constant("other"))
}, { requiredKeys: [] }))

const asked = fc.array(fc.constantFrom("a", "b", "chat"), { maxLength: 2 })

const clientOptions = value(fc.record({
  perMessageDeflate: Options.shared.perMessageDeflate,
  origin: fc.constant("http://here"),
  protocolVersion: fc.constantFrom(8, 13),
  headers: fc.constantFrom({ "X-Mine": "1" }, { Cookie: "a=b", Authorization: "c" }),
  auth: fc.constant("user:password"),
  followRedirects: fc.boolean(),
  maxRedirects: fc.constantFrom(0, 1, 2)
}, { requiredKeys: [] }))

const status = fc.constantFrom(200, 301, 302, 307, 400, 401, 426, 500)

const location = fc.constantFrom(
  "/next",
  "ws://127.0.0.1:{port}/next",
  "http://x:y@127.0.0.1:{port}/",
  "//",
  "ftp://a/"
)

const answer: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: answerFields.map((fields): Step => ["raw", ["accept", fields], ["frame", 1, "hello"]]) },
  {
    weight: 1,
    arbitrary: fc.tuple(status, location, fc.constantFrom("", "body")).map(([code, to, body]): Step => [
      "raw",
      ["answer", code, { Location: to }, body]
    ])
  }
)

/** Raw answers to any client. */
export const answers: fc.Arbitrary<Script> = fc.tuple(
  asked,
  clientOptions,
  fc.array(answer, { minLength: 1, maxLength: 3 }),
  fc.boolean()
).map((
  [names, options, given, hears]
) => ({
  name: "a raw answer",
  steps: [
    ["raw", ["listen"]],
    ["client", ...(hears ? [["hear", "redirect", "unexpected-response"] as const] : []), ["new", "/", names, options]],
    ...given
  ]
}))

/** A server and a client that have to agree. */
export const agreements: fc.Arbitrary<Script> = fc.tuple(serverOptions, mode, asked, clientOptions).map((
  [ofServer, way, names, ofClient]
) => ({
  name: "two agree",
  steps: [
    ["wss", ["new", ofServer, way]],
    ["client", ["new", "/", names, ofClient]],
    ["client", ["look"], ["send", { is: "string", size: 2000 }, { is: "callback" }]],
    ["server", ["send", { is: "string", size: 2000 }, { is: "callback" }]],
    ["server", ["close", 1000]]
  ]
}))
