/** The callbacks of what was sent when a connection breaks: in the order of the calls, and before "close". */
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import type { AddressInfo, Socket } from "node:net"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

type Live = ws.WebSocket & { readonly _socket: Socket }

const roles = ["client", "server"] as const

const options = { perMessageDeflate: { threshold: 0 }, closeTimeout: 100 }

/** What zlib cannot do at once. */
const slow = randomBytes(1_000_000)

/** More than sockets hold. */
const huge = Buffer.alloc(16_000_000)

/** One side's WebSocket of an implementation, and the one of ws on the other side. */
const facing = async (implementation: Implementation, role: (typeof roles)[number]): Promise<[Live, Live]> => {
  const [serving, connecting] = role === "client" ? [ws, implementation] : [implementation, ws]
  const server = new serving.WebSocketServer({ ...options, port: 0, host: "localhost" })
  await once(server, "listening")
  const client = new connecting.WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`, options)
  const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "open")])
  for (const socket of [client, accepted]) socket.on("error", () => {})
  server.close()
  return role === "client" ? [client as Live, accepted] : [accepted, client as Live]
}

/** Sends messages of which the first takes its time, and notes what is called. */
const send = (socket: Live, messages: ReadonlyArray<string | Buffer>): ReadonlyArray<unknown> => {
  const seen: Array<unknown> = []
  messages.forEach((message, n) => socket.send(message, (error) => seen.push([n, error?.message])))
  socket.ping("?", undefined, (error) => seen.push(["ping", error?.message]))
  socket.on("close", (code) => seen.push(["close", code, socket.bufferedAmount]))
  return seen
}

const breaks: Readonly<Record<string, (socket: Live) => void>> = {
  "is terminated": (socket) => socket.terminate(),
  "loses its socket": (socket) => void socket._socket.destroy(),
  "has a socket that fails": (socket) => void socket._socket.destroy(new Error("broken"))
}

describe.each(roles)("a %s that sends more while a message is compressed", (role) => {
  it.each(Object.keys(breaks))("and %s calls back as ws does", async (how) => {
    const play = async (implementation: Implementation) => {
      const [socket, peer] = await facing(implementation, role)
      const seen = send(socket, [slow, "small", "small", slow, "small"])
      breaks[how](socket)
      await once(socket, "close")
      peer.terminate()
      return seen
    }
    const expected = await play(ws)
    expect(expected.map((call) => (call as Array<unknown>)[0])).toEqual([0, 1, 2, 3, 4, "ping", "close"])
    expect(await play(await load("compat"))).toEqual(expected)
  })

  it("calls back in order when its peer, which does not read, ends", async () => {
    const [socket, peer] = await facing(await load("compat"), role)
    peer._socket.pause()
    socket.send(huge, { compress: false })
    const seen = send(socket, ["small", slow, "small"])
    peer._socket.end()
    await once(socket, "close")
    peer.terminate()
    expect(seen).toEqual([
      ...[0, 1, 2, "ping"].map((n) => [n, expect.any(String)]),
      ["close", 1006, expect.any(Number)]
    ])
  })

  it("does not send again within a callback for what failed", async () => {
    const [socket, peer] = await facing(await load("compat"), role)
    const seen: Array<string> = []
    const again = (error?: Error | null): void => {
      if (error) seen.push(error.message)
      if (seen.length === 1) socket.send(slow, again)
    }
    socket.send(slow, again)
    peer._socket.end()
    await once(socket, "close")
    await new Promise(setImmediate)
    peer.terminate()
    expect(seen).toEqual([
      "The socket was closed while data was being compressed",
      "WebSocket is not open: readyState 2 (CLOSING)"
    ])
  })
})
