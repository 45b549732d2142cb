/** The tester: one raw connection to the implementation under test, which echoes every message with its type. */
import type { Socket } from "node:net"
import { setImmediate as tick } from "node:timers/promises"
import { expect } from "vitest"
import * as Deflate from "./Deflate.ts"
import * as Frames from "./Frames.ts"
import { Inlet } from "./Inlet.ts"

export type Role = "client" | "server"

const peerOf = { client: "server", server: "client" } as const

const strictUtf8 = new TextDecoder("utf-8", { fatal: true })

export class Tester {
  readonly role: Role
  private readonly socket: Socket
  private readonly inlet: Inlet
  private readonly writer: Deflate.Writer
  private readonly reader: Deflate.Reader

  /** `extension` is what was agreed on. */
  constructor(role: Role, socket: Socket, head: Buffer, extension: string) {
    const agreement = Deflate.agreementOf(extension)
    this.role = role
    this.socket = socket
    this.inlet = new Inlet(socket, head, role === "server")
    this.writer = new Deflate.Writer(agreement[role])
    this.reader = new Deflate.Reader(agreement[peerOf[role]])
    socket.setNoDelay(true)
  }

  // ---- writing ----

  private encode(frames: ReadonlyArray<Frames.Frame>): Buffer {
    return Buffer.concat(frames.map((frame) => Frames.encode(frame, this.role === "client")))
  }

  /** All frames in one write. */
  send(...frames: ReadonlyArray<Frames.Frame>): void {
    this.socket.write(this.encode(frames))
  }

  /** Some octets of a frame, in a write of their own. */
  async sendChop(octets: Buffer): Promise<void> {
    this.socket.write(octets)
    await tick()
  }

  /** The frames' octets in writes of so many. */
  async sendInChops(size: number, ...frames: ReadonlyArray<Frames.Frame>): Promise<void> {
    const octets = this.encode(frames)
    for (let at = 0; at < octets.length; at += size) await this.sendChop(octets.subarray(at, at + size))
  }

  /** Each frame in a write of its own. */
  async sendFrameWise(...frames: ReadonlyArray<Frames.Frame>): Promise<void> {
    for (const frame of frames) await this.sendChop(this.encode([frame]))
  }

  /** A compressed message, in fragments of so many octets. */
  async sendCompressed(opcode: number, payload: Buffer, size = Infinity): Promise<void> {
    const compressed = await this.writer.write(payload)
    const [first, ...others] = Frames.fragments(opcode, compressed, Math.min(size, compressed.length))
    this.send({ ...first, rsv: 4 }, ...others)
  }

  /** The octets of one frame, cut at these places of its payload; the last part has the rest. */
  parts(frame: Frames.Frame, ...cuts: ReadonlyArray<number>): ReadonlyArray<Buffer> {
    const octets = this.encode([frame])
    const header = octets.length - frame.payload.length
    const places = [0, ...cuts.map((cut) => header + cut), octets.length]
    return places.slice(1).map((end, i) => octets.subarray(places[i], end))
  }

  // ---- reading ----

  async expect(wanted: Frames.Frame): Promise<void> {
    const frame = await this.inlet.next()
    if (frame?.payload.equals(wanted.payload) === true && frame.payload.length > 1000) {
      expect({ ...frame, payload: "" }).toEqual({ ...wanted, payload: "" })
    } else {
      expect(frame).toEqual(wanted)
    }
  }

  /** A message, in however many fragments. */
  async expectMessage(opcode: number, payload: Buffer): Promise<void> {
    expect((await this.readMessage(opcode, 0)).equals(payload)).toBe(true)
  }

  /** A compressed message: RSV1 is on its first frame, and on no other (RFC 7692 §6). */
  async expectCompressed(opcode: number, payload: Buffer): Promise<void> {
    expect(this.reader.read(await this.readMessage(opcode, 4)).equals(payload)).toBe(true)
  }

  private async readMessage(opcode: number, rsv: number): Promise<Buffer> {
    const parts: Array<Buffer> = []
    for (let fin = false; !fin;) {
      const frame = await this.inlet.next()
      expect(frame).toMatchObject(parts.length === 0 ? { opcode, rsv } : { opcode: 0, rsv: 0 })
      parts.push(frame!.payload)
      fin = frame!.fin
    }
    return Buffer.concat(parts)
  }

  /** The barrier: all that was sent has arrived, and nothing was wrong with it. */
  async expectAlive(): Promise<void> {
    this.send(Frames.ping("alive?"))
    await this.expect(Frames.pong("alive?"))
  }

  /** The connection is failed: a Close with this code, and then the end of the stream. */
  async expectFailure(code: number): Promise<void> {
    await this.expectFailing(code)
    await this.expectEnd()
  }

  /** The Close of a failure, with a reason that can be read. */
  async expectFailing(code: number): Promise<void> {
    const frame = await this.inlet.next()
    expect(frame).toMatchObject({ fin: true, rsv: 0, opcode: 8 })
    expect(frame!.payload.readUInt16BE(0)).toBe(code)
    strictUtf8.decode(frame!.payload.subarray(2))
  }

  /** Nothing more, not even half a frame; the peer ends TCP, and only then we do. */
  async expectEnd(): Promise<void> {
    expect(await this.inlet.end()).toBeUndefined()
    this.socket.end()
    await this.inlet.untilGone()
    expect({ state: this.inlet.state, left: this.inlet.left }).toEqual({ state: "Ended", left: 0 })
  }

  /** The tester closes, and the answer has the same code. */
  async expectCleanClose(payload: Buffer = Frames.codeAndReason(1000)): Promise<void> {
    this.send(Frames.closing(payload))
    await this.expectCloseAnswer(payload)
  }

  /** After a closing handshake the server ends TCP first, and the client waits for that (RFC 6455 §7.1.1). */
  async expectCloseAnswer(answer: Buffer): Promise<void> {
    await this.expect(Frames.closing(answer))
    if (this.role === "server") {
      await tick()
      await tick()
      expect(this.inlet.state).toBe("Open")
      this.socket.end()
    }
    await this.expectEnd()
  }

  destroy(): void {
    this.socket.destroy()
    this.writer.close()
  }
}
