/** The request of a client in the hands of others: those who listen to it, and those who replace what it is made with. */
import { once } from "node:events"
import type { ClientRequest, IncomingMessage } from "node:http"
import Net, { type AddressInfo, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

/** A server that answers each request by the next of these, and the last one when there are no more. */
const serve = async (
  ...answers: ReadonlyArray<string>
): Promise<{ readonly url: string; readonly server: Net.Server }> => {
  let count = 0
  const server = Net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {})
    socket.once("data", () => socket.write(answers[Math.min(count++, answers.length - 1)]))
    onTestFinished(() => void socket.destroy())
  })
  onTestFinished(() => void server.close())
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const moved = "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
const refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
const silence = "HTTP/1.1 100 Continue\r\n\r\n"

const noteEnd = (request: ClientRequest, note: (line: unknown) => void): void => {
  for (const event of ["abort", "close"]) request.on(event, () => note([event, request.aborted, request.destroyed]))
}

const closed = (client: ws.WebSocket): Promise<void> => new Promise((resolve) => client.once("close", () => resolve()))

type Play = (implementation: Implementation, note: (line: unknown) => void) => Promise<unknown>

const plays: Readonly<Record<string, Play>> = {
  "is aborted where it is redirected": async ({ WebSocket }, note) => {
    const { url } = await serve(moved, refused)
    const requests: Array<ClientRequest> = []
    const client = new WebSocket(url, {
      followRedirects: true,
      finishRequest: (request) => {
        requests.push(request)
        noteEnd(request, note)
        request.end()
      }
    })
    client.on("redirect", () => note(requests.map(({ aborted, destroyed }) => [aborted, destroyed])))
    client.on("error", () => {})
    await closed(client)
  },
  "is aborted where the client is closed": async ({ WebSocket }, note) => {
    const { server, url } = await serve(silence)
    const over = Promise.withResolvers<void>()
    const client = new WebSocket(url, {
      finishRequest: (request) => {
        noteEnd(request, note)
        request.on("close", over.resolve).end()
      }
    })
    client.on("error", ({ message }) => note(message))
    await once(server, "connection")
    client.close()
    await Promise.all([closed(client), over.promise])
  },
  "leaves no connection behind when its answer was read, and the client is closed": async ({ WebSocket }, note) => {
    const { server, url } = await serve(refused)
    const client = new WebSocket(url)
    client.on("error", ({ message }) => note(message))
    const [[socket], [, response]] = await Promise.all([
      once(server, "connection") as Promise<[Socket]>,
      once(client, "unexpected-response") as Promise<[ClientRequest, IncomingMessage]>
    ])
    note(await text(response))
    client.close()
    if (!socket.readableEnded) await once(socket, "end")
    note("gone")
  },
  "goes where a program that replaces net.connect sends it": async ({ WebSocket }, note) => {
    const { url } = await serve(refused)
    const replaced = vi.spyOn(Net, "connect")
    const client = new WebSocket(url)
    client.on("error", ({ message }) => note(message))
    await closed(client)
    note(replaced.mock.calls.length)
    replaced.mockRestore()
  },
  "is made, and its connection, with the options as they were": async ({ WebSocket }, note) => {
    const server = new ws.WebSocketServer({ port: 0, host: "127.0.0.1" })
    onTestFinished(() => void server.close())
    await once(server, "listening")
    server.on("connection", (socket) => socket.send("hello"))
    const options: ws.ClientOptions = { maxPayload: 5 }
    const protocols = ["a"]
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, protocols, options)
    options.maxPayload = 1
    protocols[0] = "b"
    client.on("error", ({ message }) => note(message))
    client.on("message", (data) => {
      note([String(data), client.protocol])
      client.close()
    })
    await closed(client)
  }
}

const record = async (play: Play, implementation: Implementation): Promise<ReadonlyArray<unknown>> => {
  const lines: Array<unknown> = []
  await play(implementation, (line) => lines.push(line))
  return lines
}

describe("a request", () => {
  it.each(Object.keys(plays))("%s, as with ws", async (name) => {
    const expected = await record(plays[name], ws)
    expect(expected).not.toEqual([])
    expect(await record(plays[name], await load("compat"))).toEqual(expected)
  })

  it("needs an address: null alone is a TypeError, as with ws", async () => {
    for (const { WebSocket } of [ws, await load("compat")]) {
      const make = (...rest: ReadonlyArray<unknown>) => Reflect.construct(WebSocket, [null, ...rest])
      for (const rest of [[], [[]], [{}]]) expect(() => make(...rest)).toThrow(TypeError)
      expect(make(undefined, {})).toHaveProperty("readyState", 0) // how a server makes one
    }
  })
})
