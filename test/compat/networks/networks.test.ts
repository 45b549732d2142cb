/** The same conversation over every network, in every pairing of ws and compat: both sides see what ws and ws see. */
import { once } from "node:events"
import { describe, expect, it } from "vitest"
import type * as ws from "ws"
import { load, others, type Pairing, reference, show } from "../differential/Implementation.ts"
import { networks } from "./Networks.ts"

const large = Buffer.alloc(300_000, "0123456789")

/** What one side sees, in order. */
const watch = (socket: ws.WebSocket): ReadonlyArray<unknown> => {
  const seen: Array<unknown> = []
  socket.on("open", () => seen.push(["open", socket.protocol, socket.extensions, socket.readyState]))
  socket.on(
    "message",
    (data: Buffer, isBinary) => seen.push(["message", data.length, data.toString().slice(0, 20), isBinary])
  )
  socket.on("ping", (data) => seen.push(["ping", data.toString()]))
  socket.on("pong", (data) => seen.push(["pong", data.toString()]))
  socket.on("error", (error) => seen.push(["error", error.message]))
  socket.on("close", (code, reason) => seen.push(["close", code, reason.toString(), socket.readyState]))
  return seen
}

/** Where streams are not sockets, what is done may have come to its end before it returns. */
const after = (act: () => void, ...events: ReadonlyArray<[ws.WebSocket, string]>): Promise<unknown> => {
  const awaited = Promise.all(events.map(([socket, event]) => once(socket, event)))
  act()
  return awaited
}

const converse = async (name: string, pairing: Pairing): Promise<unknown> => {
  const [serving, connecting] = await Promise.all([load(pairing.server), load(pairing.client)])
  const { address, options, server, stop } = await networks[name](serving)
  const accepted = once(server, "connection")
  const client = new connecting.WebSocket(address, ["a", "b"], options)
  const clientSeen = watch(client)
  const opened = once(client, "open")
  const [peer, { headers, url }] = await accepted
  const serverSeen = watch(peer)
  await opened
  peer.on("message", (data: Buffer, isBinary: boolean) => peer.send(data, { binary: isBinary }))
  for (const data of ["text €", large, ""]) await after(() => client.send(data), [client, "message"])
  await after(() => peer.ping("are you there?"), [peer, "pong"])
  await after(() => client.ping("and you?"), [client, "pong"])
  await after(() => client.close(4001, "enough"), [client, "close"], [peer, "close"])
  server.close()
  stop()
  const { "sec-websocket-key": _, host: __, ...fields } = headers
  return { url, fields, bufferedAmount: [client.bufferedAmount, peer.bufferedAmount], clientSeen, serverSeen }
}

describe.each(Object.keys(networks))("over %s", (name) => {
  it.each(others.map((pairing) => [show(pairing), pairing] as const))("%s is like ws-ws", async (_, pairing) => {
    const expected = await converse(name, reference)
    expect(expected).toHaveProperty("serverSeen.5", ["close", 4001, "enough", 3])
    expect(await converse(name, pairing)).toEqual(expected)
  })

  it.each([reference, ...others].map((pairing) => [show(pairing), pairing] as const))(
    "%s is closed on one side when the other terminates",
    async (_, pairing) => {
      const [serving, connecting] = await Promise.all([load(pairing.server), load(pairing.client)])
      const { address, options, server, stop } = await networks[name](serving)
      const accepted = once(server, "connection")
      const client = new connecting.WebSocket(address, options)
      client.on("error", () => {})
      const [peer] = await accepted
      const closed = once(client, "close")
      peer.terminate()
      expect((await closed)[0]).toBe(1006)
      server.close()
      stop()
    }
  )
})
