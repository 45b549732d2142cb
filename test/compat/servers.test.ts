/** Hooks and classes of programs around a server: what they are called with, and on. As with ws. */
import { once } from "node:events"
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

describe("clients", () => {
  it("are not there if they are not tracked", async () => {
    const { WebSocketServer } = await load("compat")
    expect("clients" in new WebSocketServer({ noServer: true, clientTracking: false })).toBe(false)
    expect(new WebSocketServer({ noServer: true }).clients).toEqual(new Set())
  })
})
