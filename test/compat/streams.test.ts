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
import { Transform } from "node:stream"
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
