/** Hooks and classes of programs around a server: what they are called with, and on. As with ws. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

const open = async (server: ws.WebSocketServer, protocols: ReadonlyArray<string> = []): Promise<ws.WebSocket> => {
  if (server.address() === null || !(server as unknown as { _server: { listening: boolean } })._server.listening) {
    await once(server, "listening")
  }
  const client = new ws.WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`, [...protocols])
  await once(client, "open")
  return client
}

/** What hooks see of `this`: the options, of which they may be methods. */
const hooked = async ({ WebSocketServer }: Implementation, callsBack: boolean) => {
  const seen: Array<unknown> = []
  const see = (hook: string, self: unknown) => seen.push([hook, self === server.options])
  const server: ws.WebSocketServer = new WebSocketServer({
    port: 0,
    host: "localhost",
    verifyClient: callsBack
      ? function(this: unknown, _info, callback) {
        see("verifyClient", this)
        callback(true)
      }
      : function(this: unknown) {
        return see("verifyClient", this) > 0
      },
    handleProtocols(this: unknown) {
      see("handleProtocols", this)
      return "a"
    }
  } as ws.ServerOptions)
  const client = await open(server, ["a"])
  server.close()
  client.terminate()
  return seen
}

describe("hooks among the options", () => {
  it.each([true, false])("are methods of them (verifyClient calls back: %s)", async (callsBack) => {
    const expected = await hooked(ws, callsBack)
    expect(await hooked(await load("compat"), callsBack)).toEqual(expected)
  })
})

type Complete = (...args: Array<unknown>) => void

/** A server that tells more of each client than ws does. */
const extended = async ({ WebSocketServer }: Implementation) => {
  class Server extends WebSocketServer {
    completeUpgrade(...args: Array<unknown>): void {
      const callback = args.pop() as Complete
      const { completeUpgrade } = WebSocketServer.prototype as unknown as { completeUpgrade: Complete }
      completeUpgrade.call(this, ...args, (...given: ReadonlyArray<unknown>) => callback(...given, "and more"))
    }
  }
  const server = new Server({ port: 0, host: "localhost" })
  const connected = new Promise<ReadonlyArray<unknown>>((resolve) =>
    server.on("connection", (...given) => resolve(given))
  )
  const client = await open(server)
  const given = await connected
  server.close()
  client.terminate()
  return given.slice(2)
}

describe("a server that overrides completeUpgrade", () => {
  it("passes on what it calls back with", async () => {
    expect(await extended(ws)).toEqual(["and more"])
    expect(await extended(await load("compat"))).toEqual(["and more"])
  })
})

/** Who is among the clients, by the name of its subprotocol: first asked when some have come and one has gone. */
const present = async ({ WebSocketServer }: Implementation) => {
  const server: ws.WebSocketServer = new WebSocketServer({ port: 0, host: "localhost" })
  const names = () => Array.from(server.clients, ({ protocol }) => protocol)
  const clients = [await open(server, ["a"])]
  const left = new Promise((resolve) => server.once("connection", (socket) => socket.once("close", resolve)))
  for (const protocol of ["b", "c", "d"]) clients.push(await open(server, [protocol]))
  clients[1].terminate()
  await left
  clients.push(await open(server, ["e"]))
  const first = names()
  clients.push(await open(server, ["f"]))
  const { clients: set } = server
  const seen = [first, names(), set === server.clients, set instanceof Set]
  const empty = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const client of clients) client.terminate()
  await empty
  while (set.size > 0) await new Promise(setImmediate)
  return seen
}

/** A server that has a set of its own. */
const own = async ({ WebSocketServer }: Implementation) => {
  class Server extends WebSocketServer {
    override clients = new Set<ws.WebSocket>()
  }
  const servers: ReadonlyArray<ws.WebSocketServer> = [
    new Server({ port: 0, host: "localhost" }),
    Object.assign(new WebSocketServer({ port: 0, host: "localhost" }), { clients: new Set<ws.WebSocket>() }),
    Object.assign(new WebSocketServer({ port: 0, host: "localhost", clientTracking: false }), { clients: new Set() })
  ]
  const sizes: Array<number> = []
  for (const server of servers) {
    const client = await open(server)
    sizes.push(server.clients.size)
    server.close()
    client.terminate()
  }
  return sizes
}

/** Names that a program may well have for something of its own. */
const ownNames = ["answer", "clients", "closed", "handle", "left", "listen", "refuse", "track", "tracked", "verify"]

/** A server that keeps things of its own, and what of it works all the same. */
const keeping = async ({ WebSocketServer }: Implementation) => {
  class Server extends WebSocketServer {
    constructor(options: ws.ServerOptions) {
      super(options)
      for (const name of ownNames) Reflect.set(this, `_${name}`, name)
    }
  }
  const server = new Server({ port: 0, host: "localhost", perMessageDeflate: true, verifyClient: () => true })
  const connected = once(server, "connection")
  const client = await open(server, ["a"])
  const [socket] = await connected as [ws.WebSocket]
  const seen = [server.clients.has(socket), socket.protocol, socket.extensions, server.clients.size]
  client.terminate()
  await once(socket, "close")
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return [...seen, server.clients.size, ownNames.map((name) => Reflect.get(server, `_${name}`) as unknown)]
}

describe("a subclass of the server", () => {
  it("may have names of its own", async () => {
    const expected = await keeping(ws)
    expect(expected).toEqual([true, "a", "permessage-deflate", 1, 0, ownNames])
    expect(await keeping(await load("compat"))).toEqual(expected)
  })
})

/** A program has taken the set away. */
const untracked = async ({ WebSocketServer }: Implementation, clients: null | undefined) => {
  const server: ws.WebSocketServer = new WebSocketServer({ port: 0, host: "localhost" })
  Reflect.set(server, "clients", clients)
  const connected = once(server, "connection")
  const client = await open(server)
  await connected
  client.terminate()
  return new Promise((resolve) => server.close((error) => resolve(error)))
}

/** The numbers of what a server does. */
const states = async ({ WebSocketServer }: Implementation) => {
  const server = new WebSocketServer({ noServer: true })
  const read = () => Reflect.get(server, "_state") as unknown
  const running = read()
  server.close()
  const closing = read()
  await once(server, "close")
  return [running, closing, read()]
}

describe("a server", () => {
  it("is running, closing or closed by the numbers of ws", async () => {
    const expected = await states(ws)
    expect(expected).toEqual([0, 1, 2])
    expect(await states(await load("compat"))).toEqual(expected)
  })
})

/** What is told first: the end of the last client, or that of a server that has none of its own. */
const awaiting = async ({ WebSocketServer }: Implementation) => {
  const http = createServer().listen(0, "localhost")
  await once(http, "listening")
  const server: ws.WebSocketServer = new WebSocketServer({ server: http })
  const connected = once(server, "connection")
  const client = new ws.WebSocket(`ws://localhost:${(http.address() as AddressInfo).port}`)
  const [[accepted]] = await Promise.all([connected, once(client, "open")]) as [[ws.WebSocket], unknown]
  const seen: Array<string> = []
  accepted.on("close", () => seen.push("client"))
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (let times = 0; times < 3; times++) await new Promise(setImmediate)
  client.terminate()
  await closed
  http.close()
  return [...seen, "server"]
}

describe("clients", () => {
  it("are waited for by a server on another's", async () => {
    const expected = await awaiting(ws)
    expect(expected).toEqual(["client", "server"])
    expect(await awaiting(await load("compat"))).toEqual(expected)
  })

  it.each([null, undefined])("are not tracked if a program has put %s there", async (clients) => {
    expect(await untracked(ws, clients)).toBeUndefined()
    expect(await untracked(await load("compat"), clients)).toBeUndefined()
  })

  it("are a set in the order in which they came, whenever it is asked for", async () => {
    const expected = await present(ws)
    expect(expected).toEqual([["a", "c", "d", "e"], ["a", "c", "d", "e", "f"], true, true])
    expect(await present(await load("compat"))).toEqual(expected)
  })

  it("are in the program's set if it has one", async () => {
    const expected = await own(ws)
    expect(expected).toEqual([1, 1, 1])
    expect(await own(await load("compat"))).toEqual(expected)
  })

  it("are not there if they are not tracked", async () => {
    const { WebSocketServer } = await load("compat")
    expect("clients" in new WebSocketServer({ noServer: true, clientTracking: false })).toBe(false)
    expect(new WebSocketServer({ noServer: true }).clients).toEqual(new Set())
  })
})
