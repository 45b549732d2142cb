/** Sockets that are handed over twice, or when it is too late, and redirects that take their time: as with ws. */
import { once } from "node:events"
import { Agent, type ClientRequest, createServer, type IncomingMessage, request } from "node:http"
import { type AddressInfo, connect, createServer as listenTcp, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { setImmediate as tick } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

const key = "dGhlIHNhbXBsZSBub25jZQ=="

const head = [
  "GET / HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${key}`,
  "Sec-WebSocket-Version: 13"
]

/** A request for an upgrade, and the two ways to grant it. */
class Request {
  readonly seen: Array<unknown> = []
  readonly server: ws.WebSocketServer
  readonly socket: Duplex
  private readonly message: IncomingMessage

  constructor(server: ws.WebSocketServer, message: IncomingMessage, socket: Duplex) {
    this.server = server
    this.message = message
    this.socket = socket
  }

  handle(name: string): void {
    this.server.handleUpgrade(this.message, this.socket, Buffer.alloc(0), this.opened(name))
  }

  complete(name: string): void {
    const server = this.server as unknown as { completeUpgrade(...args: ReadonlyArray<unknown>): void }
    server.completeUpgrade({}, key, new Set(), this.message, this.socket, Buffer.alloc(0), this.opened(name))
  }

  private opened(name: string): (socket: ws.WebSocket) => void {
    return (socket) => {
      this.seen.push([name, socket.readyState])
      socket.on("error", ({ message }) => this.seen.push([name, "error", message]))
      socket.on("close", (code) => this.seen.push([name, "close", code]))
    }
  }
}

const ways = ["handle", "complete"] as const

type Act = (request: Request, way: (typeof ways)[number]) => void

const acts: Readonly<Record<string, Act>> = {
  "twice": (request, way) => {
    request[way]("first")
    request[way]("second")
  },
  "twice, and destroyed in between": (request, way) => {
    request[way]("first")
    request.socket.destroy()
    request[way]("second")
  },
  "destroyed": (request, way) => {
    request.socket.destroy()
    request[way]("late")
  },
  "ended": (request, way) => {
    request.socket.end()
    request[way]("late")
  },
  "when the server is closed": (request, way) => {
    request.server.close((error) => request.seen.push(["closed", error?.message]))
    request[way]("late")
  }
}

const upgrade = async ({ WebSocketServer }: Implementation, name: string, way: (typeof ways)[number]) => {
  const http = createServer().listen(0, "localhost")
  await once(http, "listening")
  const client = connect((http.address() as AddressInfo).port, "localhost")
  let answer = ""
  client.on("error", () => {}).on("data", (chunk) => answer += chunk.toString("latin1"))
  client.write([...head, "", ""].join("\r\n"))
  const [message, socket] = await once(http, "upgrade") as [IncomingMessage, Duplex]
  const request = new Request(new WebSocketServer({ noServer: true }), message, socket)
  try {
    acts[name](request, way)
  } catch (error) {
    request.seen.push(["throws", (error as Error).message])
  }
  const { clients } = request.server
  request.seen.push(clients.size)
  client.end()
  await once(client, "close")
  for (const one of clients) one.terminate()
  if (!socket.closed) await once(socket, "close")
  await tick() // what follows from that
  http.close()
  return [...request.seen, clients.size, answer]
}

describe.each(ways)("a socket that is given to %sUpgrade", (way) => {
  it.each(Object.keys(acts))("%s", async (name) => {
    const expected = await upgrade(ws, name, way)
    expect(await upgrade(await load("compat"), name, way)).toEqual(expected)
  })
})

/** A server that redirects so often, and then says nothing. */
const redirected = async ({ WebSocket }: Implementation, times: number) => {
  let requests = 0
  const server = listenTcp((socket) => {
    socket.on("error", () => {}).once("data", () => {
      if (requests++ < times) socket.write(`HTTP/1.1 302 Found\r\nLocation: /${requests}\r\nContent-Length: 0\r\n\r\n`)
    })
  }).listen(0, "localhost")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const client = new WebSocket(`ws://localhost:${port}`, { followRedirects: true, handshakeTimeout: 200 })
  const seen: Array<unknown> = []
  client.on("redirect", (url) => seen.push(["redirect", new URL(url).pathname]))
  client.on("error", ({ message }) => seen.push(["error", message]))
  await new Promise<void>((resolve) => client.on("close", (code) => resolve(void seen.push(["close", code]))))
  server.close()
  return seen
}

/** The agent has had enough of waiting before the server answers. */
const outwaited = async ({ WebSocket }: Implementation): Promise<unknown> => {
  const agent = new Agent({ timeout: 20 })
  const server = createServer().listen(0, "localhost")
  await once(server, "listening")
  const client = new WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`, { agent })
  const { _req: request } = client as unknown as { readonly _req: ClientRequest }
  const [[message, socket]] = await Promise.all([once(server, "upgrade"), once(request, "timeout")])
  new ws.WebSocketServer({ noServer: true }).handleUpgrade(message, socket, Buffer.alloc(0), () => {})
  await once(client, "open")
  client.terminate()
  server.close()
  return client.readyState
}

describe("handshakeTimeout", () => {
  it.each(["ws", "compat"] as const)("is none if only the agent has one, with %s", async (name) => {
    expect(await outwaited(await load(name))).toBe(2)
  })

  it.each([0, 1, 3])("is for the last of %i redirects, too", async (times) => {
    const expected = await redirected(ws, times)
    expect(expected.slice(-2)).toEqual([["error", "Opening handshake has timed out"], ["close", 1006]])
    expect(await redirected(await load("compat"), times)).toEqual(expected)
  })
})

/** A client whose handshake its program does. */
type ByHand = ws.WebSocket & {
  _isServer: boolean
  _extensions: Readonly<Record<string, unknown>>
  setSocket(socket: Duplex, head: Buffer, options: { readonly maxPayload: number }): void
}

interface Deflate {
  accept(configurations: unknown): unknown
}

interface Parts {
  readonly extension: { parse(header: string): Readonly<Record<string, unknown>> }
  readonly PerMessageDeflate: new(options: object) => Deflate
  readonly WebSocket: new(address: null, protocols: undefined, options: object) => ByHand
}

/** Does the handshake, and leaves the connection and its compression to the class. */
const upgradeByHand = async (implementation: Implementation): Promise<ReadonlyArray<unknown>> => {
  const server = new ws.WebSocketServer({ port: 0, host: "localhost", perMessageDeflate: { threshold: 0 } })
  server.on("connection", (peer) => peer.on("message", (data) => peer.send(data)))
  await once(server, "listening")
  const fields = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Version": 13,
    "Sec-WebSocket-Extensions": "permessage-deflate"
  }
  const asking = request({ host: "localhost", port: (server.address() as AddressInfo).port, headers: fields }).end()
  const [response, socket, rest] = await once(asking, "upgrade") as [IncomingMessage, Socket, Buffer]
  const { extension, PerMessageDeflate, WebSocket } = implementation as unknown as Parts
  const deflate = new PerMessageDeflate({})
  deflate.accept(extension.parse(response.headers["sec-websocket-extensions"]!)["permessage-deflate"])
  const client = new WebSocket(null, undefined, {})
  client._isServer = false
  client._extensions = { "permessage-deflate": deflate }
  client.setSocket(socket, rest, { maxPayload: 0 })
  client.send("x".repeat(10_000))
  const [data] = await once(client, "message")
  const isCompressed = socket.bytesWritten < 1000
  client.close()
  await once(client, "close")
  server.close()
  return [client.extensions, String(data).length, isCompressed]
}

it("a client whose handshake was done by hand compresses as was agreed on there", async () => {
  const expected = await upgradeByHand(ws)
  expect(expected).toEqual(["permessage-deflate", 10_000, true])
  expect(await upgradeByHand(await load("compat"))).toEqual(expected)
})
