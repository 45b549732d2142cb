/** createWebSocketStream (FEATURES A5). */
import {
  buffer,
  callback,
  cb,
  client,
  clientStream,
  dial,
  large,
  listener,
  network,
  octets,
  raw,
  script,
  serve,
  server,
  serverStream,
  type Value
} from "../Script.ts"

const stream = (options: Value = {}) => client(["stream", options])
const stop = clientStream(["deaf", "data"])

export const scripts = [
  script("reads what comes", stream(), server(["send", "text"], ["send", buffer("octets")], ["send", ""])),
  script(
    "writes",
    stream(),
    clientStream(["write", "text", "utf8", cb], ["write", buffer("octets"), "utf8", cb], ["end", cb])
  ),
  script("ends with a last chunk", stream(), clientStream(["end", "last", cb])),
  script("ends when the peer closes", stream(), server(["send", "a"], ["close", 1000])),
  script("ends when the peer ends its socket", stream(), server(["socket", "end"])),
  script("ends when the peer resets", stream(), server(["socket", "resetAndDestroy"])),
  script("ends when the peer terminates", stream(), server(["terminate"])),
  script("closes when its own side is ended", stream(), clientStream(["end"])),
  script("allowHalfOpen false", stream({ allowHalfOpen: false }), server(["send", "a"], ["close", 1000])),
  script(
    "allowHalfOpen true",
    stream({ allowHalfOpen: true }),
    server(["close", 1000]),
    clientStream(["write", "late", "utf8", cb])
  ),
  script("is destroyed", stream(), clientStream(["destroy"])),
  script("is destroyed with an error", stream(), clientStream(["destroy", { is: "error", message: "on purpose" }])),
  script("is destroyed twice", stream(), clientStream(["destroy"], ["destroy"])),
  script("is destroyed after its end", stream(), clientStream(["end"], ["destroy"])),
  script("the WebSocket closes", stream(), client(["close", 1000])),
  script("the WebSocket is terminated", stream(), client(["terminate"])),
  script("an error of the protocol", stream(), server(["send", "x", { mask: true }])),
  script("is made while connecting", client(["new"], ["stream"]), server(["send", "a"])),
  script("writes while connecting", client(["new"], ["stream"]), clientStream(["write", "a", "utf8", cb])),
  script(
    "writes at once while connecting",
    client(["new"], ["stream"], ["get", "readyState"]),
    clientStream(["end", "early"])
  ),
  script("is destroyed while connecting", client(["new"], ["stream"], ["terminate"])),
  script(
    "a destroyed stream while connecting",
    network(["hold"]),
    client(["new"], ["stream"]),
    clientStream(["destroy"]),
    network(["release"])
  ),
  script(
    "ends while connecting",
    network(["hold"]),
    client(["new"], ["stream"]),
    clientStream(["end", "early", cb]),
    network(["release"])
  ),
  script("the connection is refused", raw(["listen"]), client(["new"], ["stream"]), raw(["answer", 400])),
  script("is made after the close", client(["close"]), stream(), clientStream(["write", "late", "utf8", cb])),
  script("object mode", stream({ objectMode: true }), server(["send", "text"], ["send", buffer("octets")])),
  script(
    "readableObjectMode",
    stream({ readableObjectMode: true }),
    server(["send", "text"], ["send", buffer("octets")], ["send", ""])
  ),
  script(
    "writableObjectMode",
    stream({ writableObjectMode: true }),
    clientStream(["write", "text", "utf8", cb], ["write", 5, "utf8", cb])
  ),
  script(
    "decodeStrings false",
    stream({ decodeStrings: false }),
    clientStream(["write", "text", "utf8", cb], ["write", "6869", "hex", cb])
  ),
  script(
    "encoding",
    stream({ encoding: "utf8" }),
    server(["send", "text"], ["send", octets("e2")], ["send", octets("82ac")])
  ),
  script(
    "options that are its own",
    stream({ emitClose: false, autoDestroy: true }),
    server(["send", "a"], ["close", 1000])
  ),
  script(
    "methods, of which it has its own",
    stream({ read: cb, write: cb, final: cb, destroy: cb }),
    server(["send", "a"]),
    clientStream(["write", "b", "utf8", cb], ["end", cb]),
    clientStream(["destroy"])
  ),
  script("autoDestroy false", stream({ autoDestroy: false }), server(["close", 1000]), clientStream(["end"])),
  script("other binary types", client(["set", "binaryType", "arraybuffer"], ["stream"]), server(["send", buffer("a")])),
  script("fragments", client(["set", "binaryType", "fragments"], ["stream"]), server(["send", buffer("a")])),
  script(
    "it is full, and pauses",
    stop,
    stream({ readableHighWaterMark: 5 }),
    server(["send", "abcdef"]),
    server(["send", "ghi"], ["send", "jkl"]),
    client(["get", "isPaused"]),
    clientStream(["inspect"], ["read"]),
    client(["get", "isPaused"]),
    clientStream(["read"], ["read"])
  ),
  script(
    "it is full when the peer closes",
    stop,
    stream({ readableHighWaterMark: 2 }),
    server(["send", "abcdef"], ["send", "g"], ["close", 1000]),
    clientStream(["inspect"], ["read"]),
    clientStream(["resume"])
  ),
  script(
    "it is full and destroyed",
    stop,
    stream({ readableHighWaterMark: 2 }),
    server(["send", "abcdef"], ["send", "g"]),
    clientStream(["destroy"])
  ),
  script(
    "it is full and objects",
    stop,
    stream({ readableObjectMode: true, readableHighWaterMark: 1 }),
    server(["send", "a"], ["send", "b"], ["send", "c"]),
    clientStream(["read"], ["read"]),
    clientStream(["resume"])
  ),
  script(
    "pauses and resumes",
    stream(),
    clientStream(["pause"]),
    server(["send", "a"], ["send", "b"]),
    clientStream(["inspect"], ["resume"])
  ),
  script(
    "writes a lot",
    stream({ writableHighWaterMark: 10 }),
    clientStream(["write", large("Buffer", 100_000), "utf8", cb], ["write", "after", "utf8", cb], ["inspect"], ["end"])
  ),
  script(
    "waits while the network takes no more",
    stream(),
    network(["stall"]),
    clientStream(["write", large("Buffer", 9_000_000), "utf8", cb], ["write", "after", "utf8", cb], ["end", cb]),
    clientStream(["inspect"]),
    network(["flow"])
  ),
  script("corks", stream(), clientStream(["cork"], ["write", "a"], ["write", "b"], ["uncork"])),
  script(
    "both sides are streams",
    stream(),
    server(["stream"]),
    clientStream(["write", "a"]),
    serverStream(["write", "b"]),
    clientStream(["end", "c"]),
    serverStream(["end", "d"])
  ),
  script("a server's stream ends", server(["stream"]), serverStream(["end", "bye"])),
  script("a server's stream is destroyed", server(["stream"]), serverStream(["destroy"])),
  script("writes after the end", stream(), clientStream(["end"], ["write", "late", "utf8", cb])),
  script(
    "writes after the peer's close",
    stream(),
    server(["close", 1000]),
    clientStream(["write", "late", "utf8", cb])
  ),
  script(
    "writes when the socket is gone",
    stream(),
    server(["terminate"]),
    clientStream(["write", "late", "utf8", cb])
  ),
  script(
    "a listener of data throws",
    stream(),
    clientStream(["on", "data", listener("a", clientStream(["throw"]))]),
    server(["send", "a"], ["send", "b"])
  ),
  script(
    "compressed",
    serve({ perMessageDeflate: { threshold: 0 } }),
    dial("/", [], {}),
    stream(),
    server(["send", "a"], ["send", "b"], ["close", 1000])
  ),
  script("a callback of write ends", stream(), clientStream(["write", "a", "utf8", callback(clientStream(["end"]))])),
  script(
    "nobody reads, and the client goes",
    stop,
    stream(),
    server(["send", "a"]),
    server(["terminate"]),
    clientStream(["read"])
  )
].map(({ name, steps }) => script(`a stream: ${name}`, ...steps))
