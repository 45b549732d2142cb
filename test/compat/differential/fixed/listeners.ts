/** Listeners of both kinds (FEATURES A2, A6). */
import { buffer, client, handler, listener, nothing, octets, script, server, type Value } from "../Script.ts"

const types = ["open", "message", "close", "error", "ping", "nonsense"]

const say = server(["send", "a"], ["send", buffer("b")])
const end = server(["close", 4000, "bye"])
const fault = server(["send", "x", { mask: true }])

const odd: ReadonlyArray<readonly [string, Value]> = [
  ["null", null],
  ["undefined", nothing],
  ["a string", "listener"],
  ["an object without handleEvent", {}]
]

const attributes = ["onopen", "onmessage", "onclose", "onerror"]

export const scripts = [
  ...types.map((type) =>
    script(
      `addEventListener ${type}`,
      client(["new"], ["addEventListener", type, listener("a")], ["listenerCount", type]),
      say,
      fault
    )
  ),
  ...types.map((type) =>
    script(
      `an object with handleEvent for ${type}`,
      client(["new"], ["addEventListener", type, handler("a")], ["listenerCount", type]),
      say,
      end
    )
  ),
  ...attributes.map((name) =>
    script(
      `${name} is set, replaced and taken away`,
      client(["new"], ["get", name], ["set", name, listener("a")], ["get", name], ["set", name, listener("b")], [
        "get",
        name
      ], ["listenerCount", name.slice(2)]),
      say,
      client(["set", name, null], ["get", name], ["listenerCount", name.slice(2)]),
      fault
    )
  ),
  ...odd.flatMap(([name, value]) => [
    script(`${name} for a handler`, client(["set", "onmessage", value], ["get", "onmessage"]), say),
    script(`${name} for a listener`, client(["addEventListener", "message", value]), say)
  ]),
  script(
    "a handler's place when it is replaced",
    client(["set", "onmessage", listener("a")], ["on", "message", listener("b")], ["set", "onmessage", listener("c")]),
    say
  ),
  script(
    "a listener is there only once",
    client(["addEventListener", "message", listener("a")], ["addEventListener", "message", listener("a")], [
      "listenerCount",
      "message"
    ]),
    say
  ),
  script(
    "a handler and a listener of the same function",
    client(["set", "onmessage", listener("a")], ["addEventListener", "message", listener("a")], [
      "listenerCount",
      "message"
    ]),
    say
  ),
  script(
    "once",
    client(["once", "message", listener("a")], ["addEventListener", "message", listener("b"), { once: true }], [
      "listenerCount",
      "message"
    ]),
    say,
    client(["listenerCount", "message"])
  ),
  script(
    "removeEventListener",
    client(["addEventListener", "message", listener("a")], ["removeEventListener", "message", listener("a")], [
      "listenerCount",
      "message"
    ]),
    say
  ),
  script(
    "removeEventListener of an object",
    client(["addEventListener", "message", handler("a")], ["removeEventListener", "message", handler("a")], [
      "listenerCount",
      "message"
    ]),
    say
  ),
  script(
    "removeEventListener leaves what on added",
    client(["on", "message", listener("a")], ["removeEventListener", "message", listener("a")], [
      "listenerCount",
      "message"
    ]),
    say
  ),
  script(
    "removeEventListener leaves a handler",
    client(["set", "onmessage", listener("a")], ["removeEventListener", "message", listener("a")], [
      "get",
      "onmessage"
    ]),
    say
  ),
  script(
    "off leaves what addEventListener added",
    client(["addEventListener", "message", listener("a")], ["off", "message", listener("a")], [
      "listenerCount",
      "message"
    ]),
    say
  ),
  script(
    "removeAllListeners",
    client(["set", "onmessage", listener("a")], ["addEventListener", "close", listener("b")], ["removeAllListeners"], [
      "listenerCount",
      "message"
    ], ["get", "onmessage"]),
    say,
    end
  ),
  script(
    "removeAllListeners of one event",
    client(["set", "onmessage", listener("a")], ["removeAllListeners", "message"], ["get", "onmessage"]),
    say,
    end
  ),
  script(
    "a listener is added while it emits",
    client(["on", "message", listener("a", client(["on", "message", listener("b")]))]),
    say
  ),
  script(
    "emit reaches listeners and handlers",
    client(
      ["set", "onmessage", listener("a")],
      ["addEventListener", "message", listener("b")],
      ["emit", "message", buffer("by hand"), true],
      ["emit", "message", "text", false],
      ["emit", "close", 1, buffer("c")]
    )
  ),
  script(
    "emit of an error reaches a handler",
    client(["set", "onerror", listener("a")], ["emit", "error", { is: "error", message: "by hand" }])
  ),
  ...["open", "message", "close", "error", "ping", "pong", "upgrade"].map((type) =>
    script(
      `a listener of ${type} throws`,
      client(["new"], ["on", type, listener("a", client(["throw"]))]),
      client(["ping"]),
      server(["ping"], ["send", "a"], ["send", "b"]),
      fault
    )
  ),
  ...["onopen", "onmessage", "onclose", "onerror"].map((name) =>
    script(`${name} throws`, client(["new"], ["set", name, listener("a", client(["throw"]))]), say, fault)
  ),
  script(
    "a server's listener throws",
    server(["on", "message", listener("a", server(["throw"]))]),
    client(["send", "a"], ["send", "b"], ["ping"]),
    client(["close"])
  ),
  script(
    "a listener throws among frames that come octet by octet",
    ["network", ["cut", 1]],
    server(["on", "message", listener("a", server(["throw"]))]),
    client(["send", "a"], ["send", "b"]),
    client(["close"])
  ),
  script(
    "a listener throws at a compressed message",
    ["wss", ["new", { perMessageDeflate: { threshold: 0 } }]],
    server(["on", "message", listener("a", server(["throw"]))]),
    client(["send", "a"], ["send", "b"]),
    client(["close"])
  ),
  script("nobody listens for an error", client(["deaf", "error"], ["new"]), fault),
  script(
    "events come as they are to handlers",
    client(["new"], ["set", "onopen", listener("o")], ["set", "onmessage", listener("m")], [
      "set",
      "onclose",
      listener("c")
    ], ["set", "onerror", listener("e")]),
    client(["set", "binaryType", "arraybuffer"]),
    say,
    end
  ),
  script("a close without a code, for a handler", client(["set", "onclose", listener("c")]), server(["close"])),
  script("a close that is not clean, for a handler", client(["set", "onclose", listener("c")]), server(["terminate"])),
  script(
    "a reason that is no text, for a handler",
    client(["set", "onclose", listener("c")]),
    server(["close", 1000, octets("ff")])
  ),
  script(
    "an exception in a listener does not keep a close away",
    client(["on", "message", listener("a", client(["throw"]))]),
    server(["send", "a"], ["close", 1000])
  ),
  script(
    "pauses in the message event",
    client(["on", "message", listener("a", client(["pause"]))]),
    server(["send", "a"], ["send", "b"], ["ping"]),
    client(["resume"]),
    client(["resume"])
  ),
  script(
    "pauses and resumes",
    server(["pause"], ["get", "isPaused"], ["pause"]),
    client(["send", "a"], ["ping"]),
    client(["send", "b"]),
    server(["resume"], ["get", "isPaused"], ["resume"])
  ),
  script(
    "pauses before the first frame",
    ["wss", ["new", {}], ["on", "connection", listener("a", server(["pause"]))]],
    client(["send", "a"]),
    server(["resume"])
  ),
  script(
    "sends while paused",
    server(["pause"], ["send", "a"], ["ping"]),
    client(["send", "b"]),
    server(["close", 1000])
  ),
  script(
    "is closed while paused",
    server(["pause"]),
    client(["send", "a"], ["close", 4000]),
    server(["look"]),
    server(["resume"])
  ),
  script("is terminated while paused", server(["pause"]), client(["send", "a"]), server(["terminate"])),
  script(
    "pauses in the open event",
    client(["new"], ["on", "open", listener("p", client(["pause"]))]),
    say,
    client(["resume"])
  )
]
