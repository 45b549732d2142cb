/** Closing in all ways, and what still works afterwards (FEATURES A6). */
import {
  buffer,
  cb,
  client,
  dial,
  large,
  listener,
  network,
  nothing,
  octets,
  raw,
  script,
  serve,
  server,
  type Step,
  until,
  wss
} from "../Script.ts"

const codes = [
  0,
  999,
  1000,
  1001,
  1002,
  1003,
  1004,
  1005,
  1006,
  1007,
  1014,
  1015,
  1016,
  2999,
  3000,
  4999,
  5000,
  65_535,
  1000.5,
  -1
]

const byCode = codes.map((code) => script(`closes with ${code}`, client(["close", code])))

const odd = [
  ["a code in a string", ["1000"]],
  ["null", [null]],
  ["undefined", [nothing]],
  ["an object", [{}]],
  ["NaN", [{ is: "NaN" }]],
  ["a reason but no code", [nothing, "reason"]],
  ["an empty reason", [1000, ""]],
  ["null for a reason", [1000, null]],
  ["a number for a reason", [1000, 5]],
  ["an empty array for a reason", [1000, []]],
  ["an array for a reason", [1000, [1, 2, 3]]],
  ["an object with a length for a reason", [1000, { length: 3 }]],
  ["a Uint16Array for a reason", [1000, { is: "Uint16Array", text: "octets" }]],
  ["a DataView for a reason", [1000, { is: "DataView", text: "octets" }]],
  ["a long reason but no code", [nothing, large("string", 200)]],
  ["a reason of octets", [1000, buffer("octets")]],
  ["a reason in a Uint8Array", [1000, { is: "Uint8Array", text: "octets" }]],
  ["a reason that is no text", [1000, octets("ff")]],
  ["a reason of 123 octets", [4000, large("Buffer", 123)]],
  ["a reason of 124 octets", [4000, large("Buffer", 124)]],
  ["a reason of 124 octets in fewer characters", [4000, "€".repeat(42)]]
] as const

const byArguments = odd.map(([name, args]) => script(`closes with ${name}`, server(["close", ...args])))

/** What every method does in a state. */
const everything = (actor: string): Step => [
  actor,
  ["send", "late", cb],
  ["send", buffer("later"), {}, cb],
  ["send", { is: "Blob", size: 7 }, cb],
  ["send", 12, cb],
  ["send", nothing, cb],
  ["send", "no callback"],
  ["ping", "late", cb],
  ["ping", cb],
  ["pong", "late", true, cb],
  ["pause"],
  ["resume"],
  ["close", 4001, "again"],
  ["close", 5],
  ["get", "bufferedAmount"],
  ["look"]
]

const endings: ReadonlyArray<readonly [string, Step]> = [
  ["close", client(["close", 4000, "end"])],
  ["terminate", client(["terminate"])],
  ["a half-open socket", client(["socket", "end"])],
  ["a reset", client(["socket", "resetAndDestroy"])],
  ["a destroyed socket", client(["socket", "destroy"])],
  ["the server's close", server(["close", 4000, "end"])],
  ["the server's terminate", server(["terminate"])],
  ["the server's half-open socket", server(["socket", "end"])],
  ["the server's reset", server(["socket", "resetAndDestroy"])]
]

const afterwards = endings.flatMap(([name, step]) => [
  script(`after ${name} nothing does harm`, step, everything("client"), everything("server")),
  script(
    `at once after ${name} nothing does harm`,
    network(["hold"]),
    step,
    everything("client"),
    network(["release"])
  ),
  script(
    `${name} lets out what was sent`,
    client(["send", "a", cb], ["ping", "b", cb]),
    server(["send", "c", cb]),
    step
  ),
  script(`${name} in one go with sends`, client(["send", "a", cb]), [
    step[0],
    ["send", "b", cb],
    ...step.slice(1) as never,
    ["send", "c", cb]
  ]),
  script(`${name} while the server is paused`, server(["pause"]), client(["send", "a", cb]), step, server(["resume"])),
  script(`${name} while the client is paused`, client(["pause"]), server(["send", "a", cb]), step, client(["resume"]))
])

const connecting = [
  ["close", client(["new"], ["close", 1000, "early"])],
  ["close twice", client(["new"], ["close"], ["close"])],
  ["terminate", client(["new"], ["terminate"])],
  ["terminate after close", client(["new"], ["close"], ["terminate"])],
  ["send", client(["new"], ["send", "early", cb])],
  ["ping", client(["new"], ["ping", "early", cb])],
  ["pong", client(["new"], ["pong", "early", cb])],
  ["pause", client(["new"], ["pause"], ["resume"], ["get", "isPaused"])],
  ["send after close", client(["new"], ["close"], ["send", "early", cb], ["ping", "early", cb])]
] as const

export const scripts = [
  ...byCode,
  ...byArguments,
  ...afterwards,
  ...connecting.map(([name, step]) => script(`${name} while connecting`, step, everything("client"))),
  script("an empty close has no code", client(["close"])),
  script("the server's empty close has no code", server(["close"])),
  script("a close is answered with its code and reason", server(["close", 3000, "a reason €"])),
  script(
    "both close at once",
    network(["hold"]),
    client(["close", 4001, "c"]),
    server(["close", 4002, "s"]),
    network(["release"])
  ),
  script(
    "both end their sockets at once",
    network(["hold"]),
    client(["socket", "end"]),
    server(["socket", "end"]),
    network(["release"])
  ),
  script(
    "a close meets a terminate",
    network(["hold"]),
    client(["close", 4001]),
    server(["terminate"]),
    network(["release"])
  ),
  script(
    "a close meets data",
    network(["hold"]),
    client(["close", 4001]),
    server(["send", "a", cb], ["ping", "b", cb]),
    network(["release"])
  ),
  script(
    "a close meets a half-open socket",
    network(["hold"]),
    client(["close", 4001]),
    server(["socket", "end"]),
    network(["release"])
  ),
  script("closes twice", client(["close", 4000, "one"], ["close", 4001, "two"])),
  script("closes, then terminates", network(["hold"]), client(["close", 4000], ["terminate"]), network(["release"])),
  script("terminates, then closes", client(["terminate"], ["close", 4000], ["terminate"])),
  script("closes in the open event", client(["new"], ["on", "open", listener("close", client(["close", 1000]))])),
  script("terminates in the open event", client(["new"], ["on", "open", listener("end", client(["terminate"]))])),
  script("closes in the upgrade event", client(["new"], ["on", "upgrade", listener("close", client(["close"]))])),
  script("terminates in the upgrade event", client(["new"], ["on", "upgrade", listener("end", client(["terminate"]))])),
  script(
    "closes in the connection event",
    serve({}, ["on", "connection", listener("close", server(["close", 4000, "no"]))])
  ),
  script("terminates in the connection event", serve({}, ["on", "connection", listener("end", server(["terminate"]))])),
  script(
    "sends in the connection event",
    serve({}, ["on", "connection", listener("send", server(["send", "hi", cb], ["close", 1000]))])
  ),
  script(
    "closes in the message event",
    client(["on", "message", listener("close", client(["close"]))]),
    server(["send", "a"], ["send", "b"], ["send", "c"])
  ),
  script(
    "terminates in the message event",
    client(["on", "message", listener("end", client(["terminate"]))]),
    server(["send", "a"], ["send", "b"], ["ping", "c"], ["close"])
  ),
  script(
    "closes in the ping event",
    client(["on", "ping", listener("close", client(["close"]))]),
    server(["ping", "a"], ["ping", "b"])
  ),
  script(
    "acts in the close event",
    client(["on", "close", listener("act", client(["send", "x", cb], ["close"], ["terminate"]))], ["close"])
  ),
  script(
    "closes in the error event",
    client(["on", "error", listener("close", client(["close"]))]),
    server(["send", "x", { mask: true }])
  ),
  script(
    "terminates in the error event",
    client(["on", "error", listener("end", client(["terminate"]))]),
    server(["send", "x", { mask: true }])
  ),
  script(
    "closes in the error event while connecting",
    client(["new"], ["on", "error", listener("close", client(["close"]))], ["close"])
  ),
  script("nothing listens: a port", client(["new", "ws://127.0.0.1:1/"])),
  script(
    "closes when a peer does not answer",
    serve({}),
    dial("/", [], { closeTimeout: 30 }),
    network(["hold"]),
    client(["close", 4000]),
    until("client", "close"),
    network(["release"])
  ),
  script(
    "a server does not wait for an answer for ever",
    serve({ closeTimeout: 30 }),
    network(["hold"]),
    server(["close", 4000]),
    until("server", "close"),
    network(["release"])
  ),
  script(
    "a peer answers a close but does not end its side",
    serve({ closeTimeout: 500 }),
    raw(["connect"]),
    raw(["upgrade"]),
    server(["close", 4000, "bye"]),
    raw(["frame", 8, octets("0fa0")]),
    until("server", "close")
  ),
  script(
    "a server closes and the client's side stays open",
    raw(["listen"]),
    dial("/", [], { closeTimeout: 30 }),
    raw(["accept"]),
    raw(["frame", 8, octets("03e8")]),
    until("client", "close")
  ),
  script(
    "a client waits for the server's end",
    raw(["listen"]),
    dial("/", [], { closeTimeout: 1000 }),
    raw(["accept"]),
    client(["close", 1000]),
    raw(["frame", 8, octets("03e8")]),
    client(["get", "readyState"]),
    raw(["end"])
  ),
  script(
    "data after a close frame is ignored",
    raw(["connect"]),
    raw(["upgrade"]),
    raw(["frame", 8, octets("03e8")], ["frame", 1, "late"])
  ),
  script(
    "frames come while closing",
    raw(["connect"]),
    raw(["upgrade"]),
    server(["close", 1000]),
    raw(["frame", 1, "still"], ["frame", 9, "ping"], ["frame", 10, "pong"]),
    raw(["frame", 8, octets("03e8")])
  ),
  script("all clients are terminated by hand", client(["send", "a"]), wss(["close", cb]), server(["terminate"]))
]
