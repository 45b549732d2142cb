/** permessage-deflate (FEATURES A4). */
import { cb, client, dial, large, network, script, serve, server, type Value } from "../Script.ts"

const text = "compressible ".repeat(100)

const settings: ReadonlyArray<readonly [string, Value, Value]> = [
  ["by default", true, true],
  ["with threshold 0", { threshold: 0 }, { threshold: 0 }],
  ["with a high threshold", { threshold: 1_000_000 }, { threshold: 1_000_000 }],
  ["without the server's takeover", { serverNoContextTakeover: true }, true],
  ["without the client's takeover", { clientNoContextTakeover: true }, true],
  [
    "without any takeover, threshold 0",
    { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
    { threshold: 0 }
  ],
  ["without any takeover, by the client's wish", true, {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true
  }],
  ["with takeover that the server does not grant", { serverNoContextTakeover: false }, {
    serverNoContextTakeover: true
  }],
  ["with a server's window of 9", { serverMaxWindowBits: 9 }, true],
  ["with a client's window of 9", { clientMaxWindowBits: 9 }, true],
  ["with a window of 8", { serverMaxWindowBits: 8, clientMaxWindowBits: 8 }, true],
  ["with a window that the client did not allow", { clientMaxWindowBits: 9 }, { clientMaxWindowBits: false }],
  ["with the client's windows", true, { serverMaxWindowBits: 10, clientMaxWindowBits: 10 }],
  ["with a level and a memory level", { zlibDeflateOptions: { level: 1, memLevel: 4 } }, {
    zlibDeflateOptions: { level: 9 }
  }],
  ["with level 0", { threshold: 0, zlibDeflateOptions: { level: 0 } }, true],
  ["with chunks of 64", { zlibDeflateOptions: { chunkSize: 64 }, zlibInflateOptions: { chunkSize: 64 } }, true],
  ["with one at a time", { concurrencyLimit: 1 }, { concurrencyLimit: 1 }],
  ["with null for zlib's options", { zlibDeflateOptions: null }, { zlibDeflateOptions: null }],
  ["off at the server", false, true],
  ["off at the client", true, false]
]

const start = (ofServer: Value, ofClient: Value) => [
  serve({ perMessageDeflate: ofServer }),
  dial("/", [], { perMessageDeflate: ofClient })
]

const always = start({ threshold: 0 }, { threshold: 0 })

export const scripts = [
  script(
    "compresses large messages with no limit at once",
    ...start({ concurrencyLimit: 0 }, { concurrencyLimit: 0 }),
    client(["send", large("string", 300_000), cb]),
    server(["send", large("string", 300_000), cb])
  ),
  ...settings.map(([name, ofServer, ofClient]) =>
    script(
      `compresses ${name}`,
      ...start(ofServer, ofClient),
      client(["look"], ["send", text, cb], ["send", text, cb], ["send", "short", cb]),
      server(["send", text, cb], ["send", large("Buffer", 70_000), cb], ["send", "", cb], ["send", text, cb]),
      client(["close", 1000])
    )
  ),
  script(
    "compress false",
    ...always,
    client(["send", text, { compress: false }, cb], ["send", text, { compress: true }, cb], ["send", "plain", {
      compress: false
    }, cb])
  ),
  script("compress is of no use without the extension", client(["send", text, { compress: true }, cb])),
  script(
    "compresses fragments",
    ...always,
    client(["send", "a", { fin: false }, cb], ["send", text, { fin: false }, cb], ["send", "", cb])
  ),
  script(
    "a threshold is for the first fragment",
    ...start(true, true),
    client(["send", "a", { fin: false }, cb], ["send", text, cb]),
    client(["send", text, { fin: false }, cb], ["send", "a", cb])
  ),
  script(
    "compress is for the first fragment",
    ...always,
    client(["send", "a", { fin: false, compress: false }, cb], ["send", text, { compress: true }, cb])
  ),
  script(
    "compresses empty messages",
    ...always,
    client(["send", "", cb], ["send", { is: "Buffer" }, cb], ["send", { is: "Blob" }, cb])
  ),
  script("compresses a Blob", ...always, client(["send", { is: "Blob", size: 5000 }, cb], ["send", "after", cb])),
  script(
    "order of compressed and plain",
    ...always,
    client(["send", text, cb], ["send", "plain", { compress: false }, cb], ["ping", "p", cb], ["send", text, cb], [
      "pong",
      "q",
      cb
    ])
  ),
  script(
    "close lets compressed messages out",
    ...always,
    client(["send", text, cb], ["send", text, cb], ["close", 1000])
  ),
  script(
    "terminate drops compressed messages",
    ...always,
    client(["send", text, cb], ["send", text, cb], ["ping", "p", cb], ["terminate"])
  ),
  script(
    "a reset while it compresses",
    ...always,
    client(["send", text, cb], ["send", text, cb], ["socket", "resetAndDestroy"])
  ),
  script("the socket ends while it compresses", ...always, client(["send", text, cb], ["socket", "end"])),
  script(
    "a terminate while it inflates",
    ...always,
    network(["hold"]),
    client(["send", text], ["send", text], ["close", 1000]),
    network(["release"]),
    server(["terminate"])
  ),
  script(
    "a message is inflated before the close is told",
    ...always,
    client(["send", text], ["send", text], ["close", 4000, "bye"])
  ),
  script(
    "a message is inflated before the end is told",
    ...always,
    client(["send", text], ["send", text]),
    client(["socket", "end"])
  ),
  script(
    "bufferedAmount while it compresses",
    ...always,
    client(["send", text, cb], ["get", "bufferedAmount"], ["send", "abc", cb], ["get", "bufferedAmount"], ["close"], [
      "send",
      "late",
      cb
    ])
  ),
  script("what is not deflated is refused", serve({ perMessageDeflate: true }), ["raw", ["connect"]], ["raw", [
    "upgrade",
    { "Sec-WebSocket-Extensions": "permessage-deflate" }
  ]], ["raw", ["frame", 1, "no deflate", { rsv: 4 }], ["frame", 1, "after"]]),
  script("rsv1 on a continuation is refused", serve({ perMessageDeflate: true }), ["raw", ["connect"]], ["raw", [
    "upgrade",
    { "Sec-WebSocket-Extensions": "permessage-deflate" }
  ]], ["raw", ["frame", 1, { is: "Buffer", hex: "4a04" }, { rsv: 4, fin: false }], ["frame", 0, {
    is: "Buffer",
    hex: "00"
  }, { rsv: 4 }]]),
  script("a deflated text that is no UTF-8", serve({ perMessageDeflate: true }), ["raw", ["connect"]], ["raw", [
    "upgrade",
    { "Sec-WebSocket-Extensions": "permessage-deflate" }
  ]], ["raw", ["frame", 1, { is: "Buffer", hex: "fa0f00" }, { rsv: 4 }]]),
  script("a deflated empty payload", serve({ perMessageDeflate: true }), ["raw", ["connect"]], ["raw", ["upgrade", {
    "Sec-WebSocket-Extensions": "permessage-deflate"
  }]], ["raw", ["frame", 1, "", { rsv: 4 }], ["frame", 1, { is: "Buffer", hex: "00" }, { rsv: 4 }], [
    "frame",
    1,
    "plain"
  ]]),
  script("a deflated message with its last block set", serve({ perMessageDeflate: true }), ["raw", ["connect"]], [
    "raw",
    ["upgrade", { "Sec-WebSocket-Extensions": "permessage-deflate" }]
  ], ["raw", ["frame", 1, { is: "Buffer", hex: "f348cdc9c9070000" }, { rsv: 4 }], ["frame", 1, {
    is: "Buffer",
    hex: "f248cdc9c90700"
  }, { rsv: 4 }]])
]
