/** Frames that no library would write, against each role (FEATURES A5, A6). */
import {
  type Call,
  client,
  dial,
  large,
  network,
  nothing,
  octets,
  raw,
  type Script,
  script,
  serve,
  server,
  show,
  type Step,
  type Value
} from "../Script.ts"

type Frames = ReadonlyArray<Call>

const frame = (opcode: number, payload: Value = "", options: Value = {}): Call => ["frame", opcode, payload, options]

/** Octets as they are. */
const wire = (hex: string): Call => ["write", octets(hex)]

const unfinished = { fin: false }

/** More than may be waiting to be answered by default. */
const pings = Array.from({ length: 62 }, (_, i) => frame(9, `${i}`))

/** What is wrong, and the frames, which come after a good message and before another one. */
const violations: ReadonlyArray<readonly [name: string, ...Frames]> = [
  ["rsv1 without an extension", frame(1, "a", { rsv: 4 })],
  ["rsv2", frame(1, "a", { rsv: 2 })],
  ["rsv3", frame(2, "a", { rsv: 1 })],
  ["rsv1 on a ping", frame(9, "a", { rsv: 4 })],
  ["rsv1 on a continuation", frame(1, "a", unfinished), frame(0, "b", { rsv: 4 })],
  ["opcode 3", frame(3, "a")],
  ["opcode 7", frame(7)],
  ["opcode 11", frame(11, "a")],
  ["opcode 15", frame(15)],
  ["a continuation of nothing", frame(0, "a")],
  ["text within a message", frame(1, "a", unfinished), frame(1, "b")],
  ["binary within a message", frame(2, "a", unfinished), frame(2, "b")],
  ["a fragmented ping", frame(9, "a", unfinished)],
  ["a fragmented close", frame(8, octets("03e8"), unfinished)],
  ["a ping of 126 octets", frame(9, large("Buffer", 126))],
  ["a pong of 126 octets", frame(10, large("Buffer", 126))],
  ["a close of 126 octets", frame(8, large("Buffer", 126))],
  ["a close of one octet", frame(8, octets("03"))],
  ["a close with 1005", frame(8, octets("03ed"))],
  ["a close with 1006", frame(8, octets("03ee"))],
  ["a close with 1004", frame(8, octets("03ec"))],
  ["a close with 0", frame(8, octets("0000"))],
  ["a close with 999", frame(8, octets("03e7"))],
  ["a close with 1015", frame(8, octets("03f7"))],
  ["a close with 2999", frame(8, octets("0bb7"))],
  ["a close with 5000", frame(8, octets("1388"))],
  ["a close whose reason is no text", frame(8, octets("03e8ff"))],
  ["text that is none", frame(1, octets("61ff"))],
  ["text that ends in the middle", frame(1, octets("61e282"))],
  ["a surrogate in text", frame(1, octets("eda080"))],
  ["fragments whose text is none", frame(1, octets("61"), unfinished), frame(0, octets("ff"), unfinished), frame(0)],
  ["the wrong masking", frame(1, "a", { masked: true }), frame(1, "a", { masked: false })],
  ["the wrong masking of a ping", frame(9, "a", { masked: true }), frame(9, "a", { masked: false })],
  [
    "a fragmented ping that is masked wrongly",
    frame(9, "a", { fin: false, masked: true }),
    frame(9, "a", {
      fin: false,
      masked: false
    })
  ],
  ["a length over 2^53", wire("82ff0020000000000000")],
  ["a length over 2^63", wire("82ff8000000000000000")],
  ["a length just over the limit of Buffers", wire("82ff001fffffffffffff")],
  ["a length over the default limit", wire("82ff0000000006400001")],
  ["several faults at once", frame(3, large("Buffer", 200), { fin: false, rsv: 7 })],
  ["a fault after a close", frame(8, octets("03e8")), frame(3)],
  ["a fault behind messages in one go", frame(1, "b"), frame(9, "c"), frame(3)]
]

/** All that is allowed, though rare. */
const oddities: ReadonlyArray<readonly [name: string, ...Frames]> = [
  ["a length that could be shorter", wire("827e0001"), wire("61")],
  [
    "fragments with pings among them",
    frame(1, "a", unfinished),
    frame(9, "p"),
    frame(0, "b", unfinished),
    frame(10, "q"),
    frame(0, "c")
  ],
  ["fragments of nothing", frame(2, "", unfinished), frame(0, "", unfinished), frame(0)],
  ["an empty text", frame(1)],
  [
    "a character in several fragments",
    frame(1, octets("e2"), unfinished),
    frame(0, octets("82"), unfinished),
    frame(0, octets("ac"))
  ],
  ["a close within a message", frame(1, "a", unfinished), frame(8, octets("03e8"))],
  ["an empty close", frame(8)],
  ["a close with 3000", frame(8, octets("0bb8616263"))],
  ["a close with 1014", frame(8, octets("03f6"))],
  ["a ping of 125 octets", frame(9, large("Buffer", 125))],
  ["many pings in one go", ...Array.from({ length: 70 }, (_, i) => frame(9, `${i}`))],
  ["noncharacters", frame(1, octets("efbfbf"))]
]

/** The same against a server and against a client. */
const both = (
  name: string,
  options: { readonly [name: string]: Value },
  ...steps: ReadonlyArray<Step>
): ReadonlyArray<Script> => [
  script(`a server: ${name}`, serve(options), raw(["connect"]), raw(["upgrade"]), ...steps),
  script(`a client: ${name}`, raw(["listen"]), dial("/", [], options), raw(["accept"]), ...steps)
]

const first: Call = frame(1, "first")
const last: Call = frame(1, "last")

const afterEnd: ReadonlyArray<Step> = [raw(["end"])]

const limits = [
  script(
    "a server: maxPayload as large as a message",
    serve({ maxPayload: 5 }),
    client(["send", "12345"]),
    client(["send", "123456", { binary: true }])
  ),
  script("a client: maxPayload", serve({}), dial("/", [], { maxPayload: 5 }), server(["send", "123456"])),
  script(
    "maxPayload over fragments",
    serve({ maxPayload: 5 }),
    client(["send", "123", { fin: false }], ["send", "456", { fin: false }], ["send", "7"])
  ),
  script("maxPayload 0 is none", serve({ maxPayload: 0 }), client(["send", "123456"])),
  script(
    "maxPayload does not count control frames",
    serve({ maxPayload: 2 }),
    client(["ping", "123"], ["close", 1000, "a reason"])
  ),
  ...both(
    "maxFragments",
    { maxFragments: 3 },
    raw(frame(1, "a", unfinished), frame(0, "b", unfinished), frame(0, "c")),
    raw(
      frame(1, "a", unfinished),
      frame(0, "b", unfinished),
      frame(0, "c", unfinished),
      frame(0, "d", unfinished),
      frame(0, "e")
    )
  ),
  ...both(
    "maxFragments with empty ones",
    { maxFragments: 2 },
    raw(frame(1, "", unfinished), frame(0, "", unfinished), frame(0, "", unfinished), frame(0))
  ),
  ...both(
    "maxFragments 0 is none",
    { maxFragments: 0 },
    raw(...Array.from({ length: 9 }, (_, i) => frame(i === 0 ? 1 : 0, "a", unfinished)), frame(0))
  ),
  script(
    "maxBufferedChunks",
    serve({ maxBufferedChunks: 4 }),
    network(["cut", 2]),
    client(["send", "abc"]),
    client(["send", "abcdefghijk"])
  ),
  script(
    "maxPendingAutoPongs",
    serve({ maxPendingAutoPongs: 2 }),
    raw(["connect"]),
    raw(["upgrade"]),
    raw(frame(9, "1"), frame(9, "2"), frame(9, "3"), frame(9, "4"))
  ),
  ...[0, -1, nothing].flatMap((maxPendingAutoPongs) =>
    both(`maxPendingAutoPongs ${show(maxPendingAutoPongs)} is none`, { maxPendingAutoPongs }, raw(...pings))
  ),
  ...[false, null, nothing, 0, 1].flatMap((autoPong) =>
    both(`autoPong ${show(autoPong)}`, { autoPong }, raw(frame(9, "a")), raw(frame(9, "b")))
  ),
  ...both(
    "skipUTF8Validation",
    { skipUTF8Validation: true },
    raw(frame(1, octets("ff"))),
    raw(frame(8, octets("03e8ff")))
  ),
  ...[false, nothing].flatMap((allowSynchronousEvents) =>
    both(
      `allowSynchronousEvents ${show(allowSynchronousEvents)}`,
      { allowSynchronousEvents },
      raw(frame(1, "a"), frame(9, "b"), frame(1, "c"), frame(10, "d"), frame(8, octets("03e8")))
    )
  ),
  script(
    "a deflated message over maxPayload",
    serve({ maxPayload: 100, perMessageDeflate: { threshold: 0 } }),
    client(["send", large("string", 5000)])
  )
]

const types = ["nodebuffer", "arraybuffer", "fragments", "blob", "nonsense", ""].flatMap((type) =>
  both(
    `binaryType ${type}`,
    {},
    ["server", ["set", "binaryType", type], ["look"]],
    ["client", ["set", "binaryType", type], ["look"]],
    raw(
      frame(2, "whole"),
      frame(2),
      frame(1, "text"),
      frame(2, "a", unfinished),
      frame(0, "", unfinished),
      frame(0, "b"),
      frame(9, "ping")
    ),
    raw(frame(8, octets("03e8616263")))
  )
).map(({ name, steps }) =>
  script(name, ...steps.filter(([actor]) => actor !== (name.startsWith("a server") ? "client" : "server")))
)

export const scripts = [
  ...violations.flatMap(([name, ...frames]) => both(name, {}, raw(first, ...frames, last), ...afterEnd)),
  ...oddities.flatMap(([name, ...frames]) => both(name, {}, raw(first, ...frames, last), ...afterEnd)),
  ...limits,
  ...types,
  script(
    "binaryType changes between messages",
    client(["set", "binaryType", "arraybuffer"]),
    server(["send", { is: "Buffer", text: "a" }]),
    client(["set", "binaryType", "fragments"]),
    server(["send", { is: "Buffer", text: "b" }], ["send", "text"]),
    client(["set", "binaryType", "blob"]),
    server(["send", { is: "Buffer", text: "c" }], ["send", { is: "Buffer", text: "d" }], ["ping"])
  ),
  script(
    "frames come with the request",
    raw(["connect"]),
    raw(["upgrade"], frame(1, "at once"), frame(8, octets("03e8")))
  ),
  script(
    "frames come with the answer",
    raw(["listen"]),
    dial("/", [], {}),
    raw(["accept"], frame(1, "at once"), frame(9, "ping"), frame(8, octets("03e8")))
  ),
  script("a fault comes with the answer", raw(["listen"]), dial("/", [], {}), raw(["accept"], frame(3))),
  ...both("a fault, and the peer resets", {}, raw(frame(3), ["reset"])),
  ...both("the end in the middle of a frame", {}, raw(first, wire("8105"), ["end"])),
  ...both("the end in the middle of a message", {}, raw(frame(1, "a", unfinished), ["end"])),
  ...both("a reset in the middle of a message", {}, raw(frame(1, "a", unfinished), ["reset"])),
  ...both(
    "octet by octet",
    {},
    network(["cut", 1]),
    raw(first, frame(9, "ping"), frame(2, large("Buffer", 130))),
    raw(frame(3))
  )
]
