/** The tester: one raw connection to the implementation under test, which echoes every message with its type. */
import type { Socket } from "node:net"
import { setImmediate as tick } from "node:timers/promises"
import { expect } from "vitest"
import * as Frames from "./Frames.ts"

export type Role = "client" | "server"

/** Longer than anything here takes; a case that waits so long has failed. */
const patience = 10_000

export class Tester {
  readonly role: Role
  private readonly socket: Socket
  private unread: Buffer
  private ended = false
  private wake: () => void = () => {}

  constructor(role: Role, socket: Socket, head: Buffer) {
    this.role = role
    this.socket = socket
    this.unread = head
    socket.setNoDelay(true)
    socket.on("data", (chunk) => {
      this.unread = Buffer.concat([this.unread, chunk])
      this.wake()
    })
    socket.on("error", () => {})
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.ended = true
        this.wake()
      })
    }
  }

  // ---- writing ----

  private encode(frames: ReadonlyArray<Frames.Frame>): Buffer {
    return Buffer.concat(frames.map((frame) => Frames.encode(frame, this.role === "client")))
  }

  /** All frames in one write. */
  send(...frames: ReadonlyArray<Frames.Frame>): void {
    this.sendOctets(this.encode(frames))
  }

  sendOctets(octets: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(octets)
  }

  /** The frames' octets in writes of so many. */
  async sendInChops(size: number, ...frames: ReadonlyArray<Frames.Frame>): Promise<void> {
    const octets = this.encode(frames)
    for (let at = 0; at < octets.length; at += size) {
      this.sendOctets(octets.subarray(at, at + size))
      await tick()
    }
  }

  /** Each frame in a write of its own. */
  async sendFrameWise(...frames: ReadonlyArray<Frames.Frame>): Promise<void> {
    for (const frame of frames) {
      this.send(frame)
      await tick()
    }
  }

  /** The octets of one frame, cut at these places of its payload; the last part has the rest. */
  parts(frame: Frames.Frame, ...cuts: ReadonlyArray<number>): ReadonlyArray<Buffer> {
    const octets = this.encode([frame])
    const header = octets.length - frame.payload.length
    const places = [0, ...cuts.map((cut) => header + cut), octets.length]
    return places.slice(1).map((end, i) => octets.subarray(places[i], end))
  }

  // ---- reading ----

  /** The next frame, or `undefined` at the end of the stream. */
  async next(): Promise<Frames.Frame | undefined> {
    for (;;) {
      const decoded = Frames.decode(this.unread, this.role === "server")
      if (decoded !== undefined) {
        this.unread = decoded[1]
        return decoded[0]
      }
      if (this.ended) return undefined
      await this.more()
    }
  }

  private more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("nothing came")), patience)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async expect(wanted: Frames.Frame): Promise<void> {
    const frame = await this.next()
    if (frame?.payload.equals(wanted.payload) === true && frame.payload.length > 1000) {
      expect({ ...frame, payload: "" }).toEqual({ ...wanted, payload: "" })
    } else {
      expect(frame).toEqual(wanted)
    }
  }

  /** A message, in however many fragments. */
  async expectMessage(opcode: number, payload: Buffer): Promise<void> {
    const first = await this.next()
    expect(first?.opcode).toBe(opcode)
    const parts = [first?.payload ?? Buffer.alloc(0)]
    for (let last = first; last?.fin === false;) {
      last = await this.next()
      expect(last?.opcode).toBe(0)
      parts.push(last?.payload ?? Buffer.alloc(0))
    }
    expect(Buffer.concat(parts).equals(payload)).toBe(true)
  }

  /** The connection is failed: a Close with this code, and then the end of the stream. */
  async expectFailure(code: number): Promise<void> {
    const frame = await this.next()
    expect(frame?.opcode).toBe(8)
    expect(frame?.payload.readUInt16BE(0)).toBe(code)
    await this.expectEnd()
  }

  /** Nothing more, and TCP ends: the server's side first (RFC 6455 §7.1.1). */
  async expectEnd(): Promise<void> {
    if (this.role === "server") this.socket.end()
    expect(await this.next()).toBeUndefined()
    this.socket.end()
  }

  /** The tester closes, and the answer has the same code. */
  async expectCleanClose(payload: Buffer = Frames.codeAndReason(1000), answer = payload): Promise<void> {
    this.send(Frames.closing(payload))
    await this.expectCloseAnswer(answer)
  }

  async expectCloseAnswer(answer: Buffer): Promise<void> {
    await this.expect(Frames.closing(answer))
    await this.expectEnd()
  }

  destroy(): void {
    this.socket.destroy()
  }
}
