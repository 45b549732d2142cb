import type { Socket } from "node:net"
import { setImmediate as tick } from "node:timers/promises"
import { afterEach, describe, expect, it, vi } from "vitest"
import * as NodeTransport from "../../src/transport/NodeTransport.ts"
import type { Receiver } from "../../src/transport/Transport.ts"
import * as TcpPair from "../TcpPair.ts"

const open: Array<Socket> = []
afterEach(() => open.splice(0).forEach((socket) => socket.destroy()))

/** A transport over TCP, and the bare socket that faces it. */
const start = async (receiver: Partial<Receiver>) => {
  const [peer, socket] = await TcpPair.make()
  open.push(peer, socket)
  const transport = NodeTransport.fromDuplex(socket)
  transport.start({
    onBytes: ignore,
    room: () => undefined,
    onEnd: ignore,
    onDrain: ignore,
    onClose: ignore,
    ...receiver
  })
  return { peer, socket, transport }
}

const ignore = () => {}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await tick()
}

/** So many octets, each of which tells where it belongs. */
const numbered = (count: number): Buffer => Buffer.from(Uint32Array.from({ length: count / 4 }, (_, i) => i).buffer)

describe("what is read from a socket", () => {
  it("stays as it is, in reads of every size", async () => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const { peer } = await start({
      onBytes: (chunk) => {
        chunks.push(chunk)
        length += chunk.length
      }
    })
    const all = numbered(4_000_000)
    for (let at = 0, size = 4; at < all.length; at += size, size = Math.min(size * 2, 1_000_000)) {
      peer.write(all.subarray(at, at + size))
      await until(() => length >= Math.min(at + size, all.length))
    }
    expect(Buffer.compare(Buffer.concat(chunks), all)).toBe(0)
    expect(chunks.some((chunk) => chunk.length > 32_768)).toBe(true)
    expect(chunks.every((chunk) => chunk.length < 16_384 || chunk.buffer.byteLength < 2 * 65_536)).toBe(true)
  })

  it("stays as it is when a reader throws", async () => {
    const uncaught: Array<unknown> = []
    const listeners = process.listeners("uncaughtException")
    process.removeAllListeners("uncaughtException")
    process.on("uncaughtException", (error) => uncaught.push(error))
    const chunks: Array<Uint8Array> = []
    let length = 0
    const { peer } = await start({
      onBytes: (chunk) => {
        chunks.push(chunk)
        length += chunk.length
        if (chunks.length % 3 === 0) throw new Error("listener")
      }
    })
    const all = numbered(1_000_000)
    peer.write(all)
    await until(() => length === all.length)
    await tick()
    process.removeAllListeners("uncaughtException")
    for (const listener of listeners) process.on("uncaughtException", listener)
    expect(uncaught).toHaveLength(Math.floor(chunks.length / 3))
    expect(Buffer.compare(Buffer.concat(chunks), all)).toBe(0)
  })

  it("is read to where the reader wants it", async () => {
    const memory = Buffer.alloc(100_000)
    let at = 0
    let first = true
    const { peer } = await start({
      room: () => at < memory.length ? memory.subarray(at) : undefined,
      onBytes: (chunk) => {
        if (!first && at < memory.length) {
          expect(chunk.buffer).toBe(memory.buffer)
          expect(chunk.byteOffset).toBe(memory.byteOffset + at)
          at += chunk.length
        }
        first = false
      }
    })
    peer.write("first")
    await until(() => !first)
    peer.write(numbered(100_000))
    await until(() => at === memory.length)
    expect(Buffer.compare(memory, numbered(100_000))).toBe(0)
  })

  it("is shown where it lies before it is given, and to nobody if others get it as well", async () => {
    let length = 0
    const chunks: Array<Uint8Array> = []
    const { peer, socket } = await start({
      prepare: (memory, count) => memory.fill(1, 0, count) && 0,
      onBytes: (chunk) => {
        chunks.push(chunk)
        length += chunk.length
      }
    })
    const send = async () => {
      const before = length
      peer.write("pure")
      await until(() => length === before + 4)
      return Buffer.from(chunks.at(-1)!).toString("latin1")
    }
    await send() // the first read may be Node's
    expect(await send()).toBe("\u0001\u0001\u0001\u0001")
    socket.on("data", ignore)
    expect(await send()).toBe("pure")
  })

  it("is given without what was taken where it lies", async () => {
    const chunks: Array<string> = []
    const { peer } = await start({
      prepare: (_memory, count) => Math.min(count, 3),
      onBytes: (chunk) => chunks.push(Buffer.from(chunk).toString("latin1"))
    })
    peer.write("first")
    await until(() => chunks.length === 1) // the first read may be Node's
    for (const [sent, rest] of [["second", "ond"], ["the", ""], ["four", "r"]]) {
      const before = chunks.length
      peer.write(sent!)
      await until(() => chunks.length > before)
      expect(chunks.at(-1)).toBe(rest)
    }
  })

  it("is heard by others who listen, too, in order", async () => {
    const [ours, theirs]: ReadonlyArray<Array<string>> = [[], []]
    const { peer, socket } = await start({ onBytes: (chunk) => ours.push(chunk.toString()) })
    peer.write("one")
    await until(() => ours.length === 1)
    const listener = (chunk: Buffer) => theirs.push(chunk.toString())
    socket.on("data", listener)
    peer.write("two")
    await until(() => ours.length === 2)
    socket.off("data", listener)
    peer.write("three")
    await until(() => ours.length === 3)
    expect([ours, theirs]).toEqual([["one", "two", "three"], ["two"]])
  })

  it("comes after the pause that it was read in, with what follows behind it", async () => {
    const onBytes = vi.fn((_chunk: Uint8Array) => {})
    const { peer, socket, transport } = await start({ onBytes })
    transport.pause()
    peer.write("one")
    await until(() => socket.readableLength === 3)
    peer.write("two")
    await until(() => socket.readableLength === 6)
    expect(onBytes).not.toHaveBeenCalled()
    transport.resume()
    peer.write("three")
    const text = () => Buffer.concat(onBytes.mock.calls.map(([chunk]) => chunk)).toString()
    await until(() => text().length === 11)
    expect(text()).toBe("onetwothree")
  })

  it("fills no more than the stream's buffer in a pause", async () => {
    let length = 0
    const { peer, socket, transport } = await start({ onBytes: (chunk) => length += chunk.length })
    transport.pause()
    peer.write(Buffer.alloc(20_000_000))
    await until(() => socket.readableLength >= socket.readableHighWaterMark)
    for (let i = 0; i < 20; i++) await tick()
    expect(socket.readableLength).toBeLessThan(3 * socket.readableHighWaterMark)
    transport.resume()
    await until(() => length === 20_000_000)
  })
})
