/** The client's request, and what it makes of answers (FEATURES A2). */
import {
  cb,
  client,
  client2,
  dial,
  listener,
  network,
  nothing,
  raw,
  script,
  serve,
  server,
  server2,
  type Step,
  until,
  type Value,
  wss
} from "../Script.ts"

const listen = raw(["listen"])

/** A raw server's answer to a client with options. */
const answered = (name: string, options: Value, ...steps: ReadonlyArray<Step>) =>
  script(name, listen, dial("/", [], options), ...steps)

const answers: ReadonlyArray<readonly [string, Value, string?]> = [
  ["nothing wrong", {}],
  ["no Upgrade", { "Upgrade": null }],
  ["another Upgrade", { "Upgrade": "h2c" }],
  ["an Upgrade in capitals", { "Upgrade": "WEBSOCKET" }],
  ["no Connection", { "Connection": null }],
  ["no accept", { "Sec-WebSocket-Accept": null }],
  ["the wrong accept", { "Sec-WebSocket-Accept": "dGhlIHNhbXBsZSBub25jZQ==" }],
  ["an empty accept", { "Sec-WebSocket-Accept": "" }],
  ["a subprotocol unasked", { "Sec-WebSocket-Protocol": "a" }],
  ["an empty subprotocol", { "Sec-WebSocket-Protocol": "" }],
  ["an extension that was not asked for", { "Sec-WebSocket-Extensions": "x-other" }],
  ["permessage-deflate", { "Sec-WebSocket-Extensions": "permessage-deflate" }],
  ["permessage-deflate twice", { "Sec-WebSocket-Extensions": "permessage-deflate, permessage-deflate" }],
  ["permessage-deflate with bits", {
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits=10; server_max_window_bits=9"
  }],
  ["permessage-deflate without bits", { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" }],
  ["permessage-deflate with too many bits", {
    "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=16"
  }],
  ["permessage-deflate without takeover", {
    "Sec-WebSocket-Extensions": "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
  }],
  ["permessage-deflate with an unknown parameter", { "Sec-WebSocket-Extensions": "permessage-deflate; unknown" }],
  ["extensions that are none", { "Sec-WebSocket-Extensions": "permessage-deflate;" }],
  ["an empty extensions header", { "Sec-WebSocket-Extensions": "" }],
  ["another reason phrase", {}, "HTTP/1.1 101 Fine"],
  ["HTTP/1.0", {}, "HTTP/1.0 101 Switching Protocols"]
]

const asked: ReadonlyArray<readonly [string, Value, Value, Value]> = [
  ["nothing", "/", nothing, nothing],
  ["a path and a query", "/a/b?c=d&e=%20", [], {}],
  ["options as the second argument", "/", { origin: "http://here" }, nothing],
  ["one subprotocol", "/", "one", nothing],
  ["subprotocols", "/", ["one", "two"], {}],
  ["subprotocols as an option", "/", nothing, { protocols: ["one", "two"] }],
  ["one subprotocol as an option", "/", nothing, { protocols: "one" }],
  ["subprotocols as an option of the second argument", "/", { protocols: ["one"] }, nothing],
  ["a URL object", { is: "URL", href: "ws://127.0.0.1:{port}/url" }, [], {}],
  ["http", "http://127.0.0.1:{port}/http", [], {}],
  ["capitals", "WS://127.0.0.1:{port}/", [], {}],
  ["credentials", "ws://user:p%40ss@127.0.0.1:{port}/", [], {}],
  ["a user only", "ws://user@127.0.0.1:{port}/", [], {}],
  ["credentials that are half encoded", "ws://us%ZZer:a+%41%E4@127.0.0.1:{port}/", [], {}],
  ["credentials as an option", "/", [], { auth: "a:b" }],
  ["credentials twice", "ws://user:pass@127.0.0.1:{port}/", [], { auth: "a:b" }],
  ["credentials in a header", "ws://user:pass@127.0.0.1:{port}/", [], { headers: { Authorization: "Bearer x" } }],
  ["an origin", "/", [], { origin: "http://here" }],
  ["an old origin", "/", [], { origin: "http://here", protocolVersion: 8 }],
  ["headers", "/", [], { headers: { "X-One": "1", "x-two": ["2", "3"], "Cookie": "a=b" } }],
  ["headers that are its own", "/", [], {
    headers: { "Upgrade": "mine", "Connection": "mine", "Sec-WebSocket-Version": "5" }
  }],
  ["null for headers", "/", [], { headers: null, followRedirects: true }],
  ["a Host header", "/", [], { headers: { Host: "elsewhere" } }],
  ["options of http.request", "/", [], { method: "POST", path: "/other", host: "1.2.3.4", port: 1 }],
  ["no permessage-deflate", "/", [], { perMessageDeflate: false }],
  ["parameters of permessage-deflate", "/", [], {
    perMessageDeflate: {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 11
    }
  }],
  ["something true for parameters", "/", [], {
    perMessageDeflate: { serverNoContextTakeover: 1, clientNoContextTakeover: "yes" }
  }],
  ["something false for parameters", "/", [], {
    perMessageDeflate: { serverNoContextTakeover: 0, serverMaxWindowBits: 0, clientMaxWindowBits: 0 }
  }],
  ["clientMaxWindowBits true", "/", [], { perMessageDeflate: { clientMaxWindowBits: true } }],
  ["clientMaxWindowBits false", "/", [], { perMessageDeflate: { clientMaxWindowBits: false } }],
  ["an agent", "/", [], { agent: { is: "agent" } }],
  ["finishRequest", "/", [], { finishRequest: { is: "finishRequest", fields: { "X-Late": "yes" } } }],
  ["finishRequest that does not finish", "/", [], {
    finishRequest: { is: "finishRequest", ends: false },
    handshakeTimeout: 50
  }],
  ["lookup", "ws://some.test:{port}/", [], { lookup: { is: "lookup" } }],
  ["a default port that is the server's", "/", [], { defaultPort: { is: "ownPort" } }],
  ["no timeout", "/", [], { handshakeTimeout: 0 }],
  ["maxPayload and others", "/", [], { maxPayload: 1, maxFragments: 1, maxBufferedChunks: 1 }],
  ["false for options", "/", [], false],
  ["a text for options", "/", nothing, "text"],
  ["subprotocols that are for something else", "/", ["one"], { protocols: "two" }],
  ["false for createConnection", "/", [], { createConnection: false }]
]

const wrong: ReadonlyArray<readonly [string, Value, Value, Value]> = [
  ["no URL", "nonsense", [], {}],
  ["an empty URL", "", [], {}],
  ["undefined", nothing, [], {}],
  ["null", null, [], {}],
  ["a number", 5, [], {}],
  ["an unknown scheme", "ftp://127.0.0.1:{port}/", [], {}],
  ["a fragment", "ws://127.0.0.1:{port}/#part", [], {}],
  ["an empty fragment", "ws://127.0.0.1:{port}/#", [], {}],
  ["no path for IPC", "ws+unix:", [], {}],
  ["no socket for IPC", "ws+unix:/nowhere/at/all.sock:/path", [], {}],
  ["an IPC socket and no path", "ws+unix:/nowhere/at/all.sock", [], {}],
  ["IPC over TLS", "wss+unix:/nowhere/at/all.sock:/path", [], {}],
  ["no host", "ws://", [], {}],
  ["a port that is none", "ws://127.0.0.1:99999/", [], {}],
  ["an empty subprotocol", "/", "", {}],
  ["a subprotocol with a space", "/", "a b", {}],
  ["a subprotocol twice", "/", ["a", "a"], {}],
  ["a subprotocol that is a number", "/", [1], {}],
  ["a subprotocol that is undefined", "/", [nothing], {}],
  ["null for subprotocols", "/", null, {}],
  ["a protocol version that there is not", "/", [], { protocolVersion: 7 }],
  ["a protocol version in a string", "/", [], { protocolVersion: "13" }],
  ["a server window that is too large", "/", [], { perMessageDeflate: { serverMaxWindowBits: 16 } }],
  ["a header that cannot be", "/", [], { headers: { "X": "a\nb" } }],
  ["a header's name that cannot be", "/", [], { headers: { "X Y": "a" } }]
]

const redirecting = { followRedirects: true }

const redirect = (location: string, code = 302): Step => raw(["answer", code, { Location: location }])

export const scripts = [
  ...answers.map(([name, fields, start]) =>
    answered(
      `an answer with ${name}`,
      {},
      raw(["accept", fields, start ?? "HTTP/1.1 101 Switching Protocols"]),
      raw(["frame", 1, "hello"])
    )
  ),
  answered(
    "an answer with an extension that is off",
    { perMessageDeflate: false },
    raw(["accept", { "Sec-WebSocket-Extensions": "permessage-deflate" }])
  ),
  answered(
    "an answer with more bits than were asked for",
    { perMessageDeflate: { serverMaxWindowBits: 10 } },
    raw(["accept", { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=11" }])
  ),
  answered("an answer without the takeover that was asked for", {
    perMessageDeflate: { serverNoContextTakeover: true }
  }, raw(["accept", { "Sec-WebSocket-Extensions": "permessage-deflate" }])),
  script("an answer without a subprotocol", listen, dial("/", ["a"], {}), raw(["accept"])),
  script(
    "an answer with another subprotocol",
    listen,
    dial("/", ["a"], {}),
    raw(["accept", { "Sec-WebSocket-Protocol": "b" }])
  ),
  script(
    "an answer with two subprotocols",
    listen,
    dial("/", ["a", "b"], {}),
    raw(["accept", { "Sec-WebSocket-Protocol": "a, b" }])
  ),
  script(
    "an answer with the second subprotocol",
    listen,
    dial("/", ["a", "b"], {}),
    raw(["accept", { "Sec-WebSocket-Protocol": "b" }])
  ),
  ...[100, 200, 204, 301, 400, 401, 404, 426, 503].map((code) =>
    answered(`an answer ${code}`, {}, raw(["answer", code, {}, "body"]), raw(["end"]))
  ),
  answered("an answer that is no HTTP", {}, raw(["write", "garbage\r\n\r\n"])),
  answered("an answer that is cut off", {}, raw(["write", "HTTP/1.1 101 Swi"], ["end"])),
  answered("no answer but the end", {}, raw(["end"])),
  answered("no answer but a reset", {}, raw(["reset"])),
  answered("no answer in time", { handshakeTimeout: 30 }, until("client", "close")),
  answered("an answer in time", { handshakeTimeout: 5000 }, raw(["accept"])),
  answered("no answer, and timeout", { timeout: 30 }),
  answered("an answer in octets", {}, network(["cut", 40]), raw(["accept"], ["frame", 1, "hello"])),
  script(
    "a listener for unexpected-response takes charge",
    listen,
    client(["hear", "unexpected-response"], ["new"]),
    raw(["answer", 401, { "WWW-Authenticate": "Basic" }, "no"]),
    client(["get", "readyState"], ["close"]),
    client(["terminate"])
  ),
  script("nobody listens for errors", listen, client(["deaf", "error"], ["new"]), raw(["answer", 500])),
  ...asked.map(([name, ...args]) =>
    script(`asks with ${name}`, dial(...args), client(["look"]), client(["send", "hello"]))
  ),
  ...wrong.map(([name, ...args]) => script(`does not start with ${name}`, dial(...args))),
  script("it does not start without an argument", ["client", ["new", nothing]]),
  ...[
    "/next",
    "http://127.0.0.1:{port}/next",
    "ws://127.0.0.1:{port}/next",
    "next?a=b",
    "//127.0.0.1:{port}/next",
    "ftp://127.0.0.1/",
    "ws://[",
    "#",
    "/a#b",
    ""
  ].map((location) => answered(`a redirect to ${location}`, redirecting, redirect(location), raw(["accept"]))),
  ...[300, 301, 303, 304, 307, 308, 399].map((code) =>
    answered(`a redirect with ${code}`, redirecting, redirect("/next", code), raw(["accept"]))
  ),
  answered("a redirect that is not followed", {}, redirect("/next")),
  answered("a redirect too many", { ...redirecting, maxRedirects: 1 }, redirect("/one"), redirect("/two")),
  answered(
    "redirects without a limit",
    { ...redirecting, maxRedirects: nothing },
    redirect("/one"),
    redirect("/two"),
    raw(["accept"])
  ),
  answered("no redirect at all", { ...redirecting, maxRedirects: 0 }, redirect("/one")),
  answered("a redirect without a location", redirecting, raw(["answer", 302])),
  answered(
    "a redirect keeps credentials on its host",
    { ...redirecting, auth: "a:b", headers: { Cookie: "c=d", Authorization: "e", Host: "raw" } },
    redirect("/next"),
    raw(["accept"])
  ),
  script(
    "a redirect keeps the URL's credentials on its host",
    listen,
    dial("ws://u:p@127.0.0.1:{port}/", [], redirecting),
    redirect("/next"),
    raw(["accept"])
  ),
  answered(
    "a redirect drops credentials for another host",
    {
      ...redirecting,
      lookup: { is: "lookup" },
      auth: "a:b",
      headers: { Cookie: "c=d", Authorization: "e", Host: "raw", "X-Else": "f" }
    },
    redirect("ws://other.test:{port}/next"),
    raw(["accept"])
  ),
  script(
    "a redirect drops the URL's credentials for another host",
    listen,
    dial("ws://u:p@127.0.0.1:{port}/", [], { ...redirecting, lookup: { is: "lookup" } }),
    redirect("ws://other.test:{port}/next"),
    raw(["accept"])
  ),
  answered(
    "a redirect has credentials of its own",
    { ...redirecting, lookup: { is: "lookup" }, auth: "a:b" },
    redirect("ws://x:y@other.test:{port}/next"),
    raw(["accept"])
  ),
  ...[["close", ["close"]], ["terminate", ["terminate"]]].map(([name, call]) =>
    script(
      `${String(name)} in the redirect event`,
      listen,
      client(["hear", "redirect"], ["new", "/", [], redirecting], [
        "on",
        "redirect",
        listener("act", client(call as never))
      ]),
      redirect("/next"),
      raw(["accept"])
    )
  ),
  script(
    "a listener of redirect takes charge of credentials",
    listen,
    client(["hear", "redirect"], ["new", "/", [], { ...redirecting, lookup: { is: "lookup" }, auth: "a:b" }]),
    redirect("ws://other.test:{port}/next"),
    raw(["accept"])
  ),
  script(
    "a redirect back",
    listen,
    dial("/", [], { ...redirecting, lookup: { is: "lookup" }, auth: "a:b" }),
    redirect("ws://other.test:{port}/next"),
    redirect("ws://127.0.0.1:{port}/back"),
    raw(["accept"])
  ),
  script(
    "masks are made by hand",
    dial("/", [], { generateMask: { is: "generateMask", hex: "01020304" } }),
    client(["send", "hello"], ["ping", "p"], ["close", 1000])
  ),
  script(
    "masks of zeros",
    dial("/", [], { generateMask: { is: "generateMask", hex: "00000000" } }),
    client(["send", "hello"], ["send", { is: "Buffer", text: "abc" }])
  ),
  script(
    "a client goes away while connecting",
    network(["hold"]),
    client(["new"]),
    client(["terminate"]),
    network(["release"])
  ),
  script(
    "a TLS connection",
    network(["secure"]),
    dial("/", [], { rejectUnauthorized: false }),
    client(["send", "a"]),
    server(["send", "b"]),
    client(["close", 1000])
  ),
  script("a TLS connection that is not trusted", network(["secure"]), client(["new"])),
  script(
    "a TLS connection is redirected to its host",
    network(["secure"]),
    listen,
    dial("/", [], { ...redirecting, rejectUnauthorized: false, auth: "a:b" }),
    redirect("/next"),
    raw(["accept"])
  ),
  script(
    "a redirect from TLS to no TLS drops credentials",
    network(["secure"]),
    listen,
    dial("/", [], {
      ...redirecting,
      rejectUnauthorized: false,
      auth: "a:b",
      headers: { Cookie: "c=d", Authorization: "e", "X-Else": "f" }
    }),
    redirect("ws://127.0.0.1:{server}/plain"),
    raw(["tell"], ["accept"])
  ),
  script(
    "two clients",
    client(["new"]),
    client2(["new"]),
    wss(["get", "clients"]),
    client(["send", "a"]),
    client2(["send", "b"]),
    server2(["send", "c", cb]),
    client(["close"]),
    wss(["get", "clients"])
  ),
  script("a server of another path", serve({ path: "/x" }), dial("/x", [], {}))
]
