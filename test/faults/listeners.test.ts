import WebSocket, { WebSocketServer } from "effect-ws/compat"
import { once } from "node:events"
import { type AddressInfo, connect, type Socket } from "node:net"
import { setImmediate as tick } from "node:timers/promises"
import { afterEach, beforeEach, describe, expect, it } from "vitest"

let uncaught: Array<unknown>
let others: Array<NodeJS.UncaughtExceptionListener>

beforeEach(() => {
  uncaught = []
  others = process.listeners("uncaughtException")
  process.removeAllListeners("uncaughtException")
  process.on("uncaughtException", (error) => uncaught.push(error))
})

afterEach(() => {
  process.removeAllListeners("uncaughtException")
  for (const listener of others) process.on("uncaughtException", listener)
})

const open = async (allowSynchronousEvents: boolean) => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", allowSynchronousEvents })
  await once(server, "listening")
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { allowSynchronousEvents })
  const [[socket]] = await Promise.all([once(server, "connection"), once(client, "open")])
  return { client, server, socket: socket as WebSocket }
}

/** A request, and masked texts of one octet each. */
const request = [
  "GET / HTTP/1.1",
  "Host: x",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "\r\n"
].join("\r\n")
const text = (octet: string): string => `\x81\x81\0\0\0\0${octet}`

describe.each([true, false])("a listener that throws (allowSynchronousEvents: %s)", (allowSynchronousEvents) => {
  it.each(["message", "ping", "close"])("of %s is an uncaught exception, and the connection goes on", async (name) => {
    const { client, server, socket } = await open(allowSynchronousEvents)
    const received: Array<string> = []
    const defect = new Error("boom")
    const closed = Promise.all([once(client, "close"), once(socket, "close")])
    client.on("message", (data) => received.push(String(data)))
    client.on(name, () => {
      throw defect
    })
    socket.send("1")
    socket.ping()
    socket.send("2")
    socket.close(4000)
    const [[code], [theirs]] = await closed
    await tick()
    server.close()
    await once(server, "close")
    expect([code, theirs]).toEqual([4000, 4000])
    expect(received).toEqual(["1", "2"])
    expect(uncaught).toEqual(name === "message" ? [defect, defect] : [defect])
  })

  it("is told of what follows, also if it throws for what came with the request", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", allowSynchronousEvents })
    await once(server, "listening")
    const received: Array<string> = []
    const closed = new Promise((resolve) => {
      server.on("connection", (socket) => {
        socket.on("message", (data) => {
          received.push(String(data))
          throw new Error("boom")
        })
        socket.on("close", resolve)
      })
    })
    const peer = connect((server.address() as AddressInfo).port, "127.0.0.1")
    peer.write(request + text("1"), "latin1")
    await once(peer, "data")
    peer.end(text("2"), "latin1")
    await closed
    server.close()
    expect(received).toEqual(["1", "2"])
    expect(uncaught).toHaveLength(2)
  })

  it("loses nothing of what was read while it was paused, also if nothing comes after it", async () => {
    const { client, server, socket } = await open(allowSynchronousEvents)
    const { _socket: stream } = socket as unknown as { readonly _socket: Socket }
    const received: Array<string> = []
    socket.on("message", (data) => {
      received.push(String(data))
      throw new Error("boom")
    })
    socket.pause()
    for (const message of ["1", "2", "3"]) {
      const before = stream.readableLength
      client.send(message)
      while (stream.readableLength === before) await tick()
    }
    socket.resume()
    for (let times = 0; times < 100 && received.length < 3; times++) await tick()
    expect(received).toEqual(["1", "2", "3"])
    expect(uncaught).toHaveLength(3)
    client.terminate()
    server.close()
    await once(server, "close")
  })

  it.each(["in the stream", "behind a message"])(
    "is told of the end, also if it throws for what was left %s when the socket was gone",
    async (where) => {
      const { client, server, socket } = await open(allowSynchronousEvents)
      const { _socket: stream } = socket as unknown as { readonly _socket: Socket }
      const received: Array<string> = []
      const first = new Promise<void>((resolve) => {
        socket.on("message", (data) => {
          if (received.push(String(data)) > 1 || where === "in the stream") throw new Error("boom")
          socket.pause()
          resolve()
        })
      })
      const closed = once(socket, "close")
      if (where === "in the stream") socket.pause()
      for (const message of ["1", "2", "3"]) client.send(message)
      if (where === "in the stream") { while (stream.readableLength === 0) await tick() }
      else await first
      stream.destroy()
      await closed
      expect(received).toEqual(["1", "2", "3"])
      expect(uncaught).toHaveLength(where === "in the stream" ? 3 : 2)
      expect(server.clients.size).toBe(0)
      client.terminate()
      server.close()
      await once(server, "close")
    }
  )

  it("as a callback of send is one too, and the others are called", async () => {
    const { client, server, socket } = await open(allowSynchronousEvents)
    const called: Array<number> = []
    const defect = new Error("boom")
    const closed = Promise.all([once(client, "close"), once(socket, "close")])
    client.send("1", () => {
      called.push(1)
      throw defect
    })
    client.send("2", () => called.push(2))
    client.close()
    await closed
    server.close()
    await once(server, "close")
    expect(called).toEqual([1, 2])
    expect(uncaught).toEqual([defect])
  })
})
