/** Sending data, pings and pongs while open (FEATURES A2). */
import { buffer, callback, cb, client, large, network, nothing, octets, script, server, show } from "../Script.ts"

const options = (changed: { readonly [name: string]: boolean }) => changed

const data = [
  ["a string", "a€"],
  ["an empty string", ""],
  ["a number", 42],
  ["zero", 0],
  ["a fraction", 1.5],
  ["NaN", { is: "NaN" }],
  ["true", true],
  ["false", false],
  ["null", null],
  ["undefined", nothing],
  ["a bigint", { is: "bigint" }],
  ["a symbol", { is: "symbol" }],
  ["a function", { is: "function" }],
  ["a Buffer", buffer("buffer")],
  ["an empty Buffer", buffer("")],
  ["a Uint8Array", { is: "Uint8Array", text: "octets" }],
  ["a view into a larger buffer", { is: "Uint8ArrayInside", text: "inside" }],
  ["a Uint16Array", { is: "Uint16Array", text: "sixteen!" }],
  ["a Float64Array", { is: "Float64Array", size: 16 }],
  ["a DataView", { is: "DataView", text: "view" }],
  ["an ArrayBuffer", { is: "ArrayBuffer", text: "array buffer" }],
  ["a SharedArrayBuffer", { is: "SharedArrayBuffer", text: "shared" }],
  ["a Blob", { is: "Blob", text: "blob" }],
  ["an empty Blob", { is: "Blob" }],
  ["an array of numbers", [1, 2, 300]],
  ["an empty array", []],
  ["an array of strings", ["1", "a"]],
  ["an array of zeros without content", [0]],
  ["an object", {}],
  ["an object with a length", { length: 2, 0: 7, 1: 8 }],
  ["an object like a Buffer's JSON", { type: "Buffer", data: [1, 2] }],
  ["a Date", { is: "Date" }],
  ["an object that is a string by valueOf", { is: "value", text: "value" }],
  ["an object that is a string by toPrimitive", { is: "toPrimitive", text: "primitive" }]
] as const

const everywhere = data.flatMap(([name, value]) => [
  script(`sends ${name}`, client(["send", value, cb])),
  script(`pings with ${name}`, client(["ping", value, cb]))
])

const sizes = [125, 126, 65_535, 65_536, 200_000].map((size) =>
  script(
    `sends and returns ${size} octets`,
    client(["send", large("Buffer", size), cb]),
    server(["send", large("string", size), cb])
  )
)

export const scripts = [
  ...everywhere,
  ...sizes,
  ...[null, "utf8", true, 5, []].map((value) =>
    script(`sends with ${show(value)} for options`, client(["send", "text", value, cb]))
  ),
  script("sends text as binary", client(["send", "text", options({ binary: true }), cb])),
  script("sends octets as text", client(["send", buffer("text"), options({ binary: false }), cb])),
  script("sends a Blob as text", server(["send", { is: "Blob", text: "text" }, options({ binary: false }), cb])),
  script("sends octets as text that are none", client(["send", octets("ff"), options({ binary: false }), cb])),
  script(
    "sends in fragments",
    client(
      ["send", "a", options({ fin: false }), cb],
      ["ping", "between"],
      ["send", "b", options({ fin: false }), cb],
      ["send", "c", cb]
    )
  ),
  script(
    "sends fragments of changing types",
    server(["send", "a", options({ fin: false }), cb], ["send", buffer("b"), cb]),
    server(["send", buffer("c"), options({ fin: false }), cb], ["send", "d", cb])
  ),
  script(
    "sends empty fragments",
    client(["send", "", options({ fin: false })], ["send", "", options({ fin: false })], ["send", ""])
  ),
  script("sends a last fragment without a first", client(["send", "", options({ fin: true })])),
  script("a client's frame without a mask is refused", client(["send", "bare", options({ mask: false }), cb])),
  script("a client's message with null for a mask has none", client(["send", "bare", { mask: null }, cb])),
  script("a client's ping with null for a mask has none", client(["ping", "bare", null, cb])),
  script("a server's message with null for a mask has none", server(["send", "bare", { mask: null }, cb])),
  script("a server's frame with a mask is refused", server(["send", "masked", options({ mask: true }), cb])),
  script("a client's ping without a mask is refused", client(["ping", "bare", false, cb])),
  script("a server's pong with a mask is refused", server(["pong", "masked", true, cb])),
  script("options may be undefined", client(["send", "a", nothing, cb])),
  script("options may be null", client(["send", "a", null, cb])),
  script("a callback may be undefined", client(["send", "a", {}, nothing], ["ping", "b", true, nothing])),
  script("a callback may be null", client(["send", "a", {}, null])),
  script("an option undefined is not the default", client(["send", "a", { fin: nothing, mask: nothing }, cb])),
  script(
    "pings and is answered",
    client(["ping", "payload", true, cb]),
    server(["ping", buffer("payload"), nothing, cb])
  ),
  script("pings with only a callback", client(["ping", cb], ["pong", cb])),
  script("pongs unasked", client(["pong", "payload", true, cb]), server(["pong", octets("00ff"), nothing, cb])),
  script("pings with 125 octets", client(["ping", large("Buffer", 125), cb])),
  script("pings with too much", client(["ping", large("Buffer", 126), cb])),
  script("pongs with too much", server(["pong", large("string", 126), cb])),
  script(
    "pings and sends keep their order",
    client(["send", "a", cb], ["ping", "b", cb], ["send", "c", cb], ["pong", "d", cb])
  ),
  script(
    "a Blob does not overtake and is not overtaken",
    client(["send", "a", cb], ["send", { is: "Blob", text: "b" }, cb], ["ping", "c", cb], ["send", "d", cb], [
      "pong",
      "e",
      cb
    ])
  ),
  script(
    "a close waits for a Blob",
    client(["send", { is: "Blob", size: 1000 }, cb], ["send", "after", cb], ["close", 1000, "done"])
  ),
  script(
    "terminate does not wait for a Blob",
    client(["send", { is: "Blob", size: 1000 }, cb], ["send", "after", cb], ["terminate"])
  ),
  script(
    "callbacks come in order when the socket is destroyed while a Blob is read",
    client(["send", "before", cb], ["send", { is: "Blob", size: 1000 }, cb], ["socket", "destroy"], [
      "send",
      "after",
      cb
    ])
  ),
  script(
    "a callback may send",
    client(["send", "a", callback(client(["send", "b", callback(client(["send", "c", cb]))]))])
  ),
  script("a callback may close", server(["send", "a", callback(server(["close", 1000]))], ["send", "b", cb])),
  script("a callback may terminate", server(["send", "a", callback(server(["terminate"]))], ["send", "b", cb])),
  script(
    "a callback may throw",
    server(["send", "a", callback(server(["throw"]))], ["send", "b", cb]),
    server(["send", "c", cb])
  ),
  script(
    "data that is held up is in order",
    network(["hold"]),
    client(["send", "a"], ["send", "b"]),
    server(["send", "c"]),
    client(["ping", "d"]),
    network(["release"])
  ),
  script(
    "data that comes octet by octet",
    network(["cut", 1]),
    client(["send", "abc€"], ["ping", "p"]),
    server(["send", buffer("de")])
  ),
  script(
    "a network that takes no more",
    network(["stall"]),
    client(["send", large("Buffer", 9_000_000), cb], ["send", "a", cb], ["ping", "b", cb]),
    network(["flow"])
  ),
  script(
    "closes when the network takes no more",
    network(["stall"]),
    client(["send", large("Buffer", 9_000_000), cb], ["close", 1000]),
    client(["send", "late", cb]),
    network(["flow"])
  ),
  script(
    "terminates when the network takes no more",
    network(["stall"]),
    client(["send", large("Buffer", 9_000_000), cb], ["send", "a", cb], ["ping", "b", cb]),
    client(["terminate"]),
    network(["flow"])
  )
]
