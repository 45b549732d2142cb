/** The server's life (FEATURES A3). */
import {
  callback,
  cb,
  client,
  client2,
  clientless,
  dial,
  http,
  listener,
  network,
  raw,
  script,
  serve,
  server,
  server2,
  type Value,
  wss,
  wss2
} from "../Script.ts"

const modes = ["port", "server", "noServer"]

const wrong: ReadonlyArray<readonly [string, Value]> = [
  ["nothing", {}],
  ["port and noServer", { port: 0, noServer: true }],
  ["port and server", { port: 0, server: {} }],
  ["server and noServer", { server: {}, noServer: true }],
  ["all", { port: 0, server: {}, noServer: true }],
  ["port null", { port: null }],
  ["noServer false", { noServer: false }],
  ["a port that is none", { port: 70_000 }]
]

export const scripts = [
  ...wrong.map(([name, options]) => clientless(`a server does not start with ${name}`, wss(["new", options, "bare"]))),
  ...modes.flatMap((mode) => [
    script(
      `${mode}: a conversation`,
      wss(["new", {}, mode]),
      client(["send", "a"]),
      server(["send", "b"], ["close", 1000])
    ),
    clientless(`${mode}: closes without clients`, wss(["new", {}, mode]), wss(["close", cb])),
    script(
      `${mode}: closes with a client, which stays`,
      wss(["new", {}, mode]),
      client(["send", "a"]),
      wss(["close", cb]),
      client(["send", "b"]),
      server(["send", "c"]),
      client(["close"])
    ),
    script(
      `${mode}: closes twice at once`,
      wss(["new", {}, mode]),
      client(["send", "a"]),
      wss(["close", cb], ["close", cb]),
      client(["close"])
    ),
    script(
      `${mode}: closes again afterwards`,
      wss(["new", {}, mode]),
      client(["close"]),
      wss(["close", cb]),
      wss(["close", cb], ["close"])
    ),
    script(`${mode}: closes without a callback`, wss(["new", {}, mode]), client(["close"]), wss(["close"])),
    script(
      `${mode}: closes in the connection event`,
      wss(["new", {}, mode], ["on", "connection", listener("close", wss(["close", cb]))]),
      client(["send", "a"], ["close"])
    ),
    script(
      `${mode}: a late request while closing`,
      wss(["new", {}, mode]),
      client(["send", "a"]),
      wss(["close", cb]),
      client2(["new"]),
      client(["close"])
    ),
    script(
      `${mode}: without tracking`,
      wss(["new", { clientTracking: false }, mode]),
      client(["send", "a"]),
      wss(["get", "clients"], ["close", cb]),
      client(["send", "b"], ["close"])
    ),
    script(`${mode}: its properties`, wss(["new", { path: "/p" }, mode]), wss(["get", "options"]), dial("/p", [], {})),
    script(`${mode}: its options`, wss(["new", {}, mode, cb]), client(["send", "a"])),
    script(
      `${mode}: a WebSocket class of its own`,
      wss(["new", { WebSocket: { is: "class", name: "Sending" } }, mode]),
      client(["ping", "a"], ["send", "b"], ["close", 1000])
    ),
    script(
      `${mode}: a path`,
      wss(["new", { path: "/here" }, mode]),
      dial("/there", [], {}),
      client2(["new", "/here"])
    )
  ]),
  script(
    "server: an external server goes on without it",
    wss(["new", {}, "server"]),
    client(["send", "a"]),
    wss(["close", cb]),
    http(["listenerCount", "upgrade"], ["listenerCount", "listening"], ["listenerCount", "error"]),
    client(["close"])
  ),
  script(
    "server: listeners on an external server",
    wss(["new", {}, "server"], ["get", "path"]),
    http(["listenerCount", "upgrade"], ["listenerCount", "listening"], ["listenerCount", "error"])
  ),
  script(
    "server: an external server closes first",
    wss(["new", {}, "server"]),
    client(["send", "a"]),
    http(["close"]),
    client(["close"])
  ),
  script(
    "server: other requests are the application's",
    wss(["new", {}, "server"]),
    raw(["connect"]),
    raw(["write", "GET /app HTTP/1.1\r\nHost: raw\r\nConnection: close\r\n\r\n"])
  ),
  script(
    "server: two on one, by path",
    wss(["new", { path: "/a" }, "server"]),
    wss2(["new", { path: "/b" }, "server"]),
    dial("/b", [], {})
  ),
  script(
    "port: a WebSocket class that counts",
    serve({ WebSocket: { is: "class", name: "Counting" } }),
    client(["send", "a"], ["send", "b"])
  ),
  script(
    "port: a WebSocket class that emits",
    serve({ WebSocket: { is: "class", name: "Emitting" } }),
    client(["send", "a"], ["ping"], ["close"])
  ),
  script(
    "port: a server class that chooses",
    wss(["class", "Choosing"], ["new"]),
    dial("/no", [], {}),
    client2(["new", "/yes"])
  ),
  script(
    "port: a server class that handles",
    wss(["class", "Handling"], ["new"]),
    client(["send", "a"], ["close"]),
    wss(["close", cb])
  ),
  script(
    "noServer: a server class that chooses",
    wss(["class", "Choosing"], ["new", {}, "noServer"]),
    dial("/no", [], {})
  ),
  ...["Sending", "Counting", "Emitting"].map((name) =>
    script(
      `a client class: ${name}`,
      client(["class", name], ["new"]),
      client(["send", "a", cb]),
      server(["ping", "p"], ["send", "b"]),
      client(["close", 1000])
    )
  ),
  script("an address", serve({}), wss(["address"])),
  clientless("an address that is not ours", wss(["new", { port: 0, host: "192.0.2.1" }, "bare"])),
  clientless("noServer: no address", wss(["new", { noServer: true }, "bare"], ["address"])),
  clientless(
    "noServer: closes at once",
    wss(["new", { noServer: true }, "bare"], ["close", callback(wss(["close", cb]))])
  ),
  clientless("it is closed at once", wss(["new"], ["close", cb])),
  clientless("a callback for listening", wss(["new", {}, "port", cb])),
  clientless("an address in use", serve({}), wss2(["new", { port: { is: "port" }, host: "127.0.0.1" }, "bare"])),
  script(
    "a broadcast",
    client(["new"]),
    client2(["new"]),
    server(["send", "all", cb]),
    server2(["send", "all", cb]),
    wss(["get", "clients"])
  ),
  script("a client that is terminated leaves the set", client(["terminate"]), wss(["get", "clients"])),
  script("a client that ends its side leaves the set", client(["socket", "end"]), wss(["get", "clients"])),
  script(
    "clients while a close is under way",
    network(["hold"]),
    client(["close"]),
    wss(["get", "clients"]),
    network(["release"]),
    wss(["get", "clients"])
  )
]
