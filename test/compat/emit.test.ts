/** Events of messages reach everybody whom Node's `emit` reaches, with ws and with us. */
import { execFile } from "node:child_process"
import { EventEmitter, once } from "node:events"
import type { AddressInfo } from "node:net"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import { load } from "./differential/Implementation.ts"

const compat = await load("compat")

type Note = (...what: ReadonlyArray<unknown>) => void
type Listen = (socket: ws.WebSocket, note: Note) => void

/** What is noted while a server's socket gets two messages and a ping. */
const heard = async (
  { WebSocketServer }: Pick<typeof ws, "WebSocketServer">,
  listen: Listen,
  options?: ws.ServerOptions
): Promise<ReadonlyArray<unknown>> => {
  const server = new WebSocketServer({ ...options, port: 0, host: "127.0.0.1" })
  await once(server, "listening")
  const client = new ws.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [socket] = await once(server, "connection") as [ws.WebSocket]
  const seen: Array<unknown> = []
  listen(socket, (...what) => seen.push(what.map((item) => item instanceof Buffer ? item.toString() : item)))
  await once(client, "open")
  client.send("one")
  client.send(Buffer.from("two"))
  client.ping("?")
  await once(client, "pong")
  client.close()
  await once(socket, "close")
  server.close()
  return seen
}

const replaceEmit = (target: EventEmitter, socket: EventEmitter, note: Note): () => void => {
  const { emit } = target
  target.emit = function(this: EventEmitter, type: string | symbol, ...args: ReadonlyArray<unknown>) {
    if (this === socket && type === "message") note("emit", ...args)
    return emit.call(this, type, ...args)
  }
  return () => void (target.emit = emit)
}

const listeners: Readonly<Record<string, Listen>> = {
  "one listener": (socket, note) =>
    socket.on("message", function(...args) {
      note(this === socket, ...args)
    }),
  "two listeners": (socket, note) => socket.on("message", note).prependListener("message", () => note("first")),
  "nobody": () => {},
  "a listener for once": (socket, note) => {
    socket.once("message", (...args) => note(socket.listenerCount("message"), ...args))
  },
  "a listener that takes itself away": (socket, note) => {
    const listener: Note = (...args) => {
      note(...args)
      socket.off("message", listener)
    }
    socket.on("message", listener)
  },
  "a listener after all were removed": (socket, note) => socket.removeAllListeners().on("message", note),
  "a listener of a browser": (socket, note) => {
    socket.addEventListener("message", ({ data, target, type }) => note(data, target === socket, type))
  },
  "whoever has replaced the socket's emit": (socket, note) => {
    socket.on("message", () => note("listener"))
    replaceEmit(socket, socket, note)
  },
  "whoever has replaced the emit of all": (socket, note) => {
    const restore = replaceEmit(EventEmitter.prototype, socket, note)
    socket.on("message", () => note("listener"))
    socket.on("ping", restore)
  }
}

const refuse: Listen = (socket, note) => {
  socket.on("error", ({ message }) => note("error", message))
  socket.on("message", async (data) => {
    throw new Error(`no ${data}`)
  })
}

describe("a message reaches, as with ws,", () => {
  it.each(Object.entries(listeners))("%s", async (_, listen) => {
    const expected = await heard(ws, listen)
    expect(await heard(compat, listen)).toEqual(expected)
  })

  it("the emit of a subclass", async () => {
    const seen = await Promise.all([ws, compat].map(({ WebSocket, WebSocketServer }) => {
      class Loud extends WebSocket {
        override emit(type: string | symbol, ...args: Array<unknown>): boolean {
          if (type === "message") this.loudly(...args)
          return super.emit(type, ...args)
        }
        loudly: Note = () => {}
      }
      const listen: Listen = (socket, note) => {
        socket.on("message", () => note("listener"))
        ;(socket as Loud).loudly = note
      }
      return heard({ WebSocketServer }, listen, { WebSocket: Loud })
    }))
    expect(seen[0]).toHaveLength(4)
    expect(seen[1]).toEqual(seen[0])
  })

  it("an asynchronous listener whose rejection is to be an error", async () => {
    EventEmitter.captureRejections = true
    try {
      const expected = await heard(ws, refuse)
      expect(expected).toEqual([["error", "no one"], ["error", "no two"]])
      expect(await heard(compat, refuse)).toEqual(expected)
    } finally {
      EventEmitter.captureRejections = false
    }
  })
})

const program = (first: string, second: string): string => `
  const [first, second] = [await import("${first}"), await import("${second}")]
  const [domain, { WebSocketServer }] = first.create ? [first, second] : [second, first]
  const { WebSocket } = await import("ws")
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  server.on("connection", (socket) => {
    const own = domain.create()
    own.add(socket)
    socket.on("message", () => {
      console.log(process.domain === own)
      process.exit()
    })
  })
  server.on("listening", () => {
    const client = new WebSocket("ws://127.0.0.1:" + server.address().port)
    client.on("open", () => client.send("!"))
  })
`

describe("a listener is in its socket's domain", () => {
  it.each([
    ["domains come", "node:domain", "effect-ws/compat"],
    ["we come", "effect-ws/compat", "node:domain"],
    ["domains come to ws", "node:domain", "ws"]
  ])("if %s first", async (_, first, second) => {
    const flags = ["--conditions=effect-ws-source", "--input-type=module", "--eval", program(first, second)]
    const { stdout } = await promisify(execFile)(process.execPath, flags)
    expect(stdout.trim()).toBe("true")
  })
})
