/** What a server answers to requests that are not right (FEATURES A3). */
import { cb, client, dial, listener, nothing, raw, script, serve, server, type Value, wss } from "../Script.ts"

const requests: ReadonlyArray<readonly [string, Value, string?]> = [
  ["nothing wrong", {}],
  ["POST", {}, "POST / HTTP/1.1"],
  ["HEAD", {}, "HEAD / HTTP/1.1"],
  ["HTTP/1.0", {}, "GET / HTTP/1.0"],
  ["an absolute target", {}, "GET http://raw/ HTTP/1.1"],
  ["a query", {}, "GET /path?a=b HTTP/1.1"],
  ["no Upgrade", { "Upgrade": null }],
  ["an Upgrade to something else", { "Upgrade": "h2c" }],
  ["an Upgrade to several", { "Upgrade": "websocket, h2c" }],
  ["an Upgrade in capitals", { "Upgrade": "WebSocket" }],
  ["no Connection", { "Connection": null }],
  ["a Connection with more", { "Connection": "keep-alive, Upgrade" }],
  ["no Host", { "Host": null }],
  ["no key", { "Sec-WebSocket-Key": null }],
  ["an empty key", { "Sec-WebSocket-Key": "" }],
  ["a short key", { "Sec-WebSocket-Key": "abc" }],
  ["a key of 17 octets", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZTE=" }],
  ["a key that is no base64", { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j*Q==" }],
  ["two keys", { "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="] }],
  ["no version", { "Sec-WebSocket-Version": null }],
  ["version 8", { "Sec-WebSocket-Version": "8" }],
  ["version 12", { "Sec-WebSocket-Version": "12" }],
  ["version 13 among others", { "Sec-WebSocket-Version": "13, 8" }],
  ["version 013", { "Sec-WebSocket-Version": "013" }],
  ["version 8 with an origin", { "Sec-WebSocket-Version": "8", "Sec-WebSocket-Origin": "http://old" }],
  ["an origin", { "Origin": "http://new" }],
  ["a subprotocol", { "Sec-WebSocket-Protocol": "a" }],
  ["several subprotocols", { "Sec-WebSocket-Protocol": "a, b,c" }],
  ["a subprotocol twice", { "Sec-WebSocket-Protocol": "a, a" }],
  ["an empty subprotocol", { "Sec-WebSocket-Protocol": "" }],
  ["a subprotocol with a space", { "Sec-WebSocket-Protocol": "a b" }],
  ["a comma too many among subprotocols", { "Sec-WebSocket-Protocol": "a,,b" }],
  ["subprotocols in two headers", { "Sec-WebSocket-Protocol": ["a", "b"] }],
  ["an unknown extension", { "Sec-WebSocket-Extensions": "x-unknown; a=b" }],
  ["permessage-deflate", { "Sec-WebSocket-Extensions": "permessage-deflate" }],
  ["a comma too many among extensions", { "Sec-WebSocket-Extensions": "a,,b" }],
  ["an extension that is none", { "Sec-WebSocket-Extensions": "permessage-deflate;;" }],
  ["an empty extensions header", { "Sec-WebSocket-Extensions": "" }],
  ["a body", { "Content-Length": "4" }],
  ["a body in chunks", { "Transfer-Encoding": "chunked" }]
]

const deflate = { perMessageDeflate: true }

const offers = [
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; client_max_window_bits=10",
  "permessage-deflate; client_max_window_bits=7",
  "permessage-deflate; client_max_window_bits=16",
  "permessage-deflate; client_max_window_bits=\"11\"",
  "permessage-deflate; server_max_window_bits",
  "permessage-deflate; server_max_window_bits=9",
  "permessage-deflate; server_max_window_bits=08",
  "permessage-deflate; server_no_context_takeover",
  "permessage-deflate; server_no_context_takeover=true",
  "permessage-deflate; client_no_context_takeover",
  "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
  "permessage-deflate; unknown",
  "permessage-deflate; unknown, permessage-deflate",
  "permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=10",
  "permessage-deflate; server_max_window_bits=10; server_no_context_takeover; client_max_window_bits; client_no_context_takeover",
  "x-other, permessage-deflate",
  "PERMESSAGE-DEFLATE",
  "permessage-deflate=1",
  "permessage-deflate; =1",
  "permessage-deflate; a=\"",
  "permessage-deflate; a=\"\\b\"",
  ", permessage-deflate",
  "permessage-deflate,",
  "permessage-deflate; client_max_window_bits = 10",
  "permessage-deflate; client_max_window_bits =10",
  "permessage-deflate; client_max_window_bits= 10"
]

const verified: ReadonlyArray<readonly [string, Value]> = [
  ["accepts", { is: "verifyClient", answer: true }],
  ["accepts with something true", { is: "verifyClient", answer: 1 }],
  ["refuses", { is: "verifyClient", answer: false }],
  ["answers nothing", { is: "verifyClient" }],
  ["accepts later", { is: "verifyClientLater", answer: [true] }],
  ["refuses later", { is: "verifyClientLater", answer: [false] }],
  ["refuses with a code", { is: "verifyClientLater", answer: [false, 403] }],
  ["refuses with a text", { is: "verifyClientLater", answer: [false, 404, "not here €"] }],
  ["refuses with headers", {
    is: "verifyClientLater",
    answer: [false, 429, nothing, { "Retry-After": 5, "X-Two": "2", "Content-Type": "text/plain" }]
  }],
  ["refuses with an unknown code", { is: "verifyClientLater", answer: [false, 499] }],
  ["accepts with a code", { is: "verifyClientLater", answer: [true, 403, "ignored"] }],
  ["accepts at once in the callback", { is: "verifyClientBoth", answer: [true] }],
  ["refuses at once in the callback", { is: "verifyClientBoth", answer: [false, 418, "teapot"] }]
]

const chosen: ReadonlyArray<readonly [string, Value]> = [
  ["the second", "b"],
  ["none", false],
  ["nothing", nothing],
  ["an empty one", ""],
  ["one that was not asked for", "z"]
]

export const scripts = [
  ...requests.flatMap(([name, fields, start]) => [
    script(
      `a request with ${name}`,
      raw(["connect"]),
      raw(["upgrade", fields, start ?? "GET / HTTP/1.1"]),
      raw(["frame", 1, "hello"])
    ),
    script(
      `an external server, a request with ${name}`,
      wss(["new", deflate, "server"]),
      raw(["connect"]),
      raw(["upgrade", fields, start ?? "GET / HTTP/1.1"])
    )
  ]),
  ...requests.slice(0, 15).map(([name, fields, start]) =>
    script(
      `a handler for wsClientError, a request with ${name}`,
      wss(["hear", "wsClientError"], ["new"]),
      raw(["connect"]),
      raw(["upgrade", fields, start ?? "GET / HTTP/1.1"])
    )
  ),
  ...offers.map((offer) =>
    script(
      `a server is offered ${offer}`,
      serve(deflate),
      raw(["connect"]),
      raw(["upgrade", { "Sec-WebSocket-Extensions": offer }]),
      raw(["frame", 1, "hello"]),
      server(["send", "compressible ".repeat(200)])
    )
  ),
  ...verified.map(([name, hook]) =>
    script(`verifyClient ${name}`, serve({ verifyClient: hook }), client(["send", "hello"]))
  ),
  script(
    "verifyClient is told of an origin",
    serve({ verifyClient: { is: "verifyClient", answer: true } }),
    dial("/", [], { origin: "http://here" })
  ),
  script(
    "verifyClient is told of an old origin",
    serve({ verifyClient: { is: "verifyClient", answer: true } }),
    dial("/", [], { origin: "http://here", protocolVersion: 8 })
  ),
  script(
    "verifyClient accepts when the client has gone",
    serve({ verifyClient: { is: "verifyClientLater", answer: [true] } }),
    raw(["connect"]),
    raw(["upgrade"], ["end"])
  ),
  script(
    "verifyClient refuses when the client has gone",
    serve({ verifyClient: { is: "verifyClientLater", answer: [false] } }),
    raw(["connect"]),
    raw(["upgrade"], ["reset"])
  ),
  ...chosen.map(([name, answer]) =>
    script(
      `handleProtocols chooses ${name}`,
      serve({ handleProtocols: { is: "handleProtocols", answer } }),
      dial("/", ["a", "b"], {})
    )
  ),
  script(
    "handleProtocols is not asked for nothing",
    serve({ handleProtocols: { is: "handleProtocols", answer: "a" } }),
    dial("/", [], {})
  ),
  script("the first subprotocol is chosen", dial("/", ["b", "a"], {})),
  script("a path is refused", serve({ path: "/here" }), dial("/there", [], {})),
  script("a path is accepted with a query", serve({ path: "/here" }), dial("/here?a=b", [], {})),
  script("a path with a slash at its end is another", serve({ path: "/here" }), dial("/here/", [], {})),
  script("a listener adds headers", serve({}, ["on", "headers", listener("headers")]), client(["send", "a"])),
  script("a request without an upgrade", raw(["connect"]), raw(["write", "GET / HTTP/1.1\r\nHost: raw\r\n\r\n"])),
  script("a request that is no HTTP", raw(["connect"]), raw(["write", "garbage\r\n\r\n"])),
  script(
    "a request comes in pieces",
    raw(["connect"]),
    raw(["write", "GET / HTTP/1.1\r\nHost: raw\r\nUpgrade: websocket\r\n"]),
    raw([
      "write",
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ])
  ),
  script("a closing server refuses", serve({}, ["close", cb]), raw(["connect"]), raw(["upgrade"]))
]
