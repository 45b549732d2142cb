/** What comes of a pause and a resume, where messages come with the handshake's answer. */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { setImmediate as tick } from "node:timers/promises"
import { afterEach, expect, it } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

const soon = { closeTimeout: 50, perMessageDeflate: false }

const servers: Array<ws.WebSocketServer> = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate()
    server.close()
  }
})

/** A client that was told something as soon as it was accepted, and paused as soon as it was open. */
const paused = async ({ WebSocket }: Implementation): Promise<ws.WebSocket> => {
  const server = new ws.WebSocketServer({ port: 0, host: "127.0.0.1" })
  servers.push(server)
  await once(server, "listening")
  server.on("connection", (socket) => {
    socket.send("1")
    socket.send("2")
  })
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await new Promise<void>((resolve) => {
    client.on("open", () => {
      client.pause()
      resolve()
    })
  })
  for (let times = 0; times < 20; times++) await tick()
  return client
}

it.each(["ws", "compat"] as const)("gives what was held back to who listens after resume(), with %s", async (name) => {
  const client = await paused(await load(name))
  const received: Array<string> = []
  client.resume()
  client.on("message", (data) => received.push(String(data)))
  while (received.length < 2) await once(client, "message")
  expect(received).toEqual(["1", "2"])
})

it.each(["ws", "compat"] as const)("gives nothing within resume(), nor if pause() follows, with %s", async (name) => {
  const client = await paused(await load(name))
  const received: Array<string> = []
  client.on("message", (data) => received.push(String(data)))
  client.resume()
  client.pause()
  for (let times = 0; times < 20; times++) await tick()
  expect(received).toEqual([])
  client.resume()
  while (received.length < 2) await once(client, "message")
  expect(received).toEqual(["1", "2"])
})

it("holds back with compat what was read already, and gives that after resume(), too", async () => {
  const { WebSocket } = await load("compat")
  const server = new ws.WebSocketServer({ port: 0, host: "127.0.0.1" })
  servers.push(server)
  await once(server, "listening")
  server.on("connection", (_, { socket }) => socket.write(Buffer.from([0x81, 1, 0x31, 0x81, 1, 0x32])))
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const received: Array<string> = []
  client.on("message", (data) => received.push(String(data))).once("message", () => client.pause())
  await once(client, "message")
  for (let times = 0; times < 20; times++) await tick()
  expect(received).toEqual(["1"])
  client.resume()
  expect(received).toEqual(["1"])
  await once(client, "message")
  expect(received).toEqual(["1", "2"])
})

it.each(["ws", "compat"] as const)(
  "finds the peer's Close in what was held back when its time is over, with %s",
  async (name) => {
    const { WebSocket } = await load(name)
    const server = new ws.WebSocketServer({ port: 0, host: "127.0.0.1" })
    servers.push(server)
    await once(server, "listening")
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, soon)
    await once(client, "open")
    const closed = new Promise<ws.CloseEvent>((resolve) => client.addEventListener("close", resolve))
    client.pause()
    client.close(4000, "enough")
    const { code, reason, wasClean } = await closed
    expect([code, reason, wasClean]).toEqual([4000, "enough", true])
  }
)
