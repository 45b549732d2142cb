/** What a subclass of WebSocket hears of its own methods, when it is the library that calls them: as with ws. */
import { once } from "node:events"
import type { AddressInfo, Socket } from "node:net"
import { describe, expect, it } from "vitest"
import * as ws from "ws"
import { type Implementation, load } from "./differential/Implementation.ts"

type Live = ws.WebSocket & { readonly _socket: Socket }

const roles = ["client", "server"] as const

type Role = (typeof roles)[number]

/** A class that notes what is called. */
const noting = ({ WebSocket }: Implementation, calls: Array<unknown>): typeof ws.WebSocket =>
  class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      calls.push(["close", code, String(reason ?? ""), this.readyState])
      super.close(code, reason)
    }

    override terminate(): void {
      calls.push(["terminate", this.readyState])
      super.terminate()
    }

    override pong(data?: Buffer, mask?: boolean, callback?: (error: Error) => void): void {
      calls.push(["pong", String(data), mask])
      super.pong(data, mask, callback)
    }
  }

/** One of these classes, and the one of ws on the other side. */
const facing = async (own: Implementation, role: Role): Promise<[Live, Live]> => {
  const [serving, connecting] = role === "client" ? [ws, own] : [own, ws]
  const { WebSocket } = serving
  const server = new serving.WebSocketServer({ port: 0, host: "localhost", WebSocket })
  await once(server, "listening")
  const client = new connecting.WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`)
  const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "open")])
  for (const socket of [client, accepted]) socket.on("error", () => {})
  server.close()
  return role === "client" ? [client as Live, accepted] : [accepted, client as Live]
}

/** A frame of up to 125 octets, as a client has to mask it, or a server must not. */
const frame = (role: Role, first: number, payload: Buffer): Buffer =>
  role === "client"
    ? Buffer.concat([Buffer.from([first, payload.length]), payload])
    : Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload])

const acts: Readonly<Record<string, (peer: Live, role: Role) => void>> = {
  "pings, and closes": (peer) => {
    peer.ping("?")
    peer.close()
  },
  "closes with a code and a reason": (peer) => peer.close(4001, "enough"),
  "sends what no opcode is": (peer, role) => peer._socket.write(frame(role, 0x83, Buffer.alloc(0))),
  "sends text that is none": (peer, role) => peer._socket.write(frame(role, 0x81, Buffer.from([0xff]))),
  "ends without a Close": (peer) => peer._socket.end()
}

const play = async (implementation: Implementation, role: Role, act: string): Promise<ReadonlyArray<unknown>> => {
  const calls: Array<unknown> = []
  const [socket, peer] = await facing({ ...implementation, WebSocket: noting(implementation, calls) }, role)
  acts[act](peer, role)
  await new Promise<void>((resolve) =>
    socket.once("close", (code) => {
      calls.push(["closed", code])
      resolve()
    })
  )
  peer.terminate()
  return calls
}

describe.each(roles)("a subclass of a %s's WebSocket, whose peer", (role) => {
  it.each(Object.keys(acts))("%s, hears what that of ws hears", async (act) => {
    expect(await play(await load("compat"), role, act)).toEqual(await play(ws, role, act))
  })
})

/** A class that has something to say before it closes. */
const lastWords = ({ WebSocket }: Implementation, heard: Array<unknown>): typeof ws.WebSocket =>
  class extends WebSocket {
    override close(code?: number, reason?: string | Buffer): void {
      const { _closeFrameReceived, _closeFrameSent, readyState } = this as unknown as Record<string, unknown>
      heard.push([readyState, _closeFrameReceived, _closeFrameSent])
      if (this.readyState === WebSocket.OPEN) this.send("last words", (error) => heard.push(error?.message))
      super.close(code, reason)
    }
  }

const hearOut = async (implementation: Implementation, role: Role, act: string): Promise<ReadonlyArray<unknown>> => {
  const heard: Array<unknown> = []
  const [socket, peer] = await facing({ ...implementation, WebSocket: lastWords(implementation, heard) }, role)
  peer.on("message", (data) => heard.push(String(data)))
  const closed = Promise.all([socket, peer].map((one) => new Promise((resolve) => one.once("close", resolve))))
  acts[act](peer, role)
  const codes = await closed
  return [...heard, codes]
}

describe.each(roles)("a subclass of a %s's WebSocket that says more before it closes, whose peer", (role) => {
  it.each(Object.keys(acts).slice(0, 4))("%s, is heard out as with ws", async (act) => {
    const expected = await hearOut(ws, role, act)
    expect(expected).toContain("last words")
    expect(await hearOut(await load("compat"), role, act)).toEqual(expected)
  })

  it("closes, closes all the same if it throws", async () => {
    const implementation = await load("compat")
    const { WebSocket } = implementation
    const Throwing = class extends WebSocket {
      override close(): void {
        throw new Error("on purpose")
      }
    }
    const [, peer] = await facing({ ...implementation, WebSocket: Throwing }, role)
    const uncaught = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve))
    peer.close(4000)
    const [[code], error] = await Promise.all([once(peer, "close"), uncaught])
    process.setUncaughtExceptionCaptureCallback(null)
    expect([code, error]).toMatchObject([4000, { message: "on purpose" }])
  })
})

it("hears a close with the code of the rule that its peer broke", async () => {
  const calls = await play(await load("compat"), "server", "sends text that is none")
  expect(calls[0]).toEqual(["close", 1007, "", 1])
})
