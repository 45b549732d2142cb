import WebSocket, { createWebSocketStream, WebSocketServer } from "effect-ws/compat"
import { once } from "node:events"
import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Duplex, Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Ws from "ws"

const size = 2 ** 30
const mark = "not only zeros"
const mebibyte = 2 ** 20

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "effect-ws-streams-"))
  writeFileSync(join(folder, "sent"), mark)
  truncateSync(join(folder, "sent"), size)
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Watches resident memory while octets pass by. */
class Gauge extends Transform {
  readonly before = process.memoryUsage.rss()
  most = 0
  private passed = 0

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    if (this.passed === 0) expect(chunk.subarray(0, mark.length).toString()).toBe(mark)
    this.passed += chunk.length
    if (this.passed % (16 * mebibyte) < chunk.length) this.most = Math.max(this.most, process.memoryUsage.rss())
    done(null, chunk)
  }
}

describe("createWebSocketStream", () => {
  it("carries 1 GiB there and back, from file to file, in bounded memory", async () => {
    const server = new WebSocketServer({ port: 0 })
    server.on("connection", (socket) => {
      const stream = createWebSocketStream(socket)
      stream.pipe(stream)
    })
    const stream = createWebSocketStream(new WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`))
    const gauge = new Gauge()
    let sent = 0
    const ending = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sent += chunk.length
        done(null, chunk)
      }
    })
    const back = pipeline(stream, gauge, createWriteStream(join(folder, "received")))
    createReadStream(join(folder, "sent"), { highWaterMark: 65_536 }).pipe(ending).pipe(stream)
    await back
    server.close()
    await once(server, "close")
    expect(sent).toBe(size)
    expect(statSync(join(folder, "received")).size).toBe(size)
    expect(gauge.most - gauge.before).toBeLessThan(256 * mebibyte)
  }, 120_000)

  it.each([
    ["ours", WebSocket as unknown as typeof Ws.WebSocket, createWebSocketStream as typeof Ws.createWebSocketStream],
    ["ws", Ws.WebSocket, Ws.createWebSocketStream]
  ])("of %s still sends what was written, and the Close, when the peer breaks a rule", async (_, Class, streamOf) => {
    const server = new Ws.WebSocketServer({ port: 0 })
    const client = new Class(`ws://localhost:${(server.address() as AddressInfo).port}`)
    const stream = streamOf(client).on("error", () => {})
    const [peer] = await once(server, "connection") as [Ws.WebSocket]
    if (client.readyState === 0) await once(client, "open")
    const received: Array<unknown> = []
    peer.on("message", (data: Buffer) => received.push(data.length)).pause()
    stream.write(Buffer.alloc(32 * mebibyte))
    Reflect.get(peer, "_socket").write(Uint8Array.of(0x81, 1, 0xff)) // a text that is not UTF-8
    await once(client, "error")
    await new Promise(setImmediate)
    peer.resume()
    const [code] = await once(peer, "close")
    expect({ code, received }).toEqual({ code: 1007, received: [32 * mebibyte] })
    server.close()
  })
})

const implementations = { ws: Ws, ours: { WebSocket, WebSocketServer, createWebSocketStream } as unknown as typeof Ws }

/** The same with ws and with ours. */
const alike = async (play: (implementation: typeof Ws) => Promise<unknown>): Promise<unknown> => {
  const expected = await play(implementations.ws)
  expect(await play(implementations.ours)).toEqual(expected)
  return expected
}

/** A stream of a client, and what becomes of it; its peer sends a message and says goodbye. */
const visited = async ({ createWebSocketStream, WebSocket, WebSocketServer }: typeof Ws) => {
  const server = new WebSocketServer({ port: 0 })
  server.on("connection", (socket) => {
    socket.send("unread")
    socket.close(1000)
  })
  const client = new WebSocket(`ws://localhost:${(server.address() as AddressInfo).port}`)
  const stream = createWebSocketStream(client, { encoding: "utf8" })
  const seen: Array<unknown> = []
  for (const name of ["finish", "end", "close"]) stream.on(name, () => seen.push(name))
  await once(client, "close")
  server.close()
  return { client, seen, stream }
}

describe("createWebSocketStream, as in ws,", () => {
  it("keeps what nobody has read when the connection is closed, and ends after it", async () => {
    const seen = await alike(async (implementation) => {
      const { seen, stream } = await visited(implementation)
      stream.end()
      await once(stream, "finish")
      stream.on("data", (data) => seen.push(data))
      await once(stream, "close")
      return seen
    })
    expect(seen).toEqual(["finish", "unread", "end", "close"])
  })

  it("is done once it is read to its end and ended, in whatever order", async () => {
    await alike(async (implementation) => {
      const { seen, stream } = await visited(implementation)
      stream.on("data", (data) => seen.push(data))
      await once(stream, "end")
      stream.end()
      await once(stream, "close")
      return seen
    })
  })

  it("fails with the reason if the connection is given up before it is there, also when it was ended", async () => {
    const seen = await alike(async ({ createWebSocketStream, WebSocket }) => {
      const client = new WebSocket("ws://localhost:1")
      const stream = createWebSocketStream(client)
      const seen: Array<unknown> = []
      stream.on("finish", () => seen.push("finish")).on("error", ({ message }) => seen.push(message))
      stream.end()
      client.close()
      await new Promise<void>((resolve) => stream.on("close", resolve))
      return seen
    })
    expect(seen).toEqual(["WebSocket was closed before the connection was established"])
  })

  it("is destroyed from the start by a signal that is aborted already, and leaves the WebSocket alone", async () => {
    const seen = await alike(async ({ createWebSocketStream, WebSocket }) => {
      const client = new WebSocket("ws://localhost:1")
      client.on("error", () => {})
      const stream = createWebSocketStream(client, { signal: AbortSignal.abort() })
      const [{ code }] = await once(stream, "error") as [NodeJS.ErrnoException]
      return [code, stream.destroyed, client.readyState]
    })
    expect(seen).toEqual(["ABORT_ERR", true, 0])
  })

  it("is a plain Duplex, on which programs may put what they like", async () => {
    const seen = await alike(async (implementation) => {
      const { seen, stream } = await visited(implementation)
      const notes = ["websocket", "failed", "fail", "receive", "whenOpen"]
      Object.assign(stream, Object.fromEntries(notes.map((name) => [name, false])))
      stream.on("data", (data) => seen.push(data)).end()
      await once(stream, "close")
      return [stream.constructor === Duplex, ...seen]
    })
    expect(seen).toContain(true)
  })

  it("has an error that nobody listens for be an uncaught exception", async () => {
    const uncaught = await alike(async (implementation) => {
      const { stream } = await visited(implementation)
      const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve))
      stream.destroy(new Error("of the stream's own"))
      const error = await thrown
      process.setUncaughtExceptionCaptureCallback(null)
      return error
    })
    expect(uncaught).toMatchObject({ message: "of the stream's own" })
  })
})
